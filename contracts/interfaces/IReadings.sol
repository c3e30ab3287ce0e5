// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {Month} from "../libraries/Series.sol";
import {IMembership} from "./IMembership.sol";
import {Direction, IMeters} from "./IMeters.sol";
import {IVault} from "./IVault.sol";

/// @notice How a register was come by. Measured: read at its time. Substituted: reckoned from readings before and after.
/// Estimated: a guess that a later reading corrects.
enum Quality {
    Measured,
    Substituted,
    Estimated
}

/// @notice Who says that a reading is true. DeviceSigned: the meter, whose signature anyone can check. Authenticated: the
/// meter to the bridge, by a secret that they share. Checksummed: a line without a secret. Imported: the operator.
enum Trust {
    DeviceSigned,
    Authenticated,
    Checksummed,
    Imported
}

/// @notice Where a dispute stands. Upheld: the reading was wrong and is void. Rejected: it was right. Lapsed: nobody
/// judged it in time, and the reading stands.
enum DisputeState {
    None,
    Open,
    Upheld,
    Rejected,
    Lapsed
}

/// @notice Why a reading was not used. NotFinal: it can still change, is void, or another version took its place. Order: its
/// time or sequence is not after the last, or its time is off the grid. Skipped: there is a reading before it that was
/// not used. Gap: it is too far from the last, and no exchange record bridges that. Plausibility: the device cannot do
/// so much. Foreign: the device is of another zone, or was never certified.
enum ReadingRefusal {
    None,
    NotFinal,
    Order,
    Skipped,
    Gap,
    Plausibility,
    Foreign
}

/// @notice The readings of a zone at one time.
/// @param zone number of the zone
/// @param time of the registers, in Unix seconds
/// @param version 0 for the first; later ones hold corrected and late readings only
/// @param root of the tree over the readings, see Trees
/// @param size how many there are
/// @param dataHash keccak256 of all leaves as they are served: of each the device in 4 bytes and its content hash
struct Root {
    uint16 zone;
    uint40 time;
    uint8 version;
    bytes32 root;
    uint32 size;
    bytes32 dataHash;
}

/// @notice A signature in its short form, as ERC-2098 has it.
struct ShortSignature {
    bytes32 r;
    bytes32 vs;
}

/// @notice A reading as attesters vouch for it. Its hash and the device are its leaf.
/// @param register Wh that the device has counted in all
/// @param sequence number of the reading, one more than that of the device's last
/// @param quality see Quality
/// @param trust see Trust
/// @param source hash of the record that it was made from
/// @param salt keeps the register from being guessed from the hash
struct Content {
    uint64 register;
    uint32 sequence;
    Quality quality;
    Trust trust;
    bytes32 source;
    bytes32 salt;
}

/// @notice A reading with the proof that a root covers it.
/// @param device number of the device
/// @param place of the leaf in the tree, from 0
/// @param content see Content
/// @param proof hashes beside the way from the leaf to the root
/// @param skipped where the sequence has a gap: for each time between, of which there is a root, that it has none of the
/// device
struct ProvenReading {
    uint32 device;
    uint32 place;
    Content content;
    bytes32[] proof;
    Absence[] skipped;
}

/// @notice Proof that a device has no reading in a root: its neighbours stand side by side.
/// @param root the root of version 0 of a time
/// @param place of the first neighbour, from 0
/// @param neighbours one, at the end of the tree where the device would stand, or two
struct Absence {
    Root root;
    uint32 place;
    Neighbour[] neighbours;
}

/// @notice A leaf without its values.
struct Neighbour {
    uint32 device;
    bytes32 contentHash;
    bytes32[] proof;
}

/// @notice A reading that the meter itself signed in our own format.
/// @param device number of the device
/// @param carrier what it measures
/// @param direction which way its register counts
/// @param time of the register, in Unix seconds, a multiple of the zone's reading period
/// @param register Wh that the device has counted in all
/// @param sequence number of the reading
/// @param quality see Quality
/// @param previous hash of the reading before it
struct Reading {
    uint32 device;
    Carrier carrier;
    Direction direction;
    uint40 time;
    uint64 register;
    uint32 sequence;
    Quality quality;
    bytes32 previous;
}

