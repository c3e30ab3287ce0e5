// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Slice} from "../libraries/Slices.sol";
import {Place, Totals} from "../libraries/Sums.sol";
import {IClaims} from "./IClaims.sol";
import {IOrigins} from "./IOrigins.sol";
import {IReadings, ShortSignature} from "./IReadings.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice What clean energy was retired for.
/// @param beneficiary whose use it covers
/// @param since start of the time in which he used as much
/// @param until its end
/// @param purpose in his words
struct Retirement {
    address beneficiary;
    uint40 since;
    uint40 until;
    string purpose;
}

/// @notice What attesters say was counted too much.
/// @param device whose counter it is
/// @param wh how much
/// @param evidence hash of what shows it
struct Withdrawal {
    uint32 device;
    uint64 wh;
    bytes32 evidence;
}

/// @title Clean energy, Wh by Wh
/// @notice What a clean device has made waits on its counter in the ledger of Production. Its owner at that time gets it as a
/// *slice*: an ERC-1155 id that names the device, the slots and the place on the counter, so that no Wh is ever issued
/// twice. Slices are handed on, put together into certificates of 1 MWh, retired for somebody's use, exported, put through
/// batteries; or they expire. The sums say where each Wh is.
interface ICleanEnergy is IERC1155, IClaims, IOrigins {
    event PartsSet(address indexed certificates, address indexed batteries);
    event MaxTransfersSet(uint16 maxTransfers);
    event SliceIssued(uint32 indexed device, address indexed owner, uint256 indexed id);
    event SliceLapsed(uint32 indexed device, uint256 indexed id);
    event SlicesExpired(address indexed holder, uint256[] ids, uint256[] amounts);
    event SlicesExported(address indexed holder, uint256[] ids, uint256[] amounts, string destination);
    event SlicesRecovered(address indexed account, address indexed replacement, uint256[] ids);
    event WithdrawalOrdered(uint32 indexed device, uint64 wh, bytes32 indexed evidence);
    event StockWithdrawn(uint32 indexed device, uint64 first, uint64 wh, uint64 debt);

    /// @notice Thrown when a device's energy gets no certificates: not clean, not certified, storing, or taking energy.
    error NotCertifiable(uint32 device);
    /// @notice Thrown when a slice or certificate is worth nothing any more.
    error CertificateExpired(uint256 id, uint256 expires);
    /// @notice Thrown when a slice or certificate is still worth something.
    error NotExpired(uint256 id, uint256 expires);
    /// @notice Thrown when slices cannot be handed on, as certificates can be sold a limited number of times only.
    error SlicesStay(uint16 maxTransfers);
    /// @notice Thrown when slices have less than is needed.
    error TooFewWh(uint256 given, uint256 needed);
    /// @notice Thrown when a slice is of another carrier than the battery or the first slice of a certificate.
    error OtherCarrier(uint256 id);
    /// @notice Thrown when more slices are named than a certificate or a discharge is made of.
    error TooManySlices(uint256 given, uint256 most);
    /// @notice Thrown when a time ends before it begins, or nobody benefits.
    error InvalidRetirement();
    /// @notice Thrown when a withdrawal was ordered before.
    error WithdrawalKnown(uint32 device, bytes32 evidence);
    /// @notice Thrown when somebody else than the contract that it is for calls.
    error NotPart(address caller);
    /// @notice Thrown when the contracts of certificates and batteries were named already.
    error PartsAlreadySet(address certificates);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {issueSigned}.
    function ISSUE_SLICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {transferSigned}.
    function TRANSFER_SLICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {retireSigned}.
    function RETIRE_SLICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {withdraw}, signed by attesters under the domain of Readings.
    function WITHDRAWAL_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds after its first slot in which a slice is worth something.
    function VALIDITY() external view returns (uint40);

    /// @notice Wh of a certificate.
    function WHOLE_WH() external view returns (uint40);

    /// @notice The readings, whose attesters order withdrawals.
    function readings() external view returns (IReadings);

    /// @notice The contract of certificates of 1 MWh, zero before it is named.
    function certificates() external view returns (address);

    /// @notice The contract of batteries, zero before it is named.
    function batteries() external view returns (address);

    /// @notice How many times a certificate can change hands, 0 for any number. While there is a limit slices do not.
    function maxTransfers() external view returns (uint16);

    /// @notice What an id stands for, whether or not it was issued.
    function sliceOf(uint256 id) external pure returns (Slice memory);

    /// @notice Where all Wh are.
    function totals() external view returns (Totals memory);

    /// @notice Whether a withdrawal was ordered, by its EIP-712 struct hash.
    function isWithdrawn(bytes32 structHash) external view returns (bool);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Names the contracts of certificates and of batteries, once.
    ///
    /// Emits {PartsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none were named before.
    function setParts(address certificates_, address batteries_) external;

    /// @notice Says how many times a certificate can change hands, 0 for any number.
    ///
    /// Emits {MaxTransfersSet}.
    ///
    /// Requirements:
    /// - the caller is the authority.
    function setMaxTransfers(uint16 maxTransfers_) external;

    // -------------------------------------------------------------------------------------------------- producers

    /// @notice Issues the next Wh on a device's counter to whom it belonged to when they were made. It expires by its first
    /// slot.
    /// @param since start of the slot in which the first of them was made
    /// @param until end of the slot in which the last was made
    /// @return id of the slice
    ///
    /// Emits {TransferSingle}, {SliceIssued}, and {StockWithdrawn} when the device owes Wh.
    ///
    /// Requirements:
    /// - the caller owns the device, or did then, and is active;
    /// - the device is clean, does not store, was certified and is not suspended;
    /// - `wh` are recorded and not issued, made in just these slots, in which the device did not change hands;
    /// - they are not past their date.
    function issue(uint32 device, uint40 since, uint40 until, uint40 wh) external returns (uint256 id);

