// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {Signed} from "./ISignedActions.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

/// @notice What secures an account's imbalances.
/// @param needed uPT that it placed for all its devices
/// @param held uPT of that which were not drawn
struct Security {
    uint128 needed;
    uint128 held;
}

/// @title Consumption deposits
/// @notice A plant's shortfall is secured by the margins of its trades; a consumer's by a deposit for each of his meters.
/// What he owes for his imbalance and does not have is drawn from it before it becomes a debt that others bear. Meters asks
/// for the deposit before a device that withdraws is certified or taken over. The money is locked in the Vault.
interface IDeposits {
    event DepositSet(uint16 indexed zone, Carrier indexed carrier, uint64 amount);
    event DepositPlaced(uint32 indexed device, address indexed account, uint64 amount);
    event DepositDrawn(address indexed account, uint128 amount);
    event DepositToppedUp(address indexed account, uint128 amount);
    event DepositTakenBack(uint32 indexed device, address indexed account, uint128 amount);

    /// @notice Thrown when no deposit is asked for a device, so that none can be placed.
    error NoDepositAsked(uint32 device);
    /// @notice Thrown when an account has placed a deposit for a device already.
    error DepositKnown(uint32 device, address account);
    /// @notice Thrown when an account has placed no deposit for a device.
    error NoDeposit(uint32 device, address account);
    /// @notice Thrown when an account would make good more than was drawn.
    error MoreThanDrawn(address account, uint128 drawn, uint128 asked);
    /// @notice Thrown when what the account used of the device may not be settled yet; that takes until then at least, 0 while
    /// the device is the account's and in use.
    error DepositStillNeeded(uint32 device, address account, uint40 until);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {placeSigned}.
    function PLACE_DEPOSIT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {topUpSigned}.
    function TOP_UP_DEPOSIT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {takeBackSigned}.
    function TAKE_BACK_DEPOSIT_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds in which a slot is settled, after its readings came or were given up.
    function REST() external view returns (uint40);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The zones that devices stand in.
    function zones() external view returns (IZones);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice uPT that each device needs that withdraws this carrier in this zone, 0 when none is asked for.
    function amountFor(uint16 zone, Carrier carrier) external view returns (uint64);

    /// @notice uPT that an account placed for a device, under this name or one whose place it took.
    function placedFor(uint32 device, address account) external view returns (uint64);

    /// @notice What secures an account, under this name and those whose place it took.
    function securityOf(address account) external view returns (Security memory);

    /// @notice Whether a device can be an account's: no deposit is asked for it, or this account placed it and nothing of
    /// what it placed, for whichever device, is drawn and not made good.
    function isSecured(uint32 device, address account) external view returns (bool);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Says what each device needs from now on that withdraws a carrier in a zone. What was placed stays as it is.
    ///
    /// Emits {DepositSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the carrier is open in the zone.
    function setDeposit(uint16 zone, Carrier carrier, uint64 amount) external;

    // ---------------------------------------------------------------------------------------------------- members

    /// @notice Locks what a device needs, of the caller's free balance: for a device of his, or one that he will take over.
    ///
    /// Emits {DepositPlaced}.
    ///
    /// Requirements:
    /// - the device exists, is not retired, and a deposit is asked for it, which the caller has not placed before;
    /// - the caller is active in a market role, is not in default, chose this module and has the amount free.
    function place(uint32 device) external;

    /// @notice {place}, signed by the account.
    ///
    /// Emits {DepositPlaced} and {NonceUsed}.
    ///
    /// Requirements: those of {place} for the signer, and a valid signature of PlaceDeposit.
    function placeSigned(uint32 device, Signed calldata auth) external;

    /// @notice Makes good what was drawn, or a part of it.
    ///
    /// Emits {DepositToppedUp}.
    ///
    /// Requirements:
    /// - no more was drawn of the caller's deposits than is made good;
    /// - the caller is active, is not in default, chose this module and has the amount free.
    function topUp(uint128 amount) external;

    /// @notice {topUp}, signed by the account.
    ///
    /// Emits {DepositToppedUp} and {NonceUsed}.
    ///
    /// Requirements: those of {topUp} for the signer, and a valid signature of TopUpDeposit.
    function topUpSigned(uint128 amount, Signed calldata auth) external;

    /// @notice Gives back what was placed for a device, but for what was drawn: of what is held, that is given back which
    /// the account's other devices do not need.
    ///
    /// Emits {DepositTakenBack}.
    ///
    /// Requirements:
    /// - the caller placed it, in whatever standing he is now, or took the place of who did;
    /// - since the device was last his, or was retired, one slot, {IImbalance.PATIENCE} and {REST} have passed.
    function takeBack(uint32 device) external;

    /// @notice {takeBack}, signed by the account.
    ///
    /// Emits {DepositTakenBack} and {NonceUsed}.
    ///
    /// Requirements: those of {takeBack} for the signer, and a valid signature of TakeBackDeposit.
    function takeBackSigned(uint32 device, Signed calldata auth) external;

    // -------------------------------------------------------------------------------------------------- settlement

    /// @notice Hands on to who settles what an account owes for its imbalance and does not have, as far as its deposits go.
    /// @return drawn how much that is, 0 when nothing is held
    ///
    /// Emits {DepositDrawn}.
    ///
    /// Requirements:
    /// - the caller is the contract that settles.
    function draw(address account, uint256 amount) external returns (uint256 drawn);
}