/// @notice A meter was exchanged, or a gap in its readings is vouched for.
/// @param device number of the device
/// @param time when the new meter began
/// @param closing register of the old meter
/// @param opening register of the new one; of a gap the same as `closing`
/// @param evidence hash of what was seen
struct Exchange {
    uint32 device;
    uint40 time;
    uint64 closing;
    uint64 opening;
    bytes32 evidence;
}

/// @notice A dispute about a reading.
/// @param version in force: the greatest of a root that names the device; 0 of what it submitted itself
/// @param state see DisputeState
/// @param disputedVersion the version that was disputed
/// @param openedAt when, in Unix seconds
/// @param disputer whose bond it is
struct Dispute {
    uint8 version;
    DisputeState state;
    uint8 disputedVersion;
    uint40 openedAt;
    address disputer;
}

/// @notice What a reading tells of the time since the one before it.
/// @param device number of the device
/// @param kind what it measures and which way its register counts, see Intervals
/// @param since time of the reading before; the same as `until` for a device's first, which tells nothing
/// @param until time of the reading
/// @param wh energy between the two, to be spread evenly over the periods
/// @param periods how many reading periods lie between
/// @param quality that of the reading for one period, Substituted for more
/// @param trust see Trust
/// @param refusal why the reading was not used, in which case there is no interval
struct Interval {
    uint32 device;
    uint8 kind;
    uint40 since;
    uint40 until;
    uint64 wh;
    uint32 periods;
    Quality quality;
    Trust trust;
    ReadingRefusal refusal;
}

/// @title What the meters counted, vouched for
/// @notice Attesters check readings, each for itself, and post one root for all registers of a zone at a time; a meter
/// that can sign in our own format may send its reading itself. Either can be disputed for a while, with a bond, by
/// naming one reading, which holds up that one only. What is final never changes. Readings are used once, in order, by
/// the contract that settles; each tells the energy since the one before it, so that what is missing heals.
interface IReadings {
    event ThresholdSet(uint8 threshold);
    event RootPosted(
        uint16 indexed zone,
        uint40 indexed time,
        uint8 version,
        bytes32 root,
        uint32 size,
        bytes32 dataHash,
        uint32[] devices,
        address[] signers
    );
    event ReadingSubmitted(uint32 indexed device, uint40 indexed time, bytes32 readingHash, bool chained);
    event ReadingDisputed(uint32 indexed device, uint40 indexed time, uint8 version, address indexed disputer);
    event DisputeResolved(uint32 indexed device, uint40 indexed time, uint8 version, bool upheld, bytes32 evidence);
    event DisputeLapsed(uint32 indexed device, uint40 indexed time, uint8 version);
    event MeterExchanged(Exchange exchange);
    event ReadingsUsed(uint16 indexed zone, uint40 indexed time, uint8 version, uint256[] uses);

    /// @notice Thrown when fewer than the threshold vouch, or {MAX_SIGNERS} would be fewer than do.
    error TooFewSigners(uint256 signers, uint256 threshold);
    /// @notice Thrown when signers do not come by rising address, so that one could count twice.
    error SignersOutOfOrder(address signer);
    /// @notice Thrown when two signers are one beneficial owner.
    error SignersOfOneOwner(address signer, uint32 owner);
    /// @notice Thrown when the threshold would be nothing or more than {MAX_SIGNERS}.
    error InvalidThreshold(uint8 threshold);
    /// @notice Thrown when a root is posted a second time.
    error RootKnown(uint16 zone, uint40 time, uint8 version);
    /// @notice Thrown when a root, or the version before it, was never posted, or not with these values.
    error UnknownRoot(uint16 zone, uint40 time, uint8 version);
    /// @notice Thrown when a root is empty, or a later version does not name as many devices as it has leaves, rising.
    error InvalidRoot();
    /// @notice Thrown when a reading is of a time to come.
    error InTheFuture(uint40 time);
    /// @notice Thrown when a time is not one of the device's readings.
    error OffPeriod(uint32 device, uint40 time);
    /// @notice Thrown when a reading can no longer be changed or disputed.
    error AlreadyFinal(uint32 device, uint40 time);
    /// @notice Thrown when a device has submitted a reading of this time.
    error ReadingKnown(uint32 device, uint40 time);
    /// @notice Thrown when a device has not submitted this reading.
    error UnknownReading(uint32 device, uint40 time);
    /// @notice Thrown when a reading is not the device's: another carrier or direction, another key, not certified.
    error ForeignReading(uint32 device);
    /// @notice Thrown when a root does not cover a leaf.
    error NotInRoot(uint32 device, uint32 place);
    /// @notice Thrown when another version took the reading's place.
    error Superseded(uint32 device, uint40 time, uint8 version);
    /// @notice Thrown when a reading was disputed in this version before.
    error AlreadyDisputed(uint32 device, uint40 time);
    /// @notice Thrown when there is no open dispute about a reading.
    error NotDisputed(uint32 device, uint40 time);
    /// @notice Thrown when a dispute is still to be judged.
    error TooEarly(uint40 lapsesAt);
    /// @notice Thrown when an exchange is not after the device's last reading, or not after the one that waits.
    error InvalidExchange(uint32 device);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {post}, signed by attesters.
    function ROOT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {submit}, signed by the meter.
    function READING_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {resolve}, signed by attesters.
    function VERDICT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {exchange}, signed by attesters.
    function EXCHANGE_TYPEHASH() external view returns (bytes32);

