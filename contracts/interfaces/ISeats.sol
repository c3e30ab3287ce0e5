// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IElections} from "./IElections.sol";
import {IValidatorSet} from "./IValidatorSet.sol";

/// @title The validators' seats from epoch to epoch
/// @notice Feeds ValidatorSet. What an election or a verdict decided is done seat by seat: one a block, and in an epoch no more
/// than a few by election and as many by removal, so that validators always have a quorum that knows the chain.
///
/// Changes of seats are counted. Who had a seat after how many of them can be asked for all times.
interface ISeats {
    event WatchSet(address indexed watch);
    event EpochOpened(uint32 indexed epoch, uint256 seats, address[] target, address[] standby);
    event Condemned(address indexed account, bool slashed);
    event Readmitted(address indexed account);

    /// @notice Thrown when the contract that condemns is named a second time.
    error WatchAlreadySet(address watch);
    /// @notice Thrown when somebody else than the contract that condemns calls.
    error NotWatch(address caller);
    /// @notice Thrown when an epoch is opened a second time.
    error EpochIsOpen(uint32 epoch);
    /// @notice Thrown when a seat shall change in an epoch that was not opened.
    error EpochNotOpened(uint32 epoch);
    /// @notice Thrown when somebody is readmitted who was not removed, or still has his seat.
    error NotAbnormal(address account);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Where delegates are elected.
    function elections() external view returns (IElections);

    /// @notice The epoch of this block, as elections and points have it.
    function currentEpoch() external view returns (uint32);

    /// @notice The contract that the nodes ask.
    function validatorSet() external view returns (IValidatorSet);

    /// @notice The contract that condemns, zero before it is named.
    function watch() external view returns (address);

    /// @notice The epoch that was opened last.
    function openedEpoch() external view returns (uint32);

    /// @notice How many seats may still change in the opened epoch by election, and how many by removal.
    function changesLeft() external view returns (uint256 byElection, uint256 byRemoval);

    /// @notice As many seats as the last election filled; those who were there before keep theirs until they are replaced.
    function seatsElected() external view returns (uint256);

    /// @notice Who shall have seats, in the order of the election.
    function target() external view returns (address[] memory);

    /// @notice Who waits for a seat, in the order of the election.
    function standby() external view returns (address[] memory);

    /// @notice Who is condemned and still has a seat, in the order of the verdicts.
    function leaving() external view returns (address[] memory);

    /// @notice Whether an account has a seat.
    function isSeated(address account) external view returns (bool);

    /// @notice Whether an account is condemned and still has a seat.
    function isLeaving(address account) external view returns (bool);

    /// @notice Whether an account was condemned and not readmitted.
    function isAbnormal(address account) external view returns (bool);

    /// @notice Whether an account has no seat and is not under vote, and a whole epoch has passed since it had one, since it was
    /// condemned without one, and since that one.
    function isFree(address account, uint32 since) external view returns (bool);

    /// @notice Whether there is a vote on an account.
    function isAccused(address account) external view returns (bool);

    /// @notice How many seats there are.
    function seatCount() external view returns (uint256);

    /// @notice How many changes of seats there were.
    function changes() external view returns (uint32);

    /// @notice Whether an account had a seat after so many changes.
    function wasSeated(address account, uint32 change) external view returns (bool);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Names the contract that condemns, for good.
    ///
    /// Emits {WatchSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setWatch(address watch_) external;

    /// @notice Lets somebody be elected again who was condemned.
    ///
    /// Emits {Readmitted}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the account was condemned, and has left its seat.
    function readmit(address account) external;

    // ------------------------------------------------------------------------------------------------------ watch

    /// @notice Takes a delegate's seat as soon as another can have it, and bars him from all others until he is readmitted. It
    /// may be said of anybody, and again of the same.
    /// @param toSlash whether what he staked for his candidacy is ended besides
    /// @return slashed whether there was anything to end
    ///
    /// Emits {Condemned}, and for a stake that is ended what {IElections-slash} emits.
    ///
    /// Requirements:
    /// - the caller is the contract that condemns.
    function condemn(address account, bool toSlash) external returns (bool slashed);

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Begins the epoch of this block: whom the votes of the one before elect shall have the seats from now on, unless
    /// they are fewer than four; and seats may change again.
    ///
    /// Emits {EpochOpened}.
    ///
    /// Requirements:
    /// - the epoch was not opened; all votes of the one before are counted.
    function openEpoch() external;

    /// @notice Makes the next change of seats that is due, removals first. Nobody gets one who does not stand any more.
    /// @return changed whether there was one
    ///
    /// Emits what {IValidatorSet} emits.
    ///
    /// Requirements:
    /// - the epoch of this block is opened;
    /// - no seat changed in this block.
    function changeSeat() external returns (bool changed);
}
