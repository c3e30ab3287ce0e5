// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ICleanEnergy, Retirement} from "./ICleanEnergy.sol";
import {IMembership} from "./IMembership.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice What became of a certificate. Held: it can be handed on. Retired, Exported: for good. Unwrapped: its slices were
/// given back. Slashed: it was a stake, which was lost.
enum CertificateStatus {
    None,
    Held,
    Retired,
    Exported,
    Unwrapped,
    Slashed
}

/// @notice A certificate of 1 MWh, in one storage slot.
/// @param holder whose it is; of a retired one, whose use it covers; of others, whose it was last
/// @param expires first second in which it is worth nothing any more: that of its earliest slice
/// @param transfers how many times it changed hands
/// @param status see CertificateStatus
/// @param lockedUntil first second in which its holder may do with it what he likes, as it stands for a vote or a candidacy
struct Certificate {
    address holder;
    uint40 expires;
    uint16 transfers;
    CertificateStatus status;
    uint32 lockedUntil;
}

/// @notice What a certificate is made of; its id is the hash of this.
/// @param number of the certificate
/// @param ids its slices
/// @param amounts Wh of each
struct Contents {
    uint32 number;
    uint256[] ids;
    uint256[] amounts;
}

/// @notice What a device made in a slot.
struct Origin {
    uint32 device;
    uint40 slotStart;
    uint64 wh;
}

/// @title Certificates of 1 MWh of clean energy
/// @notice An ERC-721 token holds exactly 1,000,000 Wh in slices, its producer's own or such as were bought. Its id is the
/// hash of its slices, which {CertificateMade} lists. It is handed on, taken apart again, retired for somebody's use,
/// or exported. Locked for a vote or a candidacy it stays with its holder until the lock ends, though it may expire meanwhile.
interface IGreenCertificates is IERC721 {
    event CertificateMade(
        uint256 indexed id,
        uint32 indexed number,
        address indexed holder,
        uint40 expires,
        uint256[] ids,
        uint256[] amounts
    );
    event CertificateUnwrapped(uint256 indexed id, address indexed holder);
    event CertificateRetired(
        uint256 indexed id,
        address indexed holder,
        address indexed beneficiary,
        uint40 since,
        uint40 until,
        string purpose
    );
    event CertificateExported(uint256 indexed id, address indexed holder, string destination);
    event CertificateSlashed(uint256 indexed id, address indexed holder);
    event CertificatesRecovered(address indexed account, address indexed replacement, uint256[] ids);

    event ElectionsSet(address indexed elections);
    event CertificatesLocked(address indexed holder, uint256[] ids, uint32 until);
    event CertificatesReleased(uint256[] ids);

    /// @notice Thrown when a certificate is locked, until that second.
    error CertificateLocked(uint256 id, uint32 until);
    /// @notice Thrown when somebody else than the contract of elections locks, releases or ends certificates.
    error NotElections(address caller);
    /// @notice Thrown when the contract of elections is named a second time.
    error ElectionsAlreadySet(address elections);
    /// @notice Thrown when a certificate changed hands as many times as it may.
    error TransferLimitReached(uint256 id, uint16 transfers);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {issueSigned}.
    function ISSUE_CERTIFICATE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {transferSigned}.
    function TRANSFER_CERTIFICATE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {wrapSigned}.
    function WRAP_SLICES_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {retireSigned}.
    function RETIRE_CERTIFICATE_TYPEHASH() external view returns (bytes32);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The slices.
    function cleanEnergy() external view returns (ICleanEnergy);

    /// @notice The contract that locks certificates for votes and candidacies, zero before it is named.
    function elections() external view returns (address);

    /// @notice What is known of a certificate; all zero when there never was one.
    function certificateOf(uint256 id) external view returns (Certificate memory);

    /// @notice The id of a certificate with these contents, whether or not there is one.
    function certificateId(Contents calldata contents) external pure returns (uint256);

    /// @notice 1,000,000 Wh if the certificate was retired for the account, else nothing.
    function claimedBalanceOf(address account, uint256 id) external view returns (uint256);

    /// @notice What of slices was made in which slot, slice by slice, in the sequence of time. Of one from a battery it is what
    /// came out of that, and {IBatteries-BatteryDischarged} names the slices that went in.
    function provenanceOf(uint256[] calldata ids) external view returns (Origin[] memory);

    // -------------------------------------------------------------------------------------------------- producers

    /// @notice Makes a certificate of the next 1 MWh on a device's counter, for whom it belonged to when that was made.
    ///
    /// Emits {Transfer} and {CertificateMade}, and what {ICleanEnergy-takeWhole} emits.
    ///
    /// Requirements: those of {ICleanEnergy-issue}.
    function issue(uint32 device, uint40 since, uint40 until) external returns (uint256 id);

    /// @notice {issue}, signed by an owner.
    ///
    /// Emits what {issue} emits, and {NonceUsed}.
    ///
    /// Requirements: those of {issue} for the signer, and a valid signature of IssueCertificate.
    function issueSigned(uint32 device, uint40 since, uint40 until, Signed calldata auth) external returns (uint256 id);

