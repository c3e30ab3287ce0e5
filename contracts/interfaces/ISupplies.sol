// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IImbalance} from "./IImbalance.sol";
import {ShortSignature} from "./IReadings.sol";
import {Signed} from "./ISignedActions.sol";
import {ITenders} from "./ITenders.sol";
import {IVault} from "./IVault.sol";

/// @notice Where a supply stands. Active: margins are set aside. Funded: its price too. Settled and Defaulted: it was executed,
/// and the user paid all, or not. Terminated: its user did not fund it.
enum SupplyStatus {
    None,
    Active,
    Funded,
    Settled,
    Defaulted,
    Terminated
}

/// @notice What was awarded, in one storage slot.
/// @param user who bought
/// @param wh how much, evenly over the time of delivery
/// @param price mPT per kWh
/// @param status see SupplyStatus
/// @param tender number of the tender
struct AwardedSupply {
    address user;
    uint40 wh;
    uint16 price;
    SupplyStatus status;
    uint32 tender;
}

/// @notice What of a quote was awarded.
/// @param user who quoted
/// @param wh how much
/// @param price mPT per kWh
struct Awarded {
    address user;
    uint40 wh;
    uint16 price;
}

/// @notice How far a supply was served, in one storage slot.
/// @param slots how many slots were
/// @param delivered Wh that came from the owner and that the user took
/// @param billed Wh of that within what is paid
/// @param available Wh that were to be had, or that attesters said were
/// @param attested whether they did
/// @param forceMajeure whether attesters said that nobody is to blame
struct Progress {
    uint16 slots;
    uint56 delivered;
    uint56 billed;
    uint56 available;
    bool attested;
    bool forceMajeure;
}

/// @notice What supplies have of an account's energy in a slot, in one storage slot.
/// @param sold Wh that they were billed as sold
/// @param bought Wh that they were billed as bought
/// @param spared Wh that the account had for its supplies, which their users did not take
struct Share {
    uint64 sold;
    uint64 bought;
    uint64 spared;
}

/// @notice What became of a supply: Wh and uPT.
/// @param delivered Wh
/// @param billed Wh that are paid
/// @param short Wh below what had to be delivered
/// @param ownerFault Wh of that for which the owner is to blame
/// @param due uPT for what is paid
/// @param ownerPenalty uPT that the user gets
/// @param userPenalty uPT that the owner gets
/// @param fromEscrow uPT that the user had set aside as price
/// @param fromFree uPT that he had free
/// @param fromMargin uPT that he had set aside as margin
/// @param unpaid uPT that he owes
struct Outcome {
    uint56 delivered;
    uint56 billed;
    uint56 short;
    uint56 ownerFault;
    uint128 due;
    uint128 ownerPenalty;
    uint128 userPenalty;
    uint128 fromEscrow;
    uint128 fromFree;
    uint128 fromMargin;
    uint128 unpaid;
}

/// @notice What is on record of a member, as owner or as user, in one storage slot.
/// @param executed how many of its supplies were executed or terminated
/// @param faults in how many it was at fault, whoever may have paid for it
/// @param defaults in how many it did not pay, or did not fund
struct Conduct {
    uint32 executed;
    uint32 faults;
    uint32 defaults;
}

/// @title What tenders were awarded for
/// @notice A supply pays what the meters say was delivered. Slot by slot, what an owner's devices delivered and his firm trades
/// leave goes to his supplies, first awarded first served, as far as their users took it and their own firm trades leave it.
/// When all slots are served anyone executes the supply: the user pays what was delivered, and who is to blame for what is
/// missing pays a penalty. For Imbalance what is billed of a slot is what owner and user traded.
interface ISupplies {
    event SupplyBegun(
        uint32 indexed supply,
        uint32 indexed tender,
        address indexed user,
        uint40 wh,
        uint16 price,
        uint128 ownerMargin,
        uint128 userMargin
    );
    event SupplyFunded(uint32 indexed supply, uint128 amount);
    event SupplyTerminated(uint32 indexed supply, uint128 margin);
    event SupplyServed(
        uint32 indexed supply, uint40 indexed slotStart, uint256 delivered, uint256 billed, uint256 available
    );
    event AvailabilityAttested(uint32 indexed supply, uint56 wh);
    event ForceMajeureAttested(uint32 indexed supply, bytes32 evidence);
    event SupplyExecuted(uint32 indexed supply, Outcome outcome);

    /// @notice Thrown when somebody else than the contract of tenders calls.
    error NotTenders(address caller);
    /// @notice Thrown when a supply is in another state than it must be.
    error WrongSupplyStatus(uint32 supply, SupplyStatus status);
    /// @notice Thrown when an owner has as many supplies under way as a member can have.
    error TooManySupplies(address account);
    /// @notice Thrown when somebody else than the user would fund a supply, or there is nothing to fund.
    error NothingToFund(uint32 supply, address caller);
    /// @notice Thrown when a supply is funded too late, or terminated too early.
    error DeliveryBegins(uint32 supply, uint40 at);
    /// @notice Thrown when a supply is not delivered in a slot, or was served there already.
    error NothingToServe(uint32 supply, uint40 slotStart);
    /// @notice Thrown when readings of an account are missing and still waited for.
    error ReadingsMissing(uint32 supply, address account);
    /// @notice Thrown when an earlier supply of the same account was not served in the slot.
    error EarlierFirst(uint32 supply, uint32 earlier);
    /// @notice Thrown when not all slots of a supply are served.
    error NotServed(uint32 supply, uint256 slots, uint256 expected);
    /// @notice Thrown when a supply is executed before those who know of it had time to speak.
    error DeliveryRests(uint32 supply, uint40 until);
    /// @notice Thrown when attesters spoke of a supply already.
    error AttestedAlready(uint32 supply);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {fundSigned}.
    function FUND_TYPEHASH() external view returns (bytes32);

