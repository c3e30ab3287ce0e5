// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IDeposits} from "./IDeposits.sol";
import {IMembership} from "./IMembership.sol";
import {Signed} from "./ISignedActions.sol";
import {ISuppliers} from "./ISuppliers.sol";
import {IZones} from "./IZones.sol";

/// @notice Which way the register of a device counts. Injection: what it gives to the zone. Withdrawal: what it takes.
enum Direction {
    Injection,
    Withdrawal
}

/// @notice The curve of a device's key. Secp256k1: as accounts have. P256: as secure elements have.
enum Curve {
    Secp256k1,
    P256
}

/// @notice Where a device stands. Registered: known, nothing more. Certified: an operator vouches for it. Suspended:
/// taken out at once, until an operator certifies it again. Retired: for good.
enum DeviceStatus {
    None,
    Registered,
    Certified,
    Suspended,
    Retired
}

/// @notice The public key by which a device signs its readings.
/// @param curve see Curve
/// @param x of Secp256k1 the address, of P256 the point's x
/// @param y of Secp256k1 zero, of P256 the point's y
struct Key {
    Curve curve;
    bytes32 x;
    bytes32 y;
}

/// @notice What an owner says of a device when he registers it, and can never change.
/// @param zone number of the zone that it stands in
/// @param carrier what it measures
/// @param direction see Direction
/// @param technology how the energy is made or used, a code of six digits as the European certificates have them
/// @param clean whether that counts as clean energy
/// @param stores whether it gives back what was put in before
/// @param ratedW the most that it can do, in watts
/// @param modulus at which its register starts anew, 0 when it never does
/// @param site hash that the devices of one connection to the network share
struct Description {
    uint16 zone;
    Carrier carrier;
    Direction direction;
    uint24 technology;
    bool clean;
    bool stores;
    uint32 ratedW;
    uint64 modulus;
    bytes32 site;
}

/// @notice One register of one meter, and the plant, battery or customer behind it.
/// @param owner account that it belongs to; a replaced account's place is taken by its replacement
/// @param status see DeviceStatus
/// @param availabilityBps share of its rating that can be sold ahead, in 1/10000
/// @param certifier beneficial owner of the operator who certified it
/// @param checkMeter number of the device that decides disputes about it, 0 when there is none
/// @param supplied whether somebody ever took for its owner what it counts
/// @param payee account that is paid for what it delivers, zero when that is the owner
/// @param pledgee account without whose consent it does not change hands, zero when it is not pledged
/// @param description see Description
/// @param key see Key
struct Device {
    address owner;
    DeviceStatus status;
    uint16 availabilityBps;
    uint32 certifier;
    uint32 checkMeter;
    bool supplied;
    address payee;
    address pledgee;
    Description description;
    Key key;
}

/// @title The devices of the market
/// @notice A device is one register of one meter. Members register it under a key that only it has; an operator who has
/// no interest in it certifies it. It changes hands and keys with the consent of all whom that concerns. What depends
/// on its certification is told at once, through the mirror.
interface IMeters {
    event DeviceRegistered(uint32 indexed device, address indexed owner, Description description, Key key);
    event DeviceCertified(
        uint32 indexed device, address indexed by, uint32 certifier, uint16 availabilityBps, uint32 checkMeter
    );
    event DeviceSuspended(uint32 indexed device, address indexed by, string reason);
    event DeviceRetired(uint32 indexed device);
    event DeviceOffered(uint32 indexed device, address indexed to);
    event MoveConsented(uint32 indexed device, address indexed to);
    event DeviceMoved(uint32 indexed device, address indexed from, address indexed to);
    event KeyProposed(uint32 indexed device, Key key);
    event KeyChanged(uint32 indexed device, address indexed by, Key key);
    event PayeeSet(uint32 indexed device, address indexed payee);
    event DevicePledged(uint32 indexed device, address indexed pledgee, address indexed payee);
    event PledgeReleased(uint32 indexed device, address indexed pledgee);
    event MirrorSet(address indexed mirror);
    event DepositsSet(IDeposits indexed deposits);
    event SuppliersSet(ISuppliers indexed suppliers);

