// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IReadings, ShortSignature} from "./IReadings.sol";

/// @notice How good a plant is, from the worst.
enum Grade {
    D,
    C,
    B,
    A
}

/// @notice A plant as the chain knows it.
/// @param months of final readings, one after the other
/// @param completeBps share of the periods in them that were measured, in 1/10000
/// @param dispute whether one of its readings is in dispute
/// @param owner beneficial owner of the plant
/// @param servicer beneficial owner of who would operate it
/// @param pledged whether it is pledged to somebody
/// @param dscrBps how many times what is to be paid is covered by what it earns, in 1/10000
/// @param topBps share of its greatest payer in what it earns, in 1/10000
/// @param deviationBps by how much it makes more or less than was to be expected, in 1/10000
struct Plant {
    uint16 months;
    uint16 completeBps;
    bool dispute;
    uint32 owner;
    uint32 servicer;
    bool pledged;
    uint96 dscrBps;
    uint16 topBps;
    int32 deviationBps;
}

/// @notice What no score makes up for; each is true when it is met.
struct Gates {
    bool history;
    bool completeness;
    bool noDispute;
    bool ownerIsNotOperator;
    bool notPledged;
}

/// @notice What becomes of a plant. It has a grade even where a gate is shut, but then it is not admitted.
/// @param gates see Gates
/// @param score 0 to 100
/// @param grade see Grade
/// @param admitted whether it may be put into a pool
/// @param advanceBps share of its value that may be raised on it, in 1/10000
struct Evaluation {
    Gates gates;
    uint8 score;
    Grade grade;
    bool admitted;
    uint16 advanceBps;
}

/// @notice What attesters reckoned from a plant's bills of twelve months, which the chain told but does not keep.
/// @param device number of the plant's device
/// @param until the last of the twelve months, counted from January 1970
/// @param wh what the plant delivered in them
/// @param net uPT that it earned in them, after the network's and the platform's part
/// @param topBps share of the greatest payer in that, in 1/10000
/// @param dataHash keccak256 of what it was reckoned from, as it is served
struct PlantStatement {
    uint32 device;
    uint16 until;
    uint64 wh;
    uint96 net;
    uint16 topBps;
    bytes32 dataHash;
}

/// @notice A plant's statement on its way, in one storage slot.
/// @param net see PlantStatement
/// @param topBps see PlantStatement
/// @param until see PlantStatement
/// @param appliedAt when it was handed in, 0 while none stands
/// @param version how many statements of the plant were withdrawn
struct PlantApplication {
    uint96 net;
    uint16 topBps;
    uint16 until;
    uint40 appliedAt;
    uint32 version;
}

/// @title Whether a plant may be put into a pool, how good it is and how much is advanced on it
/// @notice Nobody types a figure in. Months, completeness and yield are read from the meters' monthly counters,
/// owners and pledge from the books, and what is in no storage, what the plant earned and who paid most, is stated by
/// enough attesters. A statement rests for ten days, in which an office withdraws a wrong one; anybody points at
/// disputes.
interface IAdmissions {
    event PlantApplied(PlantStatement statement, uint32 version, address indexed by, address[] signers);
    event StatementWithdrawn(uint32 indexed device, uint32 version, address indexed by, string reason);
    event DisputePointedAt(uint32 indexed device, uint40 time, uint8 version, address indexed by);