    // ---------------------------------------------------------------------------------------------------- holders

    /// @notice Makes a certificate of slices of the caller's, in the sequence of the list; what is more than 1 MWh stays his.
    /// @param amounts the most that is taken of each slice
    ///
    /// Emits {Transfer} and {CertificateMade}, and what {ICleanEnergy-wrapSlices} emits.
    ///
    /// Requirements:
    /// - the caller was not replaced;
    /// - he has the slices, at most 256 of one carrier, none of which has expired, and together 1 MWh.
    function wrap(uint256[] calldata ids, uint256[] calldata amounts) external returns (uint256 id);

    /// @notice {wrap}, signed by the holder.
    ///
    /// Emits what {wrap} emits, and {NonceUsed}.
    ///
    /// Requirements: those of {wrap} for the signer, and a valid signature of WrapSlices.
    function wrapSigned(uint256[] calldata ids, uint256[] calldata amounts, Signed calldata auth)
        external
        returns (uint256 id);

    /// @notice Takes a certificate of the caller's apart. With another in the place of a slice that has expired, the others can be
    /// wrapped again.
    ///
    /// Emits {Transfer} and {CertificateUnwrapped}, and what {ICleanEnergy-unwrapSlices} emits.
    ///
    /// Requirements:
    /// - the caller holds the certificate with these contents, it is not locked, and he was not replaced;
    /// - it never changed hands, if there is a limit to that.
    function unwrap(Contents calldata contents) external;

    /// @notice Takes a certificate apart for its holder when it has expired, so that {ICleanEnergy-expire} reaches the slices that
    /// have; anyone may send it.
    ///
    /// Emits {Transfer} and {CertificateUnwrapped}, and what {ICleanEnergy-unwrapSlices} emits.
    ///
    /// Requirements:
    /// - there is a certificate with these contents, it has expired and is not locked.
    function expire(Contents calldata contents) external;

    /// @notice Retires a certificate for good.
    ///
    /// Emits {Transfer} and {CertificateRetired}.
    ///
    /// Requirements:
    /// - the caller holds it and has the right to spend; it has not expired and is not locked;
    /// - somebody benefits, in a time that does not end before it begins.
    function retire(uint256 id, Retirement calldata retirement) external;

    /// @notice {retire}, signed by the holder.
    ///
    /// Emits {Transfer}, {CertificateRetired} and {NonceUsed}.
    ///
    /// Requirements: those of {retire} for the signer, and a valid signature of RetireCertificate.
    function retireSigned(uint256 id, Retirement calldata retirement, Signed calldata auth) external;

    /// @notice Gives a certificate up for another register, in which it can then be issued.
    /// @param destination that register, and what it shall know it by
    ///
    /// Emits {Transfer} and {CertificateExported}.
    ///
    /// Requirements:
    /// - the caller holds it and has the right to spend; it has not expired and is not locked.
    function exportCertificate(uint256 id, string calldata destination) external;

    /// @notice A transfer, signed by the holder.
    ///
    /// Emits {Transfer} and {NonceUsed}.
    ///
    /// Requirements:
    /// - a valid signature of TransferCertificate;
    /// - both accounts are active, the signer holds the certificate, which has not expired, is not locked and may change hands.
    function transferSigned(address to, uint256 id, Signed calldata auth) external;

    /// @notice Moves certificates of a lost key to the account that replaced it, as they are, locked ones too; anyone may send it.
    ///
    /// Emits {Transfer} for each, and {CertificatesRecovered}.
    ///
    /// Requirements:
    /// - the account was replaced, and holds each of them.
    function recoverCertificates(address account, uint256[] calldata ids) external;

    // -------------------------------------------------------------------------------------------- stakes and votes

    /// @notice Names the contract that locks certificates for votes and candidacies, for good.
    ///
    /// Emits {ElectionsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setElections(address elections_) external;

    /// @notice Locks certificates of a holder's until a second.
    /// @return expires the first second in which one of them has expired
    ///
    /// Emits {CertificatesLocked}.
    ///
    /// Requirements:
    /// - the caller is the contract of elections;
    /// - the holder has each of them, none has expired or is locked.
    function lock(address holder, uint256[] calldata ids, uint32 until) external returns (uint40 expires);

    /// @notice Ends the locks of certificates, whoever holds them by now.
    ///
    /// Emits {CertificatesReleased}.
    ///
    /// Requirements:
    /// - the caller is the contract of elections.
    function release(uint256[] calldata ids) external;

    /// @notice Ends certificates of a stake, whoever holds them by now. Nobody has used their energy: it counts as expired.
    ///
    /// Emits {Transfer} and {CertificateSlashed} for each.
    ///
    /// Requirements:
    /// - the caller is the contract of elections; there are these certificates.
    function slash(uint256[] calldata ids) external;
}