    /// @notice Thrown when no device has this number.
    error UnknownDevice(uint32 device);
    /// @notice Thrown when there are as many devices as orders can name.
    error TooManyDevices();
    /// @notice Thrown when a key is, or was, a device's.
    error KeyTaken(uint32 device);
    /// @notice Thrown when a key did not sign what it would be used for.
    error InvalidKeyProof(Curve curve, bytes32 x, bytes32 y);
    /// @notice Thrown when the key to be confirmed is not the one that was proposed last.
    error KeyNotProposed(uint32 device, bytes32 keyHash);
    /// @notice Thrown when a device can do nothing.
    error NoRating();
    /// @notice Thrown when a device does not belong to the account.
    error NotDeviceOwner(uint32 device, address account);
    /// @notice Thrown when a device is not in the state that a step starts from.
    error UnexpectedDeviceStatus(uint32 device, DeviceStatus status);
    /// @notice Thrown when an operator would vouch for a device of his own beneficial owner.
    error ConflictOfInterest(uint32 device, uint32 owner);
    /// @notice Thrown when a device would decide disputes about itself.
    error ChecksItself(uint32 device);
    /// @notice Thrown when a device was not offered to the account.
    error NotOffered(uint32 device, address account);
    /// @notice Thrown when the pledgee has not agreed that a device moves to the account.
    error PledgeeDidNotConsent(uint32 device, address account);
    /// @notice Thrown when a device is pledged where it must not be.
    error DeviceIsPledged(uint32 device, address pledgee);
    /// @notice Thrown when a device is not pledged to the caller.
    error NotPledgee(uint32 device, address caller);
    /// @notice Thrown when an account has not placed the deposit that a device needs, or something was drawn of what it placed.
    error DepositMissing(uint32 device, address account);
    /// @notice Thrown when the contract that keeps deposits is set a second time.
    error DepositsAlreadySet(IDeposits deposits);
    /// @notice Thrown when the contract that knows suppliers is set a second time.
    error SuppliersAlreadySet(ISuppliers suppliers);
    /// @notice Thrown when somebody else than that contract tells of supplies.
    error NotSuppliers(address caller);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of a registration, signed by the device's key.
    function DEVICE_REGISTRATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of a change of keys, signed by the new key.
    function DEVICE_KEY_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {registerSigned}.
    function REGISTER_DEVICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {offerSigned}.
    function OFFER_DEVICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {acceptSigned}.
    function ACCEPT_DEVICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {proposeKeySigned}.
    function PROPOSE_KEY_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {setPayeeSigned}.
    function SET_PAYEE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {pledgeSigned}.
    function PLEDGE_DEVICE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {retireSigned}.
    function RETIRE_DEVICE_TYPEHASH() external view returns (bytes32);

    /// @notice How many devices there can ever be: orders name a device in 21 bits.
    function MAX_DEVICES() external view returns (uint32);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The zones that devices stand in.
    function zones() external view returns (IZones);

    /// @notice How many devices there are; they are numbered from 1.
    function deviceCount() external view returns (uint32);

    /// @notice Who is told when a device's certification, availability or owner changes.
    function mirror() external view returns (address);

    /// @notice The contract that keeps the deposits of those who own devices that withdraw, zero before it is set.
    function deposits() external view returns (IDeposits);

    /// @notice The contract that knows who supplies devices of others, zero before it is set.
    function suppliers() external view returns (ISuppliers);

    /// @notice All about a device; reverts when there is none with this number.
    function deviceOf(uint32 device) external view returns (Device memory);

    /// @notice Whom a device belongs to; a replaced account's place is taken by its replacement.
    function ownerOf(uint32 device) external view returns (address);

    /// @notice Whom a device belonged to at a time; a replaced account's place is taken by its replacement.
    function ownerAt(uint32 device, uint40 time) external view returns (address);

    /// @notice Whose device it is that counts from a time on: nobody's before it was certified first, or once it was retired; else
    /// of {ownerAt}. And who takes for him what it counts, zero when nobody does.
    function countsFor(uint32 device, uint40 time) external view returns (address owner, address supplier);

    /// @notice The first second in which a device was not an account's any more, or was retired: 0 when it was never its, the
    /// greatest number while it is.
    function heldUntil(uint32 device, address account) external view returns (uint40);

    /// @notice Whom a device belonged to at a time, and the first second in which it did no more, 0 when it still does.
    function tenureAt(uint32 device, uint40 time) external view returns (address owner, uint40 until);

    /// @notice Where a device stands; None when there is none with this number.
    function statusOf(uint32 device) external view returns (DeviceStatus);

    /// @notice When a device was certified first, 0 when it never was. What it counted before is nobody's.
    function certifiedFrom(uint32 device) external view returns (uint40);

    /// @notice When a device was retired, 0 when it was not.
    function retiredAt(uint32 device) external view returns (uint40);

    /// @notice How many devices of a carrier accounts had in a zone at a time, certified then and not retired, with those of
    /// others that they supplied: so many readings of theirs there must be. Devices of an account that was replaced since are
    /// still counted as that one's.
    function countsAt(address[] calldata accounts, uint16 zone, Carrier carrier, uint40 time)
        external
        view
        returns (uint256[] memory);

    /// @notice The account that is paid for what a device delivers: its payee, else its owner.
    function payeeOf(uint32 device) external view returns (address);