    /// @notice What attesters sign in {attestAvailability}, under the domain of Readings.
    function AVAILABILITY_TYPEHASH() external view returns (bytes32);

    /// @notice What attesters sign in {attestForceMajeure}, under the domain of Readings.
    function FORCE_MAJEURE_TYPEHASH() external view returns (bytes32);

    /// @notice How many supplies a member can have under way.
    function MAX_UNDER_WAY() external view returns (uint256);

    /// @notice Seconds after delivery in which attesters can speak before a supply is executed.
    function REST() external view returns (uint40);

    /// @notice The tenders.
    function tenders() external view returns (ITenders);

    /// @notice What was delivered.
    function imbalance() external view returns (IImbalance);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice How many supplies there are; the first has number 1.
    function supplyCount() external view returns (uint32);

    /// @notice A supply as it stands.
    function supplyOf(uint32 supply) external view returns (AwardedSupply memory);

    /// @notice How far a supply was served.
    function progressOf(uint32 supply) external view returns (Progress memory);

    /// @notice Wh below which somebody is at fault, and up to which what is delivered is paid.
    function bandOf(uint32 supply) external view returns (uint256 least, uint256 most);

    /// @notice What supplies have of an account's energy in a slot, under this name alone.
    function shareOf(bytes32 book, address account) external view returns (Share memory);

    /// @notice The supplies of an account's member that are under way, as owner or user, in no order.
    function underWay(address account) external view returns (uint32[] memory);

    /// @notice What is on record of an account's member.
    function conductOf(address account) external view returns (Conduct memory);

    // ---------------------------------------------------------------------------------------------------- tenders

    /// @notice Begins supplies of a tender: sets aside the margins of owner and users.
    /// @return refused places of those whose users have not the margin free, or too many supplies; they do not begin
    ///
    /// Emits {SupplyBegun} for each that begins.
    ///
    /// Requirements:
    /// - the caller is the contract of tenders; this one is Open or Paused in the Vault;
    /// - the owner has his margins free and no more than {MAX_UNDER_WAY} supplies under way then.
    function begin(uint32 tender, Awarded[] calldata awarded) external returns (uint256[] memory refused);

    // ------------------------------------------------------------------------------------------------------ users

    /// @notice Sets aside the whole price of a supply, of as much as can come to be paid.
    ///
    /// Emits {SupplyFunded}.
    ///
    /// Requirements:
    /// - the tender asks for it; the supply is Active, delivery has not begun;
    /// - the caller is the user, or took his place, and has it free.
    function fund(uint32 supply) external;

    /// @notice {fund}, signed by the user.
    ///
    /// Emits {SupplyFunded} and {NonceUsed}.
    ///
    /// Requirements: those of {fund} for the signer, and a valid signature of Fund.
    function fundSigned(uint32 supply, Signed calldata auth) external;

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Ends a supply that was not funded: the owner gets his margin back, and the user's, unless this module is leaving
    /// the Vault, so that nobody could fund it. What the device had reserved is free again.
    ///
    /// Emits {SupplyTerminated}.
    ///
    /// Requirements:
    /// - the tender asks for the whole price; the supply is Active and delivery has begun.
    function terminate(uint32 supply) external;

    /// @notice Serves supplies in a slot. What is served stays so, whatever readings come later. Of a user whose readings never
    /// came the slot's even part counts as taken at least.
    ///
    /// Emits {SupplyServed} for each.
    ///
    /// Requirements:
    /// - each is Active or Funded if it had to be, delivered in this slot and not served there;
    /// - all readings of owner and user are used, or their time has passed; their trades in the slot are known;
    /// - earlier supplies of owner and user are served in the slot, or stand before in this call.
    function serve(uint40 slotStart, uint32[] calldata supplies) external;

    /// @notice Says how much was to be had at the owner's outlet, where the user did not take it and meters cannot show it.
    ///
    /// Emits {AvailabilityAttested}.
    ///
    /// Requirements:
    /// - enough attesters signed; it is the first time; the supply was not executed.
    function attestAvailability(uint32 supply, uint56 wh, ShortSignature[] calldata signatures) external;

    /// @notice Says that nobody is to blame for what is missing.
    ///
    /// Emits {ForceMajeureAttested}.
    ///
    /// Requirements:
    /// - enough attesters signed; it is the first time; the supply was not executed.
    function attestForceMajeure(uint32 supply, bytes32 evidence, ShortSignature[] calldata signatures) external;

    /// @notice Executes a supply when its time is over: the user pays what was delivered and his penalty from what he set aside,
    /// from what he has free, and from his margin; the owner pays his penalty from his margin; the rest of both goes back. What
    /// the user cannot pay is recorded as his debt to the owner.
    ///
    /// Emits {SupplyExecuted}.
    ///
    /// Requirements:
    /// - the supply is Active or Funded if it had to be; all its slots are served, and {REST} has passed since the last.
    function execute(uint32 supply) external;
}