    /// @notice {issue}, signed by an owner.
    ///
    /// Emits what {issue} emits, and {NonceUsed}.
    ///
    /// Requirements: those of {issue} for the signer, and a valid signature of IssueSlice.
    function issueSigned(uint32 device, uint40 since, uint40 until, uint40 wh, Signed calldata auth)
        external
        returns (uint256 id);

    /// @notice Passes over the next Wh on a device's counter, all of them past their date; anyone may send it.
    ///
    /// Emits {SliceLapsed}, and {StockWithdrawn} when the device owes Wh.
    ///
    /// Requirements:
    /// - as for {issue}, the slots are those in which they were made; the last of them is past its date.
    function lapse(uint32 device, uint40 since, uint40 until, uint40 wh) external;

    // ---------------------------------------------------------------------------------------------------- holders

    /// @notice A transfer of a slice, or of part of one, signed by its holder.
    ///
    /// Emits {TransferSingle} and {NonceUsed}.
    ///
    /// Requirements:
    /// - a valid signature of TransferSlice;
    /// - both accounts are active, the signer holds `amount`, the slice has not expired, slices can be handed on.
    function transferSigned(address to, uint256 id, uint256 amount, Signed calldata auth) external;

    /// @notice Retires a slice, or part of one, for good: somebody used as much, and this is where it came from.
    ///
    /// Emits {TransferSingle} to nobody, and {ClaimSingle}.
    ///
    /// Requirements:
    /// - the caller holds `wh`, which are not zero, and has the right to spend;
    /// - the slice has not expired; somebody benefits, in a time that does not end before it begins.
    function retire(uint256 id, uint256 wh, Retirement calldata retirement) external;

    /// @notice {retire}, signed by the holder.
    ///
    /// Emits {TransferSingle}, {ClaimSingle} and {NonceUsed}.
    ///
    /// Requirements: those of {retire} for the signer, and a valid signature of RetireSlice.
    function retireSigned(uint256 id, uint256 wh, Retirement calldata retirement, Signed calldata auth) external;

    /// @notice Gives slices up for another register, in which they can then be issued.
    /// @param destination that register, and what it shall know them by
    ///
    /// Emits {TransferBatch} or {TransferSingle} to nobody, and {SlicesExported}.
    ///
    /// Requirements:
    /// - the caller holds the amounts and has the right to spend; no slice has expired.
    function exportSlices(uint256[] calldata ids, uint256[] calldata amounts, string calldata destination) external;

    /// @notice Burns what a holder has of slices past their date; anyone may send it.
    ///
    /// Emits {TransferBatch} or {TransferSingle} to nobody, and {SlicesExpired}.
    ///
    /// Requirements:
    /// - every slice has expired.
    function expire(address holder, uint256[] calldata ids) external;

    /// @notice Moves slices of a lost key to the account that replaced it; anyone may send it.
    ///
    /// Emits {TransferBatch} or {TransferSingle}, and {SlicesRecovered}.
    ///
    /// Requirements:
    /// - the account was replaced.
    function recoverSlices(address account, uint256[] calldata ids) external;

    // -------------------------------------------------------------------------------------------------- attesters

    /// @notice Takes back what a device's counter counted too much: of what was not issued, and what that does not give, of
    /// what the device makes later. Slices that were issued stay good.
    ///
    /// Emits {WithdrawalOrdered}, and {StockWithdrawn} when something was taken.
    ///
    /// Requirements:
    /// - enough attesters signed the Withdrawal, as for a root, and it was not ordered before;
    /// - the device could be issued of; `wh` is not zero.
    function withdraw(Withdrawal calldata withdrawal, ShortSignature[] calldata signatures) external;

    // ------------------------------------------------------------------------------------------------------ parts

    /// @notice Burns slices, and issues fewer Wh as a slice of a battery.
    /// @param out what comes out
    /// @return id of what comes out
    ///
    /// Emits {TransferBatch} or {TransferSingle} to nobody, and {TransferSingle}.
    ///
    /// Requirements:
    /// - the caller is the contract of batteries, which answers for what it names;
    /// - the holder has the slices.
    function turn(address holder, uint256[] calldata ids, uint256[] calldata amounts, Slice calldata out)
        external
        returns (uint256 id);

    /// @notice Takes the next 1 MWh of a device's counter into a certificate, as {issue} would issue it.
    ///
    /// Emits {SliceIssued}, and {StockWithdrawn} when the device owes Wh.
    ///
    /// Requirements: the caller is the contract of certificates; those of {issue} for `account`.
    function takeWhole(address account, uint32 device, uint40 since, uint40 until)
        external
        returns (uint256 id, address owner, uint32 number);

    /// @notice Burns 1 MWh of slices for a certificate.
    /// @return number of the certificate
    ///
    /// Emits {TransferBatch} or {TransferSingle} to nobody.
    ///
    /// Requirements:
    /// - the caller is the contract of certificates, which answers for what it names;
    /// - the holder has the slices.
    function wrapSlices(address holder, uint256[] calldata ids, uint256[] calldata amounts)
        external
        returns (uint32 number);

    /// @notice Gives the slices of a certificate back.
    ///
    /// Emits {TransferBatch} or {TransferSingle} from nobody.
    ///
    /// Requirements:
    /// - the caller is the contract of certificates.
    function unwrapSlices(address holder, uint256[] calldata ids, uint256[] calldata amounts) external;

    /// @notice Counts a certificate as retired or exported, or as expired when it was a stake that is lost.
    ///
    /// Emits nothing; the caller's own event tells it.
    ///
    /// Requirements:
    /// - the caller is the contract of certificates.
    function endWhole(Place to) external;
}
