// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The validators of the chain itself
/// @notice The nodes of a network ask this contract for every block who may make and seal it, so that a call that fails
/// stops the chain. It therefore depends on nothing: it calls no contract, obeys no authority, cannot be paused or replaced,
/// and whatever is asked of it, there are 4 to 21 validators, none of them zero and none twice. It stands in the first block,
/// with its storage, before anything can be deployed. Who is a validator is decided elsewhere, by the one contract that feeds it.
interface IValidatorSet {
    event FeederSet(address indexed feeder);
    event SeatChanged(address indexed leaving, address indexed coming, uint256 count);

    /// @notice Thrown when the feeder is named by anybody but the founder.
    error NotFounder(address caller);
    /// @notice Thrown when a feeder was named before.
    error FeederAlreadySet(address feeder);
    /// @notice Thrown when no contract stands where the feeder should be.
    error NoContract(address feeder);
    /// @notice Thrown when the caller is not the feeder.
    error NotFeeder(address caller);
    /// @notice Thrown when a seat changed in this block before.
    error OneABlock(uint256 blockNumber);
    /// @notice Thrown when who shall leave is no validator.
    error NotSeated(address account);
    /// @notice Thrown when who shall come is a validator already.
    error AlreadySeated(address account);
    /// @notice Thrown when there would be so many validators, fewer than {LEAST}.
    error TooFew(uint256 count);
    /// @notice Thrown when there would be so many validators, more than {MOST}.
    error TooMany(uint256 count);
    /// @notice Thrown when an address that must be somebody's is zero.
    error ZeroAddress();

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Who makes and seals blocks. The nodes ask this, under this name. It never fails, and names 4 to 21 that differ.
    function getValidators() external view returns (address[] memory validators);

    /// @notice As few validators as there may be: with fewer, one that is faulty stops the chain.
    function LEAST() external view returns (uint256);

    /// @notice As many validators as there may be.
    function MOST() external view returns (uint256);

    /// @notice Who may name the feeder.
    function founder() external view returns (address);

    /// @notice The contract that changes seats, zero before it is named.
    function feeder() external view returns (address);

    /// @notice The block in which a seat changed last, 0 when none ever did.
    function changedIn() external view returns (uint64);

    // ------------------------------------------------------------------------------------------------- the founder

    /// @notice Names the contract that changes seats, for good.
    ///
    /// Emits {FeederSet}.
    ///
    /// Requirements:
    /// - the caller is the founder; none was named before;
    /// - it is a contract.
    function setFeeder(address feeder_) external;

    // -------------------------------------------------------------------------------------------------- the feeder

    /// @notice Gives one validator's seat to another.
    ///
    /// Emits {SeatChanged}.
    ///
    /// Requirements:
    /// - the caller is the feeder, and no seat changed in this block;
    /// - `leaving` has a seat, `coming` has none and is not zero.
    function replace(address leaving, address coming) external;

    /// @notice Gives another validator a seat, after all others.
    ///
    /// Emits {SeatChanged}, with nobody leaving.
    ///
    /// Requirements:
    /// - the caller is the feeder, and no seat changed in this block;
    /// - `coming` has no seat and is not zero;
    /// - there are fewer than {MOST}.
    function add(address coming) external;

    /// @notice Takes a validator's seat away. The others keep their order.
    ///
    /// Emits {SeatChanged}, with nobody coming.
    ///
    /// Requirements:
    /// - the caller is the feeder, and no seat changed in this block;
    /// - `leaving` has a seat;
    /// - there are more than {LEAST}.
    function remove(address leaving) external;
}