    /// @notice The most signers that one call takes.
    function MAX_SIGNERS() external view returns (uint8);

    /// @notice The most periods between two readings, unless an exchange record bridges more.
    function MAX_PERIODS() external view returns (uint16);

    /// @notice The version of readings that meters submitted themselves.
    function SUBMITTED() external view returns (uint8);

    /// @notice uPT that a dispute takes, and returns unless it is rejected.
    function BOND() external view returns (uint128);

    /// @notice Seconds after which a dispute that nobody judged lapses.
    function LAPSES_AFTER() external view returns (uint40);

    /// @notice Seconds in which a reading can be disputed or corrected.
    function window() external view returns (uint40);

    /// @notice The members' book, which says who is an attester.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The Vault, which holds bonds.
    function vault() external view returns (IVault);

    /// @notice How many attesters must vouch.
    function threshold() external view returns (uint8);

    /// @notice Asks whether enough attesters signed something, for contracts that act on their word.
    /// @param structHash of a message that names the contract that acts on it, under this contract's EIP-712 domain
    ///
    /// Requirements:
    /// - enough attesters signed, as in {post}.
    function requireAttested(bytes32 structHash, ShortSignature[] calldata signatures)
        external
        view
        returns (address[] memory signers);

    /// @notice When a root was posted, 0 when it was not.
    function postedAt(uint16 zone, uint40 time, uint8 version) external view returns (uint40);

    /// @notice The version that a reading must have been posted in to be used, and any dispute about it; that about the
    /// reading that the device submitted itself stands under {SUBMITTED}, that about any other under any other version.
    function disputeOf(uint32 device, uint40 time, uint8 version) external view returns (Dispute memory);

    /// @notice Time, register and sequence of the last reading of a device that was used; zero when none was.
    function lastOf(uint32 device) external view returns (uint40 time, uint64 register, uint32 sequence);

    /// @notice What a device did in a month, counted from January 1970, as far as its readings were used.
    function monthOf(uint32 device, uint16 month) external view returns (Month memory);

    /// @notice The exchange that the next reading of a device takes account of; all zero when none waits.
    function exchangeOf(uint32 device) external view returns (Exchange memory);

    /// @notice The name of a reading, one for each device, time and version.
    function readingId(uint32 device, uint40 time, uint8 version) external view returns (bytes32);

    /// @notice The second part of a leaf.
    function contentHash(Content calldata content) external pure returns (bytes32);

    /// @notice Whether a root that was posted covers a leaf, which anybody can check who has the hash.
    function covers(Root calldata root, uint32 device, bytes32 contentHash_, uint32 place, bytes32[] calldata proof)
        external
        view
        returns (bool);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Sets how many attesters must vouch.
    ///
    /// Emits {ThresholdSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the threshold is 1 to {MAX_SIGNERS}.
    function setThreshold(uint8 threshold_) external;

    // ------------------------------------------------------------------------------------------------- attesting

