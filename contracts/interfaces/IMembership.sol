// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Standing, Status} from "../libraries/Standings.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice What a registrar has checked of an applicant.
/// @param account the applicant's first account
/// @param roles roles asked for, see Roles
/// @param owner id of a member with the same beneficial owner, 0 when there is none
/// @param certifiedUntil first second in which the certification has lapsed
/// @param credential hash of the documents that the registrar has seen and keeps
/// @param nullifier hash that only this natural or legal person can have, whatever documents he shows
struct Application {
    address account;
    uint32 roles;
    uint32 owner;
    uint40 certifiedUntil;
    bytes32 credential;
    bytes32 nullifier;
}

/// @notice One natural or legal person in the market.
/// @param roles roles he holds, see Roles
/// @param certifiedUntil first second in which his certification has lapsed
/// @param status Active, Suspended or Expelled
/// @param owner id of his beneficial owner
/// @param credential hash of the documents behind his certification
/// @param nullifier hash that only he can have
/// @param accounts his accounts, the first one first; none that was retired or lost
struct Member {
    uint32 roles;
    uint40 certifiedUntil;
    Status status;
    uint32 owner;
    bytes32 credential;
    bytes32 nullifier;
    address[] accounts;
}

/// @notice A lost key on its way to be replaced.
/// @param replacement the account that will take its place
/// @param registrarOwner beneficial owner of the registrar who proposed it
/// @param readyAt when it can be completed; 0 until a regulator approves
struct Recovery {
    address replacement;
    uint32 registrarOwner;
    uint40 readyAt;
}

/// @title Who may act, and as what
/// @notice A member is a person, certified by a registrar for a time, once. He acts through accounts: the first has all
/// his roles, further ones the part he gives them. Offices (registrar, regulator, issuer, operator, attester) are roles
/// too, but only the authority grants them. Suspension stops new business and nothing else; expulsion is for good.
interface IMembership {
    event MemberAdmitted(
        uint32 indexed member, address indexed account, address indexed registrar, Application application
    );
    event MemberRenewed(uint32 indexed member, uint40 certifiedUntil, bytes32 credential);
    event RolesGranted(uint32 indexed member, uint32 roles);
    event RolesWithdrawn(uint32 indexed member, uint32 roles, string reason);
    event OwnerChanged(uint32 indexed member, uint32 owner);
    event MemberSuspended(uint32 indexed member, address indexed by, string reason);
    event MemberReinstated(uint32 indexed member, address indexed by, string reason);
    event MemberExpelled(uint32 indexed member, address indexed by, string reason);
    event AccountAdded(uint32 indexed member, address indexed account, uint32 rights);
    event AccountRetired(uint32 indexed member, address indexed account);
    event RecoveryProposed(address indexed account, address indexed replacement, bytes32 evidence);
    event RecoveryApproved(address indexed account, address indexed replacement, uint40 readyAt);
    event RecoveryStopped(address indexed account, address indexed by);
    event RecoveryCompleted(uint32 indexed member, address indexed account, address indexed replacement);
    event SystemAccountRegistered(address indexed account);
    event MirrorSet(address indexed mirror);
    event ReadingsSet(address indexed readings);