    /// @notice The accounts that were named to be paid for what sellers sold of devices, zero where that is the seller: payees
    /// are named for what is sold by who owns the device when it is settled, not for what others bought and sell on.
    function namedPayeesOf(uint32[] calldata devices, address[] calldata sellers)
        external
        view
        returns (address[] memory);

    /// @notice The device whose key has this hash, or had it; 0 when none.
    function deviceByKey(bytes32 keyHash) external view returns (uint32);

    /// @notice Whether a device's key signed a digest. On Secp256k1 the signature has 65 bytes, on P256 r and s, 64 bytes;
    /// the chain's own precompile checks the latter where there is one. Of the two possible s only the lower is taken.
    function isSigned(uint32 device, bytes32 digest, bytes calldata signature) external view returns (bool);

    /// @notice The key that the owner proposed last; all zero when none is proposed.
    function proposedKeyOf(uint32 device) external view returns (Key memory);

    /// @notice To whom a device is offered, zero when to nobody.
    function offeredTo(uint32 device) external view returns (address);

    /// @notice To whom the pledgee lets a device move, zero when to nobody.
    function consentedTo(uint32 device) external view returns (address);

    /// @notice The hash by which keys are told apart.
    function keyHashOf(Key calldata key) external pure returns (bytes32);

    // ----------------------------------------------------------------------------------------------------- owners

    /// @notice Registers a device of the caller's. It can do nothing until an operator certifies it.
    ///
    /// Emits {DeviceRegistered}.
    ///
    /// Requirements:
    /// - the caller is active in a market role; there is room for another device;
    /// - the carrier is open in the zone; the rating is not zero, the site not empty;
    /// - no device has, or had, this key, which signed the DeviceRegistration until `deadline`.
    function register(Description calldata description, Key calldata key, uint256 deadline, bytes calldata keySignature)
        external
        returns (uint32 device);

    /// @notice {register}, signed by the owner.
    ///
    /// Emits {DeviceRegistered} and {NonceUsed}.
    ///
    /// Requirements: those of {register} for the signer, and a valid signature of RegisterDevice.
    function registerSigned(
        Description calldata description,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature,
        Signed calldata auth
    ) external returns (uint32 device);

    /// @notice Offers a device to another account, or to nobody any more. It moves when it is accepted.
    ///
    /// Emits {DeviceOffered}.
    ///
    /// Requirements:
    /// - the caller is the owner, is active and has the right to spend;
    /// - the device is not retired.
    function offer(uint32 device, address to) external;

    /// @notice {offer}, signed by the owner.
    ///
    /// Emits {DeviceOffered} and {NonceUsed}.
    ///
    /// Requirements: those of {offer} for the signer, and a valid signature of OfferDevice.
    function offerSigned(uint32 device, address to, Signed calldata auth) external;

    /// @notice Takes a device that is offered to the caller, as it stands: its certification, pledge, and the payee of a
    /// pledged one stay; otherwise the caller is paid for it from now on. A proposed key is dropped.
    ///
    /// Emits {DeviceMoved}.
    ///
    /// Requirements:
    /// - the device is offered to the caller, and is not retired; the caller is active in a market role;
    /// - if it is pledged, the pledgee consented to this caller;
    /// - the caller's beneficial owner is not that of the operator who certified it;
    /// - if it withdraws, and was ever certified, the caller has placed the deposit that it needs.
    function accept(uint32 device) external;

    /// @notice {accept}, signed by the new owner.
    ///
    /// Emits {DeviceMoved} and {NonceUsed}.
    ///
    /// Requirements: those of {accept} for the signer, and a valid signature of AcceptDevice.
    function acceptSigned(uint32 device, Signed calldata auth) external;

    /// @notice Proposes the key of a meter that takes the place of the present one. An operator confirms it.
    ///
    /// Emits {KeyProposed}.
    ///
    /// Requirements:
    /// - the caller is the owner and active; the device is not retired;
    /// - no device has, or had, this key, which signed the DeviceKey until `deadline`.
    function proposeKey(uint32 device, Key calldata key, uint256 deadline, bytes calldata keySignature) external;

    /// @notice {proposeKey}, signed by the owner.
    ///
    /// Emits {KeyProposed} and {NonceUsed}.
    ///
    /// Requirements: those of {proposeKey} for the signer, and a valid signature of ProposeKey.
    function proposeKeySigned(
        uint32 device,
        Key calldata key,
        uint256 deadline,
        bytes calldata keySignature,
        Signed calldata auth
    ) external;

    /// @notice Names the account that is paid for what a device delivers; zero stands for the owner.
    ///
    /// Emits {PayeeSet}.
    ///
    /// Requirements:
    /// - the device is not pledged and the caller is the owner, with the right to spend; or he is the pledgee;
    /// - the payee was ever admitted or belongs to the system, and is not the Vault.
    function setPayee(uint32 device, address payee) external;