    /// @notice Posts a root that attesters signed; anyone may send it.
    ///
    /// Emits {RootPosted}.
    ///
    /// Requirements:
    /// - enough attesters signed, each active, by rising address, no two of one beneficial owner;
    /// - the time has come, and the root of this zone, time and version is new; it covers at least one leaf;
    /// - version 0 names no devices; a later one has its predecessor posted, names as many devices as it has leaves, by
    ///   rising number, and comes before the readings of version 0 are final or for readings in dispute only.
    function post(Root calldata root, uint32[] calldata devices, ShortSignature[] calldata signatures) external;

    /// @notice Submits a reading that the meter itself signed in our own format; anyone may send it.
    ///
    /// Emits {ReadingSubmitted}, which says whether `previous` is the hash of the device's reading submitted before.
    ///
    /// Requirements:
    /// - the device is certified; carrier and direction are its own;
    /// - the time has come and is one of its reading times, of which it has submitted none;
    /// - its key signed the reading.
    function submit(Reading calldata reading, bytes calldata signature) external;

    /// @notice Records that a meter was exchanged, or that a gap of more than {MAX_PERIODS} is vouched for.
    ///
    /// Emits {MeterExchanged}.
    ///
    /// Requirements:
    /// - enough attesters signed, as in {post};
    /// - the time has come, and is after the last reading that was used and after that of the exchange that waits to be
    ///   used, whose place this one takes.
    function exchange(Exchange calldata exchange_, ShortSignature[] calldata signatures) external;

    // --------------------------------------------------------------------------------------------------- disputes

    /// @notice Disputes a reading of a root, with a bond. The values need not be shown.
    ///
    /// Emits {ReadingDisputed}.
    ///
    /// Requirements:
    /// - the root was posted and covers the leaf, is the version in force for the device, and is not final;
    /// - the reading was not disputed in this version before;
    /// - the caller is an active member, chose this module, and has the bond free.
    function dispute(Root calldata root, uint32 device, bytes32 contentHash_, uint32 place, bytes32[] calldata proof)
        external;

    /// @notice {dispute} of a reading that a meter submitted itself.
    ///
    /// Emits {ReadingDisputed}.
    ///
    /// Requirements:
    /// - the device submitted a reading of this time, which is not final and was not disputed before;
    /// - the caller is an active member, chose this module, and has the bond free.
    function disputeSubmitted(uint32 device, uint40 time) external;

    /// @notice Ends a dispute as the attesters judged it, having compared the check meter. Upheld: the reading is void, and
    /// the bond returns; a correction may have been posted meanwhile. Rejected: the reading stands, and the bond goes to
    /// the common fund.
    ///
    /// Emits {DisputeResolved}.
    ///
    /// Requirements:
    /// - the dispute about this version is open; enough attesters signed, as in {post}.
    function resolve(
        uint32 device,
        uint40 time,
        uint8 version,
        bool upheld,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external;

    /// @notice Ends a dispute that nobody judged. The reading stands, and the bond returns.
    ///
    /// Emits {DisputeLapsed}.
    ///
    /// Requirements:
    /// - the dispute about this version is open since {LAPSES_AFTER}.
    function lapse(uint32 device, uint40 time, uint8 version) external;

    // ------------------------------------------------------------------------------------------------------ using

    /// @notice Uses readings of a root, and says what each tells. One that is refused changes nothing and stops no other.
    /// @return intervals what each tells, see Interval, as Intervals packs it
    ///
    /// Emits {ReadingsUsed}, in which each is: device 32, since 40, refusal 8, from the low end.
    ///
    /// Requirements:
    /// - the caller is the contract that settles;
    /// - the root was posted and covers every reading.
    function use(Root calldata root, ProvenReading[] calldata readings) external returns (uint256[] memory intervals);

    /// @notice {use} of readings of one time that meters submitted themselves.
    ///
    /// Emits {ReadingsUsed}, with the version {SUBMITTED}.
    ///
    /// Requirements:
    /// - the caller is the contract that settles;
    /// - every reading was submitted; all are of this zone and time.
    function useSubmitted(uint16 zone, uint40 time, Reading[] calldata readings)
        external
        returns (uint256[] memory intervals);
}