    /// @notice Thrown when an account belongs, or belonged, to a member or to the system.
    error AccountTaken(address account, uint32 member);
    /// @notice Thrown when a person applies who is, or was, a member already.
    error NullifierTaken(bytes32 nullifier, uint32 member);
    /// @notice Thrown when a role set is empty or has bits that mean nothing here.
    error InvalidRoles(uint32 roles);
    /// @notice Thrown when a registrar grants an office, or certifies or replaces one who holds an office.
    error OfficeNotGrantable(uint32 roles);
    /// @notice Thrown when a certification would have lapsed already.
    error CertificationInPast(uint40 certifiedUntil);
    /// @notice Thrown when a renewal would end before the certification that it renews.
    error CertificationShortened(uint40 certifiedUntil, uint40 current);
    /// @notice Thrown when a credential or nullifier hash is zero.
    error EmptyHash();
    /// @notice Thrown when no member has this id.
    error UnknownMember(uint32 member);
    /// @notice Thrown when a member is not in the state that a step starts from.
    error UnexpectedStatus(uint32 member, Status status);
    /// @notice Thrown when an act that needs a reason has none.
    error ReasonMissing();
    /// @notice Thrown when the caller, or signer, is not the first account of its member.
    error NotFirstAccount(address account);
    /// @notice Thrown when a member has as many accounts as one may have.
    error TooManyAccounts(uint32 member);
    /// @notice Thrown when a member has had so many accounts that what was done under all of them could not be settled at once.
    error TooManyNames(uint32 member);
    /// @notice Thrown when a member retires his first account.
    error FirstAccountStays(address account);
    /// @notice Thrown when an account is not the caller's member's.
    error NotOwnAccount(address account);
    /// @notice Thrown when no recovery of this account, to this replacement, is under way.
    error NoRecovery(address account, address replacement);
    /// @notice Thrown when a recovery of this account is under way already.
    error RecoveryPending(address account);
    /// @notice Thrown when registrar and regulator of a recovery have one beneficial owner.
    error RecoveryNeedsTwoPeople(uint32 owner);
    /// @notice Thrown when a recovery is completed too soon; readyAt is 0 when no regulator has approved.
    error RecoveryNotReady(address account, uint40 readyAt);
    /// @notice Thrown when tokens are sent to a contract of the market that did not ask for them.
    error SystemAccountPulls(address account);
    /// @notice Thrown when an account without the right to spend sends money elsewhere than to its member's first one.
    error SpendNotAllowed(address account, address to);
    /// @notice Thrown when the mirror is set a second time.
    error MirrorAlreadySet(address mirror);
    /// @notice Thrown when the contract that asks about attesters is set a second time.
    error ReadingsAlreadySet(address readings);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of an application, signed by the applicant and countersigned by a registrar.
    function APPLICATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of a registrar's countersignature.
    function COUNTERSIGNATURE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type by which an account agrees to act for a member.
    function ACCEPT_ACCOUNT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {addAccountSigned}.
    function ADD_ACCOUNT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {retireAccountSigned}.
    function RETIRE_ACCOUNT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {objectToRecoverySigned}.
    function OBJECT_TO_RECOVERY_TYPEHASH() external view returns (bytes32);

    /// @notice How many accounts a member can have.
    function MAX_ACCOUNTS() external view returns (uint256);

    /// @notice How many accounts a member can have and have had, those of lost keys not refused.
    function MAX_NAMES() external view returns (uint256);

    /// @notice Seconds between a regulator's approval of a recovery and its completion.
    function recoveryDelay() external view returns (uint40);

    /// @notice How many members there are and were; ids run from 1 to this.
    function memberCount() external view returns (uint32);

    /// @notice The contract that keeps a copy of standings (the Vault), zero before it is set.
    function mirror() external view returns (address);

    /// @notice The contract that is told when an attester's standing changes, zero before it is set.
    function readings() external view returns (address);

    /// @notice All names that accounts acted under: their own, and those whose place they took because their keys were lost
    /// or they were given up. Of one that was replaced itself, or never admitted, there are none.
    /// @return names those of the first account, its own first, then those of the second, and so on
    /// @return counts how many each account has
    function namesOf(address[] calldata accounts)
        external
        view
        returns (address[] memory names, uint256[] memory counts);

    /// @notice The record of a member; empty when no member has this id.
    function memberOf(uint32 member) external view returns (Member memory);

    /// @notice The id of the member with this nullifier, 0 when there is none.
    function memberByNullifier(bytes32 nullifier) external view returns (uint32);

    /// @notice All that is known of an account; empty when it was never admitted.
    function standingOf(address account) external view returns (Standing memory);

    /// @notice Whether `account` may start new business in at least one of the roles `anyOf` (0: in any capacity).
    /// Reads one storage slot. System accounts are always active, and hold no role.
    function isActive(address account, uint32 anyOf) external view returns (bool);

    /// @notice Reverts with the reason when {isActive} would be false, else returns the account's member id, 0 for a
    /// system account.
    function requireActive(address account, uint32 anyOf) external view returns (uint32 member);

    /// @notice The account that stands in the place of `account` now: itself unless it was lost or retired.
    /// Reverts when it was never admitted.
    function currentOf(address account) external view returns (address);

    /// @notice Where `account` may send its own money when it names no other place: itself, or the first account of its
    /// member when it has no right to spend. Reverts when it was never admitted or was replaced.
    function payoutOf(address account) external view returns (address);

