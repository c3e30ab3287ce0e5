// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IDeposits} from "../interfaces/IDeposits.sol";
import {IDeviceMirror} from "../interfaces/IDeviceMirror.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, Device, DeviceStatus, Direction, IMeters, Key} from "../interfaces/IMeters.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {ISuppliers} from "../interfaces/ISuppliers.sol";
import {IZones} from "../interfaces/IZones.sol";
import {DeviceKeys} from "../libraries/DeviceKeys.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standings} from "../libraries/Standings.sol";
import {DeviceCounts} from "./DeviceCounts.sol";

/// @title The devices of the market
/// @notice See IMeters. Two layers: DeviceCounts counts devices, this one keeps them. Owners and pledgees are kept as the accounts
/// they were, and asked of Membership as the accounts they are, so that devices follow a replaced key without anybody's doing.
contract Meters is DeviceCounts, Governed, SignedActions {
    /// @notice Whom a device belonged to, and the first second in which it did no more.
    struct Tenure {
        address owner;
        uint40 until;
    }

    bytes32 public constant DEVICE_REGISTRATION_TYPEHASH = keccak256(
        "DeviceRegistration(address owner,uint16 zone,uint8 carrier,uint8 direction,uint24 technology,bool clean,bool stores,uint32 ratedW,uint64 modulus,bytes32 site,uint8 curve,bytes32 x,bytes32 y,uint256 deadline)"
    );
    bytes32 public constant DEVICE_KEY_TYPEHASH =
        keccak256("DeviceKey(uint32 device,uint8 curve,bytes32 x,bytes32 y,uint256 deadline)");
    bytes32 public constant REGISTER_DEVICE_TYPEHASH = keccak256(
        "RegisterDevice(address signer,uint16 zone,uint8 carrier,uint8 direction,uint24 technology,bool clean,bool stores,uint32 ratedW,uint64 modulus,bytes32 site,uint8 curve,bytes32 x,bytes32 y,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant OFFER_DEVICE_TYPEHASH =
        keccak256("OfferDevice(address signer,uint32 device,address to,uint256 nonce,uint256 deadline)");
    bytes32 public constant ACCEPT_DEVICE_TYPEHASH =
        keccak256("AcceptDevice(address signer,uint32 device,uint256 nonce,uint256 deadline)");
    bytes32 public constant PROPOSE_KEY_TYPEHASH = keccak256(
        "ProposeKey(address signer,uint32 device,uint8 curve,bytes32 x,bytes32 y,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant SET_PAYEE_TYPEHASH =
        keccak256("SetPayee(address signer,uint32 device,address payee,uint256 nonce,uint256 deadline)");
    bytes32 public constant PLEDGE_DEVICE_TYPEHASH = keccak256(
        "PledgeDevice(address signer,uint32 device,address pledgee,address payee,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant RETIRE_DEVICE_TYPEHASH =
        keccak256("RetireDevice(address signer,uint32 device,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IMeters
    uint32 public constant MAX_DEVICES = 2 ** 21 - 1;

    uint16 private constant WHOLE = 10_000;

    /// @inheritdoc IMeters
    IMembership public immutable membership;
    /// @inheritdoc IMeters
    IZones public immutable zones;
    /// @inheritdoc IMeters
    uint32 public deviceCount;
    /// @inheritdoc IMeters
    address public mirror;
    /// @inheritdoc IMeters
    IDeposits public deposits;
    /// @inheritdoc IMeters
    mapping(bytes32 keyHash => uint32 device) public deviceByKey;
    /// @inheritdoc IMeters
    mapping(uint32 device => address) public offeredTo;
    /// @inheritdoc IMeters
    mapping(uint32 device => address) public consentedTo;
    /// @inheritdoc IMeters
    mapping(uint32 device => uint40) public certifiedFrom;
    /// @inheritdoc IMeters
    mapping(uint32 device => uint40) public retiredAt;

    mapping(uint32 device => Device) private _devices;
    mapping(uint32 device => Key) private _proposedKeys;
    mapping(uint32 device => Tenure[]) private _tenures;

    constructor(IMembership membership_, IZones zones_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Meters", "1")
    {
        membership = membership_;
        zones = zones_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IMeters
    function deviceOf(uint32 device) external view returns (Device memory d) {
        d = _existing(device);
        d.owner = membership.currentOf(d.owner);
    }

    /// @inheritdoc IMeters
    function ownerOf(uint32 device) public view returns (address) {
        return membership.currentOf(_existing(device).owner);
    }

    /// @inheritdoc IMeters
    function ownerAt(uint32 device, uint40 time) external view returns (address owner) {
        (owner,) = tenureAt(device, time);
    }

    /// @inheritdoc IMeters
    function countsFor(uint32 device, uint40 time) external view returns (address owner, address supplier) {
        Device storage d = _devices[device];
        bool ended = d.status == DeviceStatus.Retired && time >= retiredAt[device];
        if (ended || time < certifiedFrom[device]) return (address(0), address(0));
        (owner,) = tenureAt(device, time);
        if (d.supplied) supplier = suppliers.supplierOf(device, time);
    }

    /// @inheritdoc IMeters
    function heldUntil(uint32 device, address account) external view returns (uint40) {
        Device storage d = _existing(device);
        uint40 end = d.status == DeviceStatus.Retired ? retiredAt[device] : type(uint40).max;
        if (membership.currentOf(d.owner) == account) return end;
        Tenure[] storage tenures = _tenures[device];
        for (uint256 i = tenures.length; i != 0; --i) {
            Tenure storage t = tenures[i - 1];
            if (membership.currentOf(t.owner) == account) return t.until;
        }
        return 0;
    }

    /// @inheritdoc IMeters
    function tenureAt(uint32 device, uint40 time) public view returns (address owner, uint40 until) {
        owner = _existing(device).owner;
        Tenure[] storage tenures = _tenures[device];
        for (uint256 i = tenures.length; i != 0 && time < tenures[i - 1].until; --i) {
            (owner, until) = (tenures[i - 1].owner, tenures[i - 1].until);
        }
        owner = membership.currentOf(owner);
    }

    /// @inheritdoc IMeters
    function statusOf(uint32 device) external view returns (DeviceStatus) {
        return _devices[device].status;
    }

    /// @inheritdoc IMeters
    function payeeOf(uint32 device) external view returns (address) {
        address payee = _existing(device).payee;
        return payee == address(0) ? ownerOf(device) : membership.currentOf(payee);
    }

    /// @inheritdoc IMeters
    function namedPayeesOf(uint32[] calldata devices, address[] calldata sellers)
        external
        view
        returns (address[] memory payees)
    {
        payees = new address[](devices.length);
        for (uint256 i = 0; i < devices.length; ++i) {
            Device storage d = _devices[devices[i]];
            address payee = d.payee;
            if (payee != address(0) && membership.currentOf(d.owner) == sellers[i]) payees[i] = payee;
        }
    }

    /// @inheritdoc IMeters
    function isSigned(uint32 device, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return DeviceKeys.isSigned(_existing(device).key, digest, signature);
    }

    /// @inheritdoc IMeters
    function proposedKeyOf(uint32 device) external view returns (Key memory) {
        return _proposedKeys[device];
    }

    /// @inheritdoc IMeters
    function keyHashOf(Key memory key) public pure returns (bytes32) {
        return keccak256(abi.encode(key));
    }

    // ----------------------------------------------------------------------------------------------------- owners

    /// @inheritdoc IMeters
    function register(Description calldata description, Key calldata key, uint256 deadline, bytes calldata keySignature)
        external
        returns (uint32 device)
    {
        return _register(msg.sender, description, key, deadline, keySignature);
    }

    /// @inheritdoc IMeters
    function registerSigned(
        Description calldata description,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature,
        Signed calldata auth
    ) external returns (uint32 device) {
        _useSigned(
            auth,
            keccak256(abi.encode(REGISTER_DEVICE_TYPEHASH, auth.signer, description, key, auth.nonce, auth.deadline))
        );
        return _register(auth.signer, description, key, deadline, keySignature);
    }

    /// @inheritdoc IMeters
    function offer(uint32 device, address to) external {
        _offer(msg.sender, device, to);
    }

    /// @inheritdoc IMeters
    function offerSigned(uint32 device, address to, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(OFFER_DEVICE_TYPEHASH, auth.signer, device, to, auth.nonce, auth.deadline))
        );
        _offer(auth.signer, device, to);
    }

    /// @inheritdoc IMeters
    function accept(uint32 device) external {
        _accept(msg.sender, device);
    }

    /// @inheritdoc IMeters
    function acceptSigned(uint32 device, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(ACCEPT_DEVICE_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline)));
        _accept(auth.signer, device);
    }

    /// @inheritdoc IMeters
    function proposeKey(uint32 device, Key calldata key, uint256 deadline, bytes calldata keySignature) external {
        _proposeKey(msg.sender, device, key, deadline, keySignature);
    }

    /// @inheritdoc IMeters
    function proposeKeySigned(
        uint32 device,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature,
        Signed calldata auth
    ) external {
        _useSigned(
            auth, keccak256(abi.encode(PROPOSE_KEY_TYPEHASH, auth.signer, device, key, auth.nonce, auth.deadline))
        );
        _proposeKey(auth.signer, device, key, deadline, keySignature);
    }

    /// @inheritdoc IMeters
    function setPayee(uint32 device, address payee) external {
        _setPayee(msg.sender, device, payee);
    }

    /// @inheritdoc IMeters
    function setPayeeSigned(uint32 device, address payee, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(SET_PAYEE_TYPEHASH, auth.signer, device, payee, auth.nonce, auth.deadline))
        );
        _setPayee(auth.signer, device, payee);
    }

    /// @inheritdoc IMeters
    function pledge(uint32 device, address pledgee, address payee) external {
        _pledge(msg.sender, device, pledgee, payee);
    }

    /// @inheritdoc IMeters
    function pledgeSigned(uint32 device, address pledgee, address payee, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(
                abi.encode(PLEDGE_DEVICE_TYPEHASH, auth.signer, device, pledgee, payee, auth.nonce, auth.deadline)
            )
        );
        _pledge(auth.signer, device, pledgee, payee);
    }

    /// @inheritdoc IMeters
    function retire(uint32 device) external {
        _retire(msg.sender, device);
    }

    /// @inheritdoc IMeters
    function retireSigned(uint32 device, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(RETIRE_DEVICE_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline)));
        _retire(auth.signer, device);
    }

    // --------------------------------------------------------------------------------------------------- pledgees

    /// @inheritdoc IMeters
    function consentToMove(uint32 device, address to) external {
        _requirePledgee(device, msg.sender);
        consentedTo[device] = to;
        emit MoveConsented(device, to);
    }

    /// @inheritdoc IMeters
    function releasePledge(uint32 device) external {
        _requirePledgee(device, msg.sender);
        Device storage d = _devices[device];
        d.pledgee = address(0);
        d.payee = address(0);
        consentedTo[device] = address(0);
        emit PledgeReleased(device, msg.sender);
    }

    // -------------------------------------------------------------------------------------------------- operators

    /// @inheritdoc IMeters
    function certify(uint32 device, uint16 availabilityBps, uint32 checkMeter) external {
        Device storage d = _inUse(device);
        uint32 certifier = _requireDisinterested(device);
        require(availabilityBps <= WHOLE, IZones.BpsTooLarge(availabilityBps));
        require(checkMeter != device, ChecksItself(device));
        require(checkMeter <= deviceCount, UnknownDevice(checkMeter));
        _requireSecured(d, device, membership.currentOf(d.owner));
        d.status = DeviceStatus.Certified;
        d.availabilityBps = availabilityBps;
        bool first = d.certifier == 0;
        d.certifier = certifier;
        if (first) {
            certifiedFrom[device] = uint40(block.timestamp);
            _count(d, 1);
        }
        d.checkMeter = checkMeter;
        emit DeviceCertified(device, msg.sender, certifier, availabilityBps, checkMeter);
        _mirror(device);
    }

    /// @inheritdoc IMeters
    function suspend(uint32 device, string calldata reason) external {
        _requireActive(msg.sender, Roles.OPERATOR | Roles.REGULATOR);
        require(bytes(reason).length != 0, IMembership.ReasonMissing());
        Device storage d = _inUse(device);
        require(d.status != DeviceStatus.Suspended, UnexpectedDeviceStatus(device, d.status));
        d.status = DeviceStatus.Suspended;
        emit DeviceSuspended(device, msg.sender, reason);
        _mirror(device);
    }

    /// @inheritdoc IMeters
    function confirmKey(uint32 device, bytes32 keyHash) external {
        Device storage d = _inUse(device);
        _requireDisinterested(device);
        Key memory key = _proposedKeys[device];
        // An empty key has a hash too.
        require(key.x != 0 && keyHashOf(key) == keyHash, KeyNotProposed(device, keyHash));
        _takeKey(device, keyHash);
        delete _proposedKeys[device];
        d.key = key;
        emit KeyChanged(device, msg.sender, key);
    }

    // -------------------------------------------------------------------------------------------------- deployment

    /// @inheritdoc IMeters
    function setMirror(address mirror_) external onlyAuthority {
        require(mirror_ != address(0), ZeroAddress());
        require(mirror == address(0), IMembership.MirrorAlreadySet(mirror));
        mirror = mirror_;
        emit MirrorSet(mirror_);
    }

    /// @inheritdoc IMeters
    function setDeposits(IDeposits deposits_) external onlyAuthority {
        require(address(deposits_) != address(0), ZeroAddress());
        require(address(deposits) == address(0), DepositsAlreadySet(deposits));
        deposits = deposits_;
        emit DepositsSet(deposits_);
    }

    /// @inheritdoc IMeters
    function setSuppliers(ISuppliers suppliers_) external onlyAuthority {
        require(address(suppliers_) != address(0), ZeroAddress());
        require(address(suppliers) == address(0), SuppliersAlreadySet(suppliers));
        suppliers = suppliers_;
        emit SuppliersSet(suppliers_);
    }

    /// @inheritdoc IMeters
    function markSupplied(uint32 device, address provider) external {
        require(msg.sender == address(suppliers), NotSuppliers(msg.sender));
        _markSupplied(_devices[device], provider);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _register(
        address owner,
        Description calldata description,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature
    ) private returns (uint32 device) {
        _requireActive(owner, Roles.MARKET);
        require(deviceCount < MAX_DEVICES, TooManyDevices());
        // Reverts where the carrier is not open.
        zones.slotSeconds(description.zone, description.carrier);
        require(description.ratedW != 0, NoRating());
        require(description.site != 0, IMembership.EmptyHash());
        device = ++deviceCount;
        _takeKey(device, keyHashOf(key));
        bytes32 structHash = keccak256(abi.encode(DEVICE_REGISTRATION_TYPEHASH, owner, description, key, deadline));
        _requireKeyProof(key, deadline, structHash, keySignature);
        Device storage d = _devices[device];
        d.owner = owner;
        d.status = DeviceStatus.Registered;
        d.description = description;
        d.key = key;
        emit DeviceRegistered(device, owner, description, key);
    }

    function _offer(address account, uint32 device, address to) private {
        _requireDisposer(_inUse(device), device, account, to);
        offeredTo[device] = to;
        emit DeviceOffered(device, to);
    }

    function _accept(address account, uint32 device) private {
        Device storage d = _inUse(device);
        require(offeredTo[device] == account, NotOffered(device, account));
        _requireActive(account, Roles.MARKET);
        if (d.pledgee != address(0)) {
            require(consentedTo[device] == account, PledgeeDidNotConsent(device, account));
        } else {
            d.payee = address(0);
        }
        uint32 owner = membership.standingOf(account).owner;
        require(d.certifier != owner, ConflictOfInterest(device, owner));
        // One that was never certified is asked for when it is.
        if (d.certifier != 0) _requireSecured(d, device, account);
        address from = membership.currentOf(d.owner);
        _tenures[device].push(Tenure(d.owner, uint40(block.timestamp)));
        _count(d, -1);
        d.owner = account;
        _count(d, 1);
        offeredTo[device] = address(0);
        consentedTo[device] = address(0);
        delete _proposedKeys[device];
        emit DeviceMoved(device, from, account);
        if (d.supplied) suppliers.deviceLeft(device);
        _mirror(device);
    }

    function _proposeKey(
        address account,
        uint32 device,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature
    ) private {
        _requireOwner(_inUse(device), device, account);
        _requireActive(account, 0);
        uint32 holder = deviceByKey[keyHashOf(key)];
        require(holder == 0, KeyTaken(holder));
        bytes32 structHash = keccak256(abi.encode(DEVICE_KEY_TYPEHASH, device, key, deadline));
        _requireKeyProof(key, deadline, structHash, keySignature);
        _proposedKeys[device] = key;
        emit KeyProposed(device, key);
    }

    function _setPayee(address account, uint32 device, address payee) private {
        Device storage d = _existing(device);
        if (d.pledgee != address(0)) {
            _requirePledgee(device, account);
        } else {
            _requireOwner(d, device, account);
            require(membership.payoutOf(account) == account, IMembership.SpendNotAllowed(account, payee));
        }
        _requirePayable(payee);
        d.payee = payee;
        emit PayeeSet(device, payee);
    }

    function _pledge(address account, uint32 device, address pledgee, address payee) private {
        Device storage d = _inUse(device);
        _requireDisposer(d, device, account, pledgee);
        require(d.pledgee == address(0), DeviceIsPledged(device, d.pledgee));
        require(pledgee != address(0), ZeroAddress());
        _requirePayable(pledgee);
        _requirePayable(payee);
        d.pledgee = pledgee;
        d.payee = payee;
        emit DevicePledged(device, pledgee, payee);
    }

    function _retire(address account, uint32 device) private {
        Device storage d = _inUse(device);
        _requireOwner(d, device, account);
        require(d.pledgee == address(0), DeviceIsPledged(device, d.pledgee));
        // Or what it made and should not have would be free again.
        require(d.status != DeviceStatus.Suspended, UnexpectedDeviceStatus(device, d.status));
        d.status = DeviceStatus.Retired;
        retiredAt[device] = uint40(block.timestamp);
        _count(d, -1);
        emit DeviceRetired(device);
        if (d.supplied) suppliers.deviceLeft(device);
        _mirror(device);
    }

    function _takeKey(uint32 device, bytes32 keyHash) private {
        uint32 holder = deviceByKey[keyHash];
        require(holder == 0, KeyTaken(holder));
        deviceByKey[keyHash] = device;
    }

    function _mirror(uint32 device) private {
        if (mirror != address(0)) IDeviceMirror(mirror).sync(device);
    }

    function _existing(uint32 device) private view returns (Device storage d) {
        d = _devices[device];
        require(d.status != DeviceStatus.None, UnknownDevice(device));
    }

    function _inUse(uint32 device) private view returns (Device storage d) {
        d = _existing(device);
        require(d.status != DeviceStatus.Retired, UnexpectedDeviceStatus(device, d.status));
    }

    function _requireActive(address account, uint32 anyOf) private view {
        membership.requireActive(account, anyOf);
    }

    function _requireOwner(Device storage d, uint32 device, address account) private view {
        require(membership.currentOf(d.owner) == account, NotDeviceOwner(device, account));
    }

    /// @dev A device is worth money: an account without the right to spend neither gives it away nor pledges it.
    function _requireDisposer(Device storage d, uint32 device, address account, address to) private view {
        _requireOwner(d, device, account);
        _requireActive(account, 0);
        require(membership.payoutOf(account) == account, IMembership.SpendNotAllowed(account, to));
    }

    /// @dev Who can take energy that he never bought must have something to pay it with.
    function _requireSecured(Device storage d, uint32 device, address account) private view {
        if (d.description.direction != Direction.Withdrawal || address(deposits) == address(0)) return;
        require(deposits.isSecured(device, account), DepositMissing(device, account));
    }

    function _requirePledgee(uint32 device, address account) private view {
        address pledgee = _existing(device).pledgee;
        bool his = pledgee != address(0) && membership.currentOf(pledgee) == account;
        require(his, NotPledgee(device, account));
    }

    /// @dev The beneficial owner of the caller, an operator who has no part in the device.
    function _requireDisinterested(uint32 device) private view returns (uint32 owner) {
        _requireActive(msg.sender, Roles.OPERATOR);
        owner = membership.standingOf(msg.sender).owner;
        require(membership.standingOf(ownerOf(device)).owner != owner, ConflictOfInterest(device, owner));
    }

    /// @dev Settlement pays in the course of a batch, which one account that nobody can pay would stop. The Vault, to which
    /// Membership tells everything, is a system account and has none with itself.
    function _requirePayable(address account) private view {
        if (account == address(0)) return;
        require(account != membership.mirror(), Standings.NotMember(account));
        membership.currentOf(account);
    }

    function _requireKeyProof(Key calldata key, uint256 deadline, bytes32 structHash, bytes calldata signature)
        private
        view
    {
        require(block.timestamp <= deadline, SignatureExpired(deadline));
        bool proven = DeviceKeys.isSigned(key, _hashTypedDataV4(structHash), signature);
        require(proven, InvalidKeyProof(key.curve, key.x, key.y));
    }
}
