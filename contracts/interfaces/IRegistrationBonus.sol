// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICleanTrades} from "./ICleanTrades.sol";
import {IEpochAsks} from "./IEpochAsks.sol";
import {IReadings} from "./IReadings.sol";
import {Signed} from "./ISignedActions.sol";
import {IVault} from "./IVault.sol";

/// @notice A claim of the bonus, in one storage slot.
/// @param account who claimed; zero when nobody did
/// @param member his member
/// @param owner his beneficial owner
/// @param vested whether the bonus was earned
struct BonusClaim {
    address account;
    uint32 member;
    uint32 owner;
    bool vested;
}

/// @title Points for who registers a device
/// @notice One bonus for a person, a beneficial owner and a device. Whoever claims it leaves a deposit until the device has
/// metered something and he has traded with somebody else: who only makes up members has to meter and to pay for each.
interface IRegistrationBonus is IEpochAsks {
    event BonusClaimed(uint32 indexed device, address indexed account, uint32 owner);
    event BonusWaits(uint32 indexed device, uint256 wh, bool traded);
    event BonusVested(uint32 indexed device, address indexed account);
    event BonusGivenUp(uint32 indexed device, address indexed account);

    /// @notice Thrown when the bonus was claimed for a device.
    error DeviceClaimed(uint32 device);
    /// @notice Thrown when a member, or his beneficial owner, has claimed the bonus for a device.
    error BonusTaken(uint32 memberOrOwner, uint32 device);
    /// @notice Thrown when no claim waits for a device.
    error BonusNotClaimed(uint32 device);
    /// @notice Thrown when somebody else than who claimed would give a claim up.
    error NotClaimant(uint32 device, address caller);
    /// @notice Thrown when months do not rise, so that one could count twice.
    error MonthsOutOfOrder(uint16 month);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {claimSigned}.
    function CLAIM_BONUS_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {giveUpSigned}.
    function GIVE_UP_BONUS_TYPEHASH() external view returns (bytes32);

    /// @notice The points of a bonus.
    function BONUS() external view returns (uint256);

    /// @notice uPT that a claim takes, and returns.
    function DEPOSIT() external view returns (uint128);

    /// @notice Wh that a device must have metered.
    function LEAST_WH() external view returns (uint256);

    /// @notice Where it is known who has traded.
    function cleanTrades() external view returns (ICleanTrades);

    /// @notice The readings.
    function readings() external view returns (IReadings);

    /// @notice The Vault, which holds deposits.
    function vault() external view returns (IVault);

    /// @notice The claim for a device.
    function claimOf(uint32 device) external view returns (BonusClaim memory);

    /// @notice The device for which a member, or a beneficial owner, claimed; 0 when for none.
    function deviceOf(uint32 memberOrOwner) external view returns (uint32);

    // ---------------------------------------------------------------------------------------------------- members

    /// @notice Claims the bonus for a device of the caller's, and leaves the deposit.
    ///
    /// Emits {BonusClaimed}.
    ///
    /// Requirements:
    /// - the device is the caller's and certified, and was not claimed for before;
    /// - neither his member nor his beneficial owner has claimed before;
    /// - he is active in a market role, chose this module, is not in default, and has the deposit free.
    function claim(uint32 device) external;

    /// @notice {claim}, signed by the owner.
    ///
    /// Emits {BonusClaimed} and {NonceUsed}.
    ///
    /// Requirements: those of {claim} for the signer, and a valid signature of ClaimBonus.
    function claimSigned(uint32 device, Signed calldata auth) external;

    /// @notice Takes a claim back before it vested, with the deposit. Another may be made.
    ///
    /// Emits {BonusGivenUp}.
    ///
    /// Requirements:
    /// - a claim for the device waits;
    /// - the caller made it, or the device is retired or belongs to another by now.
    function giveUp(uint32 device) external;

    /// @notice {giveUp}, signed by who claimed.
    ///
    /// Emits {BonusGivenUp} and {NonceUsed}.
    ///
    /// Requirements: those of {giveUp} for the signer, and a valid signature of GiveUpBonus.
    function giveUpSigned(uint32 device, Signed calldata auth) external;

    // ---------------------------------------------------------------------------------------------------- vesting

    /// @notice Asks for the bonus, and returns the deposit, of each claim whose device metered {LEAST_WH} in the months
    /// given, and whose owner is known to have traded with another. A claim that is not so far waits; a device without a
    /// claim that waits, or one that belongs to another by now, is passed over. Months are counted from January 1970.
    ///
    /// Emits {BonusVested} or {BonusWaits} for each, and {PointsAsked}.
    ///
    /// Requirements:
    /// - months rise.
    function vest(uint32[] calldata devices, uint16[] calldata months) external;
}