    /// @notice The rule of every token here, asked before tokens move; reads two storage slots for a transfer between
    /// members who may spend, and reverts with the reason when it is not allowed. Between members both must be active. A system account takes tokens only
    /// by pulling them, from whoever was ever admitted, and may give to whoever was ever admitted; to other system
    /// accounts only the mirror (the Vault) gives, when they withdraw.
    /// @param operator who caused the transfer
    function checkTransfer(address operator, address from, address to) external view;

    /// @notice The recovery under way for `account`; empty when there is none.
    function recoveryOf(address account) external view returns (Recovery memory);

    // ------------------------------------------------------------------------------------ admission, certification

    /// @notice Admits a person on the caller's own examination.
    ///
    /// Emits {MemberAdmitted}.
    ///
    /// Requirements:
    /// - the caller is an active registrar and the roles are market roles, or the caller is the authority;
    /// - account and nullifier are new, and nothing in the application is zero or in the past.
    function admit(Application calldata application) external returns (uint32 member);

    /// @notice Admits a person who signed the application, countersigned by a registrar; anyone may send it. Neither
    /// signature can be withdrawn, so the deadline should be short.
    ///
    /// Emits {MemberAdmitted}.
    ///
    /// Requirements:
    /// - the applicant signed Application until `deadline`, and `registrar` signed Countersignature over its hash;
    /// - the registrar is active, the roles are market roles;
    /// - account and nullifier are new, and nothing in the application is zero or in the past.
    function admitSigned(
        Application calldata application,
        uint256 deadline,
        bytes calldata applicantSignature,
        address registrar,
        bytes calldata registrarSignature
    ) external returns (uint32 member);

    /// @notice Certifies a member anew.
    ///
    /// Emits {MemberRenewed}.
    ///
    /// Requirements:
    /// - the caller is an active registrar and the member holds no office, or the caller is the authority;
    /// - the member is not expelled; the certification ends in the future and, unless the caller is the authority, no
    ///   sooner than before; the credential is not zero.
    function renew(uint32 member, uint40 certifiedUntil, bytes32 credential) external;

    /// @notice Adds roles to those a member holds.
    ///
    /// Emits {RolesGranted}.
    ///
    /// Requirements:
    /// - the caller is an active registrar and the roles are market roles, or the caller is the authority;
    /// - the member is not expelled.
    function grantRoles(uint32 member, uint32 roles) external;

    /// @notice Records that a member's beneficial owner is now that of another member, or again his own.
    ///
    /// Emits {OwnerChanged}.
    ///
    /// Requirements:
    /// - the caller is an active registrar and the member holds no office, or the caller is the authority;
    /// - both members exist, and the one that changes is not expelled.
    function changeOwner(uint32 member, uint32 likeMember) external;

    // ------------------------------------------------------------------------------------------------ supervision

    /// @notice Takes roles from a member at once.
    ///
    /// Emits {RolesWithdrawn}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or the authority;
    /// - the member is no regulator unless the caller is the authority; the roles are known ones, a reason is given.
    function withdrawRoles(uint32 member, uint32 roles, string calldata reason) external;

    /// @notice Stops a member's new business at once. What he began runs on; what he is owed stays payable. A regulator
    /// who suspends another regulator is suspended with him, so that it is no use to be the first; the authority decides.
    ///
    /// Emits {MemberSuspended}, twice when a regulator suspends another.
    ///
    /// Requirements:
    /// - the caller is an active regulator or the authority;
    /// - the member is Active, a reason is given.
    function suspend(uint32 member, string calldata reason) external;

    /// @notice Ends a suspension. The member has no more than he had before it.
    ///
    /// Emits {MemberReinstated}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or the authority;
    /// - the member is Suspended and no regulator; or Suspended or Expelled when the caller is the authority;
    /// - a reason is given.
    function reinstate(uint32 member, string calldata reason) external;

    /// @notice Ends a membership. The person cannot be admitted again, and only the authority can take this back; what
    /// he is owed stays payable.
    ///
    /// Emits {MemberExpelled}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or the authority;
    /// - the member is not expelled yet, and no regulator unless the caller is the authority; a reason is given.
    function expel(uint32 member, string calldata reason) external;

    // --------------------------------------------------------------------------------------------------- accounts

