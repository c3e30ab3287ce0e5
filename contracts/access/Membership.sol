// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttesterWatch} from "../interfaces/IAttesterWatch.sol";
import {Application, IMembership, Member, Recovery} from "../interfaces/IMembership.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IStandingMirror} from "../interfaces/IStandingMirror.sol";
import {Lists} from "../libraries/Lists.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings, Status} from "../libraries/Standings.sol";
import {Governed} from "./Governed.sol";
import {SignedActions} from "./SignedActions.sol";

/// @title Who may act, and as what
/// @notice See IMembership. Every change is made to the member's record and copied from there into the one-slot standing
/// of each of his accounts, so that the many who ask pay one read, and the few who change pay the copies.
contract Membership is IMembership, Governed, SignedActions {
    using Lists for address[];
    using Lists for uint256[];

    bytes32 public constant APPLICATION_TYPEHASH = keccak256(
        "Application(address account,uint32 roles,uint32 owner,uint40 certifiedUntil,bytes32 credential,bytes32 nullifier,uint256 deadline)"
    );
    bytes32 public constant COUNTERSIGNATURE_TYPEHASH =
        keccak256("Countersignature(address registrar,bytes32 application,uint256 deadline)");
    bytes32 public constant ACCEPT_ACCOUNT_TYPEHASH =
        keccak256("AcceptAccount(address account,uint32 member,uint32 rights,uint256 deadline)");
    bytes32 public constant ADD_ACCOUNT_TYPEHASH =
        keccak256("AddAccount(address signer,address account,uint32 rights,uint256 nonce,uint256 deadline)");
    bytes32 public constant RETIRE_ACCOUNT_TYPEHASH =
        keccak256("RetireAccount(address signer,address account,uint256 nonce,uint256 deadline)");
    bytes32 public constant OBJECT_TO_RECOVERY_TYPEHASH =
        keccak256("ObjectToRecovery(address signer,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IMembership
    uint256 public constant MAX_ACCOUNTS = 8;
    /// @inheritdoc IMembership
    uint256 public constant MAX_NAMES = 32;
    /// @inheritdoc IMembership
    uint40 public immutable recoveryDelay;
    /// @inheritdoc IMembership
    uint32 public memberCount;
    /// @inheritdoc IMembership
    address public mirror;
    /// @inheritdoc IMembership
    address public readings;
    /// @inheritdoc IMembership
    mapping(bytes32 nullifier => uint32 member) public memberByNullifier;

    mapping(uint32 member => Member) private _members;
    mapping(address account => Standing) private _standings;
    mapping(address account => Recovery) private _recoveries;
    mapping(address account => address) private _successors;
    mapping(address account => address[]) private _predecessors;

    constructor(address authority_, uint40 recoveryDelay_) Governed(authority_) EIP712("Wattbook Membership", "1") {
        recoveryDelay = recoveryDelay_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IMembership
    function memberOf(uint32 member) external view returns (Member memory) {
        return _members[member];
    }

    /// @inheritdoc IMembership
    function standingOf(address account) external view returns (Standing memory) {
        return _standings[account];
    }

    /// @inheritdoc IMembership
    function isActive(address account, uint32 anyOf) external view returns (bool) {
        Standing storage s = _standings[account];
        return Standings.isActive(s.status, s.certifiedUntil, s.roles, anyOf);
    }

    /// @inheritdoc IMembership
    function requireActive(address account, uint32 anyOf) public view returns (uint32 member) {
        Standing storage s = _standings[account];
        Standings.requireActive(account, s.status, s.certifiedUntil, s.roles, anyOf);
        return s.member;
    }

    /// @inheritdoc IMembership
    function currentOf(address account) external view returns (address) {
        require(_standings[account].status != Status.None, Standings.NotMember(account));
        while (_successors[account] != address(0)) account = _successors[account];
        return account;
    }

    /// @inheritdoc IMembership
    function namesOf(address[] calldata accounts)
        external
        view
        returns (address[] memory names, uint256[] memory counts)
    {
        counts = new uint256[](accounts.length);
        uint256 total = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            Standing storage s = _standings[accounts[i]];
            (Status status, uint256 before) = (s.status, s.predecessors);
            if (status == Status.None || status == Status.Replaced) continue;
            counts.put(i, before + 1);
            total += before + 1;
        }
        names = new address[](total);
        total = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 count = counts.at(i);
            if (count == 0) continue;
            names.put(total++, accounts[i]);
            for (uint256 k = 1; k < count; ++k) {
                names.put(total++, _predecessors[accounts[i]][k - 1]);
            }
        }
    }

    /// @inheritdoc IMembership
    function payoutOf(address account) external view returns (address) {
        Standing storage s = _standings[account];
        Standings.requirePayable(account, s.status);
        return s.rights & Roles.SPEND != 0 ? account : _members[s.member].accounts[0];
    }

    /// @inheritdoc IMembership
    function checkTransfer(address operator, address from, address to) external view {
        Standing storage source = _standings[from];
        Standing storage target = _standings[to];
        // Read once each: asked for every transfer, and every further look at a slot costs.
        Status giver = source.status;
        Status taker = target.status;
        if (giver == Status.System) {
            Standings.requirePayable(to, taker);
            // Withdrawals come from the mirror, the Vault; otherwise the system takes what it asked for only.
            bool wanted = taker != Status.System || operator == to || from == mirror;
            require(wanted, SystemAccountPulls(to));
            return;
        }
        if (taker == Status.System) {
            require(operator == to, SystemAccountPulls(to));
            Standings.requirePayable(from, giver);
            return;
        }
        Standings.requireActive(from, giver, source.certifiedUntil, 0, 0);
        Standings.requireActive(to, taker, target.certifiedUntil, 0, 0);
        if (source.rights & Roles.SPEND == 0) {
            require(to == _members[source.member].accounts[0], SpendNotAllowed(from, to));
        }
    }

    /// @inheritdoc IMembership
    function recoveryOf(address account) external view returns (Recovery memory) {
        return _recoveries[account];
    }

    // ------------------------------------------------------------------------------------ admission, certification

    /// @inheritdoc IMembership
    function admit(Application calldata application) external returns (uint32 member) {
        _requireMayGrant(application.roles);
        return _admit(application, msg.sender);
    }

    /// @inheritdoc IMembership
    function admitSigned(
        Application calldata application,
        uint256 deadline,
        bytes calldata applicantSignature,
        address registrar,
        bytes calldata registrarSignature
    ) external returns (uint32 member) {
        bytes32 applicationHash = keccak256(abi.encode(APPLICATION_TYPEHASH, application, deadline));
        _requireSignature(application.account, deadline, applicationHash, applicantSignature);
        bytes32 countersigned = keccak256(abi.encode(COUNTERSIGNATURE_TYPEHASH, registrar, applicationHash, deadline));
        _requireSignature(registrar, deadline, countersigned, registrarSignature);
        requireActive(registrar, Roles.REGISTRAR);
        require(application.roles & Roles.OFFICES == 0, OfficeNotGrantable(application.roles));
        return _admit(application, registrar);
    }

    /// @inheritdoc IMembership
    function renew(uint32 member, uint40 certifiedUntil, bytes32 credential) external {
        Member storage m = _certifiable(member);
        require(certifiedUntil > block.timestamp, CertificationInPast(certifiedUntil));
        require(
            certifiedUntil >= m.certifiedUntil || msg.sender == authority,
            CertificationShortened(certifiedUntil, m.certifiedUntil)
        );
        require(credential != 0, EmptyHash());
        m.certifiedUntil = certifiedUntil;
        m.credential = credential;
        emit MemberRenewed(member, certifiedUntil, credential);
        _refresh(member);
    }

    /// @inheritdoc IMembership
    function grantRoles(uint32 member, uint32 roles) external {
        _requireMayGrant(roles);
        _notExpelled(member).roles |= roles;
        emit RolesGranted(member, roles);
        _refresh(member);
    }

    /// @inheritdoc IMembership
    function changeOwner(uint32 member, uint32 likeMember) external {
        Member storage m = _certifiable(member);
        uint32 owner = likeMember == member ? member : _existing(likeMember).owner;
        m.owner = owner;
        emit OwnerChanged(member, owner);
        _refresh(member);
    }

    // ------------------------------------------------------------------------------------------------ supervision

    /// @inheritdoc IMembership
    function withdrawRoles(uint32 member, uint32 roles, string calldata reason) external {
        _requireRegulator(reason);
        _requireKnownRoles(roles);
        _requireNotOverRegulator(member);
        _existing(member).roles &= ~roles;
        emit RolesWithdrawn(member, roles, reason);
        _refresh(member);
    }

    /// @inheritdoc IMembership
    function suspend(uint32 member, string calldata reason) external {
        _requireRegulator(reason);
        Member storage m = _existing(member);
        require(m.status == Status.Active, UnexpectedStatus(member, m.status));
        m.status = Status.Suspended;
        emit MemberSuspended(member, msg.sender, reason);
        // Whoever strikes first must not win: a regulator who suspends another goes with him, until the authority decides.
        uint32 own = _standings[msg.sender].member;
        bool together = msg.sender != authority && own != member && m.roles & Roles.REGULATOR != 0;
        if (together) {
            _members[own].status = Status.Suspended;
            emit MemberSuspended(own, msg.sender, reason);
        }
        _refresh(member);
        if (together) _refresh(own);
    }

    /// @inheritdoc IMembership
    function reinstate(uint32 member, string calldata reason) external {
        _requireRegulator(reason);
        _requireNotOverRegulator(member);
        Status status = _existing(member).status;
        bool mayReturn = status == Status.Suspended || (status == Status.Expelled && msg.sender == authority);
        require(mayReturn, UnexpectedStatus(member, status));
        _members[member].status = Status.Active;
        emit MemberReinstated(member, msg.sender, reason);
        _refresh(member);
    }

    /// @inheritdoc IMembership
    function expel(uint32 member, string calldata reason) external {
        _requireRegulator(reason);
        _requireNotOverRegulator(member);
        _notExpelled(member).status = Status.Expelled;
        emit MemberExpelled(member, msg.sender, reason);
        _refresh(member);
    }

    // --------------------------------------------------------------------------------------------------- accounts

    /// @inheritdoc IMembership
    function addAccount(address account, uint32 rights, uint256 deadline, bytes calldata acceptance) external {
        _addAccount(msg.sender, account, rights, deadline, acceptance);
    }

    /// @inheritdoc IMembership
    function addAccountSigned(
        address account,
        uint32 rights,
        uint256 deadline,
        bytes calldata acceptance,
        Signed calldata auth
    ) external {
        _useSigned(
            auth, keccak256(abi.encode(ADD_ACCOUNT_TYPEHASH, auth.signer, account, rights, auth.nonce, auth.deadline))
        );
        _addAccount(auth.signer, account, rights, deadline, acceptance);
    }

    /// @inheritdoc IMembership
    function retireAccount(address account) external {
        _retireAccount(msg.sender, account);
    }

    /// @inheritdoc IMembership
    function retireAccountSigned(address account, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(RETIRE_ACCOUNT_TYPEHASH, auth.signer, account, auth.nonce, auth.deadline))
        );
        _retireAccount(auth.signer, account);
    }

    // --------------------------------------------------------------------------------------- recovery of a lost key

    /// @inheritdoc IMembership
    function proposeRecovery(address account, address replacement, bytes32 evidence) external {
        requireActive(msg.sender, Roles.REGISTRAR);
        _indexOf(account);
        _requireNoOffice(_standings[account].member);
        _requireNew(replacement);
        require(_recoveries[account].replacement == address(0), RecoveryPending(account));
        _recoveries[account] = Recovery(replacement, _standings[msg.sender].owner, 0);
        emit RecoveryProposed(account, replacement, evidence);
    }

    /// @inheritdoc IMembership
    function approveRecovery(address account, address replacement) external {
        requireActive(msg.sender, Roles.REGULATOR);
        Recovery storage r = _recoveries[account];
        require(replacement != address(0) && r.replacement == replacement, NoRecovery(account, replacement));
        require(r.readyAt == 0, RecoveryPending(account));
        require(r.registrarOwner != _standings[msg.sender].owner, RecoveryNeedsTwoPeople(r.registrarOwner));
        r.readyAt = uint40(block.timestamp) + recoveryDelay;
        emit RecoveryApproved(account, replacement, r.readyAt);
    }

    /// @inheritdoc IMembership
    function objectToRecovery() external {
        _stopRecovery(msg.sender, msg.sender);
    }

    /// @inheritdoc IMembership
    function objectToRecoverySigned(Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(OBJECT_TO_RECOVERY_TYPEHASH, auth.signer, auth.nonce, auth.deadline)));
        _stopRecovery(auth.signer, auth.signer);
    }

    /// @inheritdoc IMembership
    function cancelRecovery(address account) external {
        requireActive(msg.sender, Roles.REGISTRAR | Roles.REGULATOR);
        _stopRecovery(account, msg.sender);
    }

    /// @inheritdoc IMembership
    function completeRecovery(address account) external {
        Recovery memory r = _recoveries[account];
        require(r.replacement != address(0), NoRecovery(account, address(0)));
        require(r.readyAt != 0 && block.timestamp >= r.readyAt, RecoveryNotReady(account, r.readyAt));
        // He may have been given an office since.
        _requireNoOffice(_standings[account].member);
        delete _recoveries[account];
        _recover(account, r.replacement);
    }

    /// @inheritdoc IMembership
    function decideRecovery(address account, address replacement) external onlyAuthority {
        if (_recoveries[account].replacement != address(0)) _stopRecovery(account, msg.sender);
        _recover(account, replacement);
    }

    // -------------------------------------------------------------------------------------------------- deployment

    /// @inheritdoc IMembership
    function registerSystemAccount(address account) external onlyAuthority {
        _requireNew(account);
        _standings[account] = Standing({
            roles: Roles.SPEND,
            certifiedUntil: 0,
            status: Status.System,
            member: 0,
            owner: 0,
            rights: Roles.SPEND,
            predecessors: 0
        });
        emit SystemAccountRegistered(account);
        _tell(account, 0);
    }

    /// @inheritdoc IMembership
    function setMirror(address mirror_) external onlyAuthority {
        require(mirror_ != address(0), ZeroAddress());
        require(mirror == address(0), MirrorAlreadySet(mirror));
        mirror = mirror_;
        emit MirrorSet(mirror_);
    }

    /// @inheritdoc IMembership
    function setReadings(address readings_) external onlyAuthority {
        require(readings_ != address(0), ZeroAddress());
        require(readings == address(0), ReadingsAlreadySet(readings));
        readings = readings_;
        emit ReadingsSet(readings_);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _admit(Application calldata a, address registrar) private returns (uint32 member) {
        _requireNew(a.account);
        require(a.certifiedUntil > block.timestamp, CertificationInPast(a.certifiedUntil));
        require(a.credential != 0 && a.nullifier != 0, EmptyHash());
        _requireKnownRoles(a.roles);
        uint32 earlier = memberByNullifier[a.nullifier];
        require(earlier == 0, NullifierTaken(a.nullifier, earlier));

        member = ++memberCount;
        memberByNullifier[a.nullifier] = member;
        Member storage m = _members[member];
        m.roles = a.roles;
        m.certifiedUntil = a.certifiedUntil;
        m.status = Status.Active;
        m.owner = a.owner == 0 ? member : _existing(a.owner).owner;
        m.credential = a.credential;
        m.nullifier = a.nullifier;
        emit MemberAdmitted(member, a.account, registrar, a);
        _openAccount(member, a.account, Roles.MARKET | Roles.OFFICES | Roles.SPEND);
    }

    function _addAccount(address first, address account, uint32 rights, uint256 deadline, bytes calldata acceptance)
        private
    {
        uint32 member = requireActive(first, 0);
        require(member != 0, Standings.NotMember(first));
        _requireFirst(member, first);
        require(_members[member].accounts.length < MAX_ACCOUNTS, TooManyAccounts(member));
        require(_namesOf(member) < MAX_NAMES, TooManyNames(member));
        _requireKnownRoles(rights & ~Roles.SPEND);
        _requireNew(account);
        bytes32 accepted = keccak256(abi.encode(ACCEPT_ACCOUNT_TYPEHASH, account, member, rights, deadline));
        _requireSignature(account, deadline, accepted, acceptance);
        emit AccountAdded(member, account, rights);
        _openAccount(member, account, rights);
    }

    /// @dev How many accounts a member has, and had that others of his took the place of.
    function _namesOf(uint32 member) private view returns (uint256 count) {
        address[] storage accounts = _members[member].accounts;
        count = accounts.length;
        for (uint256 i = 0; i < accounts.length; ++i) {
            count += _standings[accounts[i]].predecessors;
        }
    }

    function _openAccount(uint32 member, address account, uint32 rights) private {
        _members[member].accounts.push(account);
        Standing storage s = _standings[account];
        s.member = member;
        s.rights = rights;
        _refreshAccount(_members[member], account);
    }

    function _retireAccount(address first, address account) private {
        Standing storage s = _standings[account];
        uint32 member = _standings[first].member;
        require(member != 0 && s.member == member, NotOwnAccount(account));
        _requireFirst(member, first);
        require(account != first, FirstAccountStays(account));
        address[] storage accounts = _members[member].accounts;
        accounts[_indexOf(account)] = accounts[accounts.length - 1];
        accounts.pop();
        if (_recoveries[account].replacement != address(0)) _stopRecovery(account, first);
        uint32 roles = _replace(account, first);
        emit AccountRetired(member, account);
        _tell(account, roles);
    }

    function _recover(address account, address replacement) private {
        _requireNew(replacement);
        uint256 index = _indexOf(account);
        uint32 member = _standings[account].member;
        _members[member].accounts[index] = replacement;
        _standings[replacement] = _standings[account];
        uint32 roles = _replace(account, replacement);
        emit RecoveryCompleted(member, account, replacement);
        _tell(replacement, 0);
        _tell(account, roles);
    }

    /// @dev What belongs to `account`, and what is owed to it, is its successor's from now on. Gives the roles that it had.
    function _replace(address account, address successor) private returns (uint32 roles) {
        Standing storage s = _standings[account];
        roles = s.roles;
        s.roles = 0;
        s.rights = 0;
        s.status = Status.Replaced;
        _successors[account] = successor;
        address[] storage before = _predecessors[successor];
        address[] storage earlier = _predecessors[account];
        for (uint256 i = 0; i < earlier.length; ++i) {
            before.push(earlier[i]);
        }
        before.push(account);
        _standings[successor].predecessors = uint16(before.length);
    }

    function _stopRecovery(address account, address by) private {
        require(_recoveries[account].replacement != address(0), NoRecovery(account, address(0)));
        delete _recoveries[account];
        emit RecoveryStopped(account, by);
    }

    function _refresh(uint32 member) private {
        Member storage m = _members[member];
        for (uint256 i = 0; i < m.accounts.length; ++i) {
            _refreshAccount(m, m.accounts[i]);
        }
    }

    function _refreshAccount(Member storage m, address account) private {
        Standing storage s = _standings[account];
        uint32 roles = (m.roles | Roles.SPEND) & s.rights;
        uint32 either = s.roles | roles;
        s.roles = roles;
        s.certifiedUntil = m.certifiedUntil;
        s.status = m.status;
        s.owner = m.owner;
        _tell(account, either);
    }

    /// @dev Tells those who keep copies of an account's standing that it changed; `roles` are those before and after.
    function _tell(address account, uint32 roles) private {
        if (mirror != address(0)) IStandingMirror(mirror).sync(account);
        if (roles & Roles.ATTESTER != 0 && readings != address(0)) IAttesterWatch(readings).forgetSigners();
    }

    function _existing(uint32 member) private view returns (Member storage m) {
        m = _members[member];
        require(m.status != Status.None, UnknownMember(member));
    }

    function _notExpelled(uint32 member) private view returns (Member storage m) {
        m = _existing(member);
        require(m.status != Status.Expelled, UnexpectedStatus(member, m.status));
    }

    /// @dev Where `account` stands in its member's list; reverts when it is in none.
    function _indexOf(address account) private view returns (uint256) {
        address[] storage accounts = _members[_standings[account].member].accounts;
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] == account) return i;
        }
        Status status = _standings[account].status;
        require(status == Status.None || status == Status.System, Standings.NotActive(account, status));
        revert Standings.NotMember(account);
    }

    function _requireNew(address account) private view {
        require(account != address(0), ZeroAddress());
        Standing storage s = _standings[account];
        require(s.status == Status.None, AccountTaken(account, s.member));
    }

    function _requireFirst(uint32 member, address account) private view {
        require(_members[member].accounts[0] == account, NotFirstAccount(account));
    }

    /// @dev The record of a member whom the caller may certify: a registrar everybody but the holders of offices.
    function _certifiable(uint32 member) private view returns (Member storage m) {
        if (msg.sender != authority) requireActive(msg.sender, Roles.REGISTRAR);
        m = _notExpelled(member);
        if (msg.sender != authority) _requireNoOffice(member);
    }

    function _requireNoOffice(uint32 member) private view {
        uint32 roles = _members[member].roles;
        require(roles & Roles.OFFICES == 0, OfficeNotGrantable(roles));
    }

    /// @dev Regulators have no power over regulators but the one to suspend, which costs them their own.
    function _requireNotOverRegulator(uint32 member) private view {
        bool above = msg.sender == authority || _members[member].roles & Roles.REGULATOR == 0;
        require(above, NotAuthority(msg.sender));
    }

    function _requireKnownRoles(uint32 roles) private pure {
        require(roles != 0 && roles & ~(Roles.MARKET | Roles.OFFICES) == 0, InvalidRoles(roles));
    }

    function _requireMayGrant(uint32 roles) private view {
        _requireKnownRoles(roles);
        if (msg.sender == authority) return;
        requireActive(msg.sender, Roles.REGISTRAR);
        require(roles & Roles.OFFICES == 0, OfficeNotGrantable(roles));
    }

    function _requireRegulator(string calldata reason) private view {
        if (msg.sender != authority) requireActive(msg.sender, Roles.REGULATOR);
        require(bytes(reason).length != 0, ReasonMissing());
    }
}