    /// @notice Thrown when something is no device that delivers and is certified.
    error NotPlant(uint32 device);
    /// @notice Thrown when somebody supplies a plant's owner, and takes what it delivers.
    error PlantSupplied(uint32 device, address supplier);
    /// @notice Thrown when a statement's last month is not the last that ended long enough ago.
    error OtherMonth(uint16 until, uint16 last);
    /// @notice Thrown when a plant's statement of a month stands already, or a later one.
    error StatementStands(uint32 device, uint16 until);
    /// @notice Thrown when a statement is about other energy than the plant's meter counted.
    error OtherEnergy(uint32 device, uint256 counted, uint64 stated);
    /// @notice Thrown when a plant has no statement, or one that is too old.
    error NoStatement(uint32 device);
    /// @notice Thrown when a plant's statement was handed in too short a time ago.
    error StatementRests(uint32 device, uint40 until);
    /// @notice Thrown when a reading that somebody points at is not in dispute, or was pointed at before.
    error NoDispute(uint32 device, uint40 time, uint8 version);
    /// @notice Thrown when a plant would make less than nothing, or more than ten times what was to be expected.
    error ImpossibleDeviation(int32 deviationBps);
    /// @notice Thrown when a plant is not admitted: its grade is the worst, or gates are shut, which `shut` has a bit
    /// for each of, in the sequence of Gates from the low end.
    error NotAdmitted(uint8 shut, uint8 score);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of what attesters sign, under the domain of Readings.
    function PLANT_STATEMENT_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds after which all readings of a time are final, and bills paid.
    function GRACE() external view returns (uint40);

    /// @notice Seconds in which a statement cannot be used yet.
    function REST() external view returns (uint40);

    /// @notice Seconds after which a statement cannot be used any more.
    function LAPSE() external view returns (uint40);

    /// @notice The most months that are looked at.
    function MOST_MONTHS() external view returns (uint16);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice Who has the monthly counters, and knows attesters and disputes.
    function readings() external view returns (IReadings);

    /// @notice A plant's statement.
    function applicationOf(uint32 device) external view returns (PlantApplication memory);

    /// @notice uPT that a plant earned in the twelve months of its statement. Reverts with {NoStatement} or
    /// {StatementRests}.
    function netOf(uint32 device) external view returns (uint96);

    /// @notice Gates, score and grade of a plant, and what follows from them. Reverts when a number is out of bounds.
    function grade(Plant calldata plant) external pure returns (Evaluation memory);

    /// @notice What may be raised at most on a plant of a value. Reverts with {NotAdmitted}, and when a number is out
    /// of bounds.
    function advance(Plant calldata plant, uint96 value) external pure returns (uint256);

    /// @notice A plant as the chain knows it. Reverts with {NotPlant}, {PlantSupplied}, {NoStatement} or
    /// {StatementRests}.
    /// @param servicer who would operate it
    /// @param dscrBps how the pool covers what is to be paid, see {IWaterfall.coverage}
    function plantOf(uint32 device, address servicer, uint96 dscrBps) external view returns (Plant memory);

    /// @notice What becomes of a plant as it is now, and what may be raised on what it earns in so many days. Reverts
    /// with what {plantOf} says; one that is not admitted has an advance of 0.
    /// @return found see Evaluation
    /// @return value uPT that it earns in `length` days, if it earns as in the twelve months
    /// @return advance_ uPT that may be raised on it at most
    function evaluate(uint32 device, address servicer, uint96 dscrBps, uint32 length)
        external
        view
        returns (Evaluation memory found, uint96 value, uint256 advance_);

    // -------------------------------------------------------------------------------------------------- statements

    /// @notice Hands a plant's statement in, in the place of an earlier one.
    ///
    /// Emits {PlantApplied}.
    ///
    /// Requirements:
    /// - the caller is the plant's owner, and active; the device delivers and is certified;
    /// - enough attesters signed PlantStatement with the device's present version, as in {IReadings.post};
    /// - its last month is the last that ended {GRACE} ago, and none of that month stands;
    /// - its energy is what the monthly counters have; the share is at most the whole.
    function handIn(PlantStatement calldata statement, ShortSignature[] calldata signatures) external;

    /// @notice Withdraws a wrong statement.
    ///
    /// Emits {StatementWithdrawn}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, or the authority;
    /// - the plant has a statement; there is a reason.
    function withdraw(uint32 device, string calldata reason) external;

    /// @notice Points at an open dispute about a plant's reading. As long as it is open, the plant is not admitted.
    ///
    /// Emits {DisputePointedAt}.
    ///
    /// Requirements:
    /// - the reading is in dispute, in this version, and nobody pointed at it before.
    function object(uint32 device, uint40 time, uint8 version) external;
}