    /// @notice Lets another account act for the caller's member with the part `rights` of his roles.
    ///
    /// Emits {AccountAdded}.
    ///
    /// Requirements:
    /// - the caller is the active first account of a member who has fewer than MAX_ACCOUNTS, and with those that were
    ///   retired or replaced fewer than MAX_NAMES;
    /// - `rights` are known roles, with or without SPEND; the account is new and signed AcceptAccount until `deadline`.
    function addAccount(address account, uint32 rights, uint256 deadline, bytes calldata acceptance) external;

    /// @notice {addAccount}, signed by the first account.
    ///
    /// Emits {AccountAdded} and {NonceUsed}.
    ///
    /// Requirements: those of {addAccount}, and a valid signature of AddAccount.
    function addAccountSigned(
        address account,
        uint32 rights,
        uint256 deadline,
        bytes calldata acceptance,
        Signed calldata auth
    ) external;

    /// @notice Takes an account out of use: its Vault balance and what it is owed go to the first account, tokens outside
    /// the Vault by {IMemberToken-recoverBalance}.
    ///
    /// Emits {AccountRetired}, and {RecoveryStopped} when a recovery of it was under way.
    ///
    /// Requirements:
    /// - the caller is the first account of the same member;
    /// - the account is not that first one, and not retired or lost.
    function retireAccount(address account) external;

    /// @notice {retireAccount}, signed by the first account.
    ///
    /// Emits {AccountRetired} and {NonceUsed}.
    ///
    /// Requirements: those of {retireAccount}, and a valid signature of RetireAccount.
    function retireAccountSigned(address account, Signed calldata auth) external;

    // --------------------------------------------------------------------------------------- recovery of a lost key

    /// @notice First step: a registrar who has the member before him names the account that shall replace a lost one.
    ///
    /// Emits {RecoveryProposed}.
    ///
    /// Requirements:
    /// - the caller is an active registrar;
    /// - `account` belongs to a member who holds no office, `replacement` to nobody; no recovery of it is under way.
    function proposeRecovery(address account, address replacement, bytes32 evidence) external;

    /// @notice Second step: a regulator agrees, and the delay in which the old key can object begins.
    ///
    /// Emits {RecoveryApproved}.
    ///
    /// Requirements:
    /// - the caller is an active regulator whose beneficial owner is not the proposing registrar's;
    /// - a recovery of `account` to `replacement` is proposed and not approved yet.
    function approveRecovery(address account, address replacement) external;

    /// @notice The old key shows that it is not lost.
    ///
    /// Emits {RecoveryStopped}.
    ///
    /// Requirements:
    /// - a recovery of the caller's account is under way.
    function objectToRecovery() external;

    /// @notice {objectToRecovery}, signed by the old key.
    ///
    /// Emits {RecoveryStopped} and {NonceUsed}.
    ///
    /// Requirements: those of {objectToRecovery}, and a valid signature of ObjectToRecovery.
    function objectToRecoverySigned(Signed calldata auth) external;

    /// @notice Calls a recovery off.
    ///
    /// Emits {RecoveryStopped}.
    ///
    /// Requirements:
    /// - the caller is an active registrar or regulator;
    /// - a recovery of `account` is under way.
    function cancelRecovery(address account) external;

    /// @notice Replaces an account by decision of the authority: that of an office holder, or one whose thief objects.
    ///
    /// Emits {RecoveryCompleted}, and {RecoveryStopped} when a recovery was under way.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - `account` belongs to a member, `replacement` to nobody.
    function decideRecovery(address account, address replacement) external;

    /// @notice Last step, by anyone: the replacement takes the old account's place and its Vault balance.
    ///
    /// Emits {RecoveryCompleted}.
    ///
    /// Requirements:
    /// - the recovery was approved and its delay is over; the member holds no office, the replacement belongs to nobody.
    function completeRecovery(address account) external;

    // -------------------------------------------------------------------------------------------------- deployment

    /// @notice Makes a contract of the market able to hold tokens.
    ///
    /// Emits {SystemAccountRegistered}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the account is new and not zero.
    function registerSystemAccount(address account) external;

    /// @notice Names the contract that keeps a copy of standings, once.
    ///
    /// Emits {MirrorSet}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - no mirror is set, and the new one is not zero.
    function setMirror(address mirror_) external;

    /// @notice Names the contract that is told when an attester's standing changes, once.
    ///
    /// Emits {ReadingsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - none is set, and the new one is not zero.
    function setReadings(address readings_) external;
}