    /// @notice {setPayee}, signed by the owner or pledgee.
    ///
    /// Emits {PayeeSet} and {NonceUsed}.
    ///
    /// Requirements: those of {setPayee} for the signer, and a valid signature of SetPayee.
    function setPayeeSigned(uint32 device, address payee, Signed calldata auth) external;

    /// @notice Pledges a device: until the pledgee releases it, it neither moves without his consent nor retires, and he
    /// alone names its payee.
    ///
    /// Emits {DevicePledged}.
    ///
    /// Requirements:
    /// - the caller is the owner, is active and has the right to spend;
    /// - the device is neither pledged nor retired;
    /// - pledgee and payee were ever admitted or belong to the system, and are not the Vault; a payee of zero stands for the owner.
    function pledge(uint32 device, address pledgee, address payee) external;

    /// @notice {pledge}, signed by the owner.
    ///
    /// Emits {DevicePledged} and {NonceUsed}.
    ///
    /// Requirements: those of {pledge} for the signer, and a valid signature of PledgeDevice.
    function pledgeSigned(uint32 device, address pledgee, address payee, Signed calldata auth) external;

    /// @notice Takes a device out of use for good. Its key stays taken.
    ///
    /// Emits {DeviceRetired}.
    ///
    /// Requirements:
    /// - the caller is the owner, in whatever standing;
    /// - the device is neither pledged nor suspended nor retired.
    function retire(uint32 device) external;

    /// @notice {retire}, signed by the owner.
    ///
    /// Emits {DeviceRetired} and {NonceUsed}.
    ///
    /// Requirements: those of {retire} for the signer, and a valid signature of RetireDevice.
    function retireSigned(uint32 device, Signed calldata auth) external;

    // --------------------------------------------------------------------------------------------------- pledgees

    /// @notice Lets a pledged device move to an account, or to none any more.
    ///
    /// Emits {MoveConsented}.
    ///
    /// Requirements:
    /// - the caller is the pledgee.
    function consentToMove(uint32 device, address to) external;

    /// @notice Gives a pledge up. The owner is paid for the device again.
    ///
    /// Emits {PledgeReleased}.
    ///
    /// Requirements:
    /// - the caller is the pledgee.
    function releasePledge(uint32 device) external;

    // -------------------------------------------------------------------------------------------------- operators

    /// @notice Vouches for a device as it is described, and says how much of its rating can be sold ahead and which
    /// device decides disputes about it. For a certified device, it changes these.
    ///
    /// Emits {DeviceCertified}.
    ///
    /// Requirements:
    /// - the caller is an active operator, of another beneficial owner than the device's;
    /// - the device is not retired; the share is at most the whole;
    /// - the check meter is another device, or 0;
    /// - if it withdraws, its owner has placed the deposit that it needs, see {IDeposits.isSecured}.
    function certify(uint32 device, uint16 availabilityBps, uint32 checkMeter) external;

    /// @notice Takes a device out at once, until an operator certifies it again.
    ///
    /// Emits {DeviceSuspended}.
    ///
    /// Requirements:
    /// - the caller is an active operator or regulator; there is a reason;
    /// - the device is Registered or Certified.
    function suspend(uint32 device, string calldata reason) external;

    /// @notice Confirms that a meter was exchanged: the key that the owner proposed is the device's from now on.
    ///
    /// Emits {KeyChanged}.
    ///
    /// Requirements:
    /// - the caller is an active operator, of another beneficial owner than the device's;
    /// - the device is not retired; `keyHash` is that of the key proposed last, which no device has, or had.
    function confirmKey(uint32 device, bytes32 keyHash) external;

    // -------------------------------------------------------------------------------------------------- deployment

    /// @notice Sets, once, who is told of every change that matters to what can be sold.
    ///
    /// Emits {MirrorSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the mirror is not zero and none is set.
    function setMirror(address mirror_) external;

    /// @notice Sets, once, who is asked for deposits. Before that none are needed.
    ///
    /// Emits {DepositsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the contract is not zero and none is set.
    function setDeposits(IDeposits deposits_) external;

    /// @notice Names the contract that knows who supplies devices of others, once and for all. It is told when a device that is
    /// supplied moves or is retired.
    ///
    /// Emits {SuppliersSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before, and it is not zero.
    function setSuppliers(ISuppliers suppliers_) external;

    // --------------------------------------------------------------------------------------------------- suppliers

    /// @notice Marks a device, and who supplies it, as those about which the suppliers' contract is to be asked from now on.
    ///
    /// Emits nothing: that contract says why.
    ///
    /// Requirements:
    /// - the caller is that contract.
    function markSupplied(uint32 device, address provider) external;
}
