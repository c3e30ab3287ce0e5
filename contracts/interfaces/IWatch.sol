// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SealedBlock} from "../libraries/QbftHeaders.sol";
import {IDelegates} from "./IDelegates.sol";

/// @notice What a delegate is suspected of.
/// Missed: half of the blocks that were its turn, or more. Equivocated: it sealed two blocks in one place. Attestation: it vouched for
/// what is not so.
enum Evidence {
    Missed,
    Equivocated,
    Attestation
}

/// @notice What became of a suspicion.
/// None: there was none. Open: the delegates vote. Normal: too few found it abnormal in time. Abnormal: enough did.
enum Verdict {
    None,
    Open,
    Normal,
    Abnormal
}

/// @notice What makes two seals no proof.
/// Height, Round, Parent: the headers are not of one. Genesis: nobody seals the first block, and the second has the same parent on
/// all chains that begin with it. SameBlock: there is one header only.
/// Signers: the seals are not of one validator.
enum NoProof {
    Height,
    Round,
    Parent,
    Genesis,
    SameBlock,
    Signers
}

/// @notice The last suspicion of a delegate, in one storage slot.
/// @param number which of all suspicions it is, from 1
/// @param since when the vote began
/// @param change how many changes of seats there had been; who had a seat then votes
/// @param needed how many must find the accused abnormal
/// @param yes how many did
/// @param evidence what it is suspected of
/// @param abnormal whether enough found it so
struct Suspicion {
    uint32 number;
    uint40 since;
    uint32 change;
    uint8 needed;
    uint8 yes;
    Evidence evidence;
    bool abnormal;
}

/// @notice A header as validators sign it, and one validator's seal of it: r, s, and 0 or 1, 65 bytes.
struct SealedHeader {
    bytes header;
    bytes seal;
}

/// @title Delegates watch one another
/// @notice Who is suspected, with evidence, is voted on for a day by those who have seats at that moment. The accused does not vote, but
/// counts: of n delegates two thirds, rounded down, and one more must find it abnormal; then its seat goes to the next. Only
/// who was proved to have sealed two blocks loses its stake besides. The same evidence serves once against the same accused.
interface IWatch {
    event Suspected(
        uint32 indexed number,
        address indexed accused,
        address indexed by,
        Evidence evidence,
        bytes32 proof,
        uint32 change,
        uint8 needed
    );
    event MissedBlocks(uint32 indexed number, uint32 epoch, uint256 expected, uint256 proposed);
    event EquivocationProved(
        uint32 indexed number, SealedBlock one, SealedBlock other, SealedHeader first, SealedHeader second
    );
    event SuspicionVoted(uint32 indexed number, address indexed voter, bool yes);
    event FoundAbnormal(uint32 indexed number, address indexed accused);

    /// @notice Thrown when an account is not among those who can accuse, be accused, or vote on an accused.
    error NoDelegate(address account);
    /// @notice Thrown when a delegate accuses itself, or votes on itself.
    error OwnCase(address account);
    /// @notice Thrown when evidence is missing, or served before against the same accused.
    error NoEvidence(bytes32 proof);
    /// @notice Thrown when a delegate proposed more than half of what was expected, or too little was.
    error NotMissed(uint256 expected, uint256 proposed);
    /// @notice Thrown when blocks were missed in another epoch than this one and the last.
    error EpochPassed(uint32 epoch, uint32 current);
    /// @notice Thrown when there is a vote on the accused.
    error UnderVote(address accused);
    /// @notice Thrown when there is no vote on an account, or it is over.
    error NoVote(address accused);
    /// @notice Thrown when a delegate votes again on the same suspicion.
    error VotedTwice(uint32 number, address voter);
    /// @notice Thrown when two seals prove nothing.
    error NoEquivocation(NoProof reason);
    /// @notice Thrown when a seal is no signature of a header.
    error NoSeal(bytes seal);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Seconds in which delegates vote on a suspicion.
    function VOTE_SECONDS() external view returns (uint40);

    /// @notice The fewest turns of which half can be missed.
    function LEAST_TURNS() external view returns (uint256);

    /// @notice Who has seats, and who takes them away.
    function delegates() external view returns (IDelegates);

    /// @notice How many suspicions there were.
    function suspicionCount() external view returns (uint32);

    /// @notice The last suspicion of an account; all zero when there was none.
    function suspicionOf(address accused) external view returns (Suspicion memory);

    /// @notice What became of the last suspicion of an account.
    function verdictOf(address accused) external view returns (Verdict);

    /// @notice Whether an account voted on a suspicion.
    function hasVoted(uint32 number, address voter) external view returns (bool);

    /// @notice Whether something served as evidence. Evidence is known by keccak256(abi.encode(accused, evidence, what)); of missed
    /// blocks `what` is keccak256(abi.encode(epoch, expected)), of an equivocation keccak256(abi.encode(number, round, parent)), else what the accuser says.
    function isUsed(bytes32 proof) external view returns (bool);

    /// @notice Reads a header with its list of seals empty, as validators sign it. Reverts with NoRlp or NoHeader when it is none.
    function headerOf(bytes calldata encoded) external pure returns (SealedBlock memory);

    /// @notice Who sealed both of two blocks of one height, round and parent. Reverts with NoRlp, NoHeader, NoSeal or NoEquivocation
    /// when that is not proved.
    function equivocatorOf(SealedHeader calldata first, SealedHeader calldata second) external pure returns (address);

    // -------------------------------------------------------------------------------------------------- delegates

    /// @notice Accuses a delegate of having missed at least half of the blocks that were its turn.
    ///
    /// Emits {Suspected} and {MissedBlocks}.
    ///
    /// Requirements:
    /// - caller and accused have seats, are not condemned, and are not the same;
    /// - the epoch is this or the last one, and {IBookkeeping-workOf} says so of it, of {LEAST_TURNS} turns at least;
    /// - that, with as many turns, did not serve as evidence yet, and there is no vote on the accused.
    function suspectMissed(address accused, uint32 epoch) external;

    /// @notice Accuses a delegate of having vouched for what is not so.
    /// @param evidence hash of what shows it
    ///
    /// Emits {Suspected}.
    ///
    /// Requirements:
    /// - caller and accused have seats, are not condemned, and are not the same;
    /// - the evidence is not zero and did not serve against the accused yet, and there is no vote on it.
    function suspectAttestation(address accused, bytes32 evidence) external;

    /// @notice Says whether a suspected delegate is abnormal. With the last yes that is needed it is condemned.
    ///
    /// Emits {SuspicionVoted}; with the last yes {FoundAbnormal} and what {ISeats-condemn} emits.
    ///
    /// Requirements:
    /// - there is a vote on the accused;
    /// - the caller is not the accused, had a seat when it was suspected, and has not voted.
    function vote(address accused, bool yes) external;

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Accuses, with two seals that prove it, who sealed two blocks of one height, round and parent. No vote for a lesser reason
    /// stands in the way: it ends, so that nobody is kept from losing his stake by being accused of something else.
    ///
    /// Emits {Suspected} and {EquivocationProved}.
    ///
    /// Requirements:
    /// - both headers are as validators sign them: their lists of seals are empty; each seal is one of its header;
    /// - they are of one height, above 1, one round and one parent, differ, and one account sealed both;
    /// - it has a seat, condemned or not, or a stake;
    /// - these height, round and parent did not serve as evidence against it, and there is no vote on another equivocation of it.
    function proveEquivocation(SealedHeader calldata first, SealedHeader calldata second) external;
}
