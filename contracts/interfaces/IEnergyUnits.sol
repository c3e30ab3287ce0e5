// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Source} from "../libraries/Sources.sol";
import {Unit} from "../libraries/UnitIds.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {Signed} from "./ISignedActions.sol";
import {IVault} from "./IVault.sol";

/// @notice The same Wh of each slot of a stretch of time.
/// @param since first second of the first slot
/// @param until first second after the last
/// @param wh of each slot
struct Reservation {
    uint40 since;
    uint40 until;
    uint32 wh;
}

/// @title Energy to come, by device and slot
/// @notice What a device can sell of a slot is a rule and not a mint: `floor(ratedW * slotSeconds * availabilityBps /
/// (3600 * 10000))` Wh, at most 2^32 - 1. Selling draws on it: a module locks what its owner sells, or the owner issues
/// units, ERC-1155 tokens which their holder sells or hands on in his stead. At any time what is drawn of a slot equals
/// what modules have locked of it and units that are about. When a slot begins its units expire, wherever they are:
/// what was sold is then a matter of metering.
///
/// What a module reserves, for a time that may have thousands of slots, is kept as one entry beside that, and the device
/// can sell so much less in each of them.
///
/// Tokens follow the rules of {IMembership-checkTransfer}: both sides are active members, and a contract of the market
/// takes only by pulling. Issuing and releasing, other than transfers, never call the receiver.
interface IEnergyUnits is IERC1155 {
    event SourceChanged(uint32 indexed device, address indexed owner, uint32 capWh);
    event UnitsIssued(
        uint32 indexed device, uint40 indexed slotStart, address indexed to, address owner, uint40 amount
    );
    event UnitsReserved(uint32 indexed device, uint40 since, uint40 until, uint32 wh);
    event UnitsRecovered(address indexed account, address indexed replacement, uint256[] ids);

    /// @notice Thrown when the slot of a unit has begun.
    error UnitExpired(uint256 id);
    /// @notice Thrown when a device is not certified, or measures no delivery, so that it has nothing to sell.
    error NothingToSell(uint32 device);
    /// @notice Thrown when more would be drawn of a slot than the device can deliver.
    error CapacityExceeded(uint32 device, uint40 slotStart, uint256 left, uint256 asked);
    /// @notice Thrown when a module would release more than is drawn, or of a device that never was.
    error NotDrawn(uint32 device, uint40 slotStart, uint256 drawn, uint256 asked);

    /// @notice Thrown when more would be given back of a reservation than there is.
    error NotReserved(uint32 device, uint40 since, uint40 until, uint32 asked);
    /// @notice Thrown when a device has as many reservations to come as it can have.
    error TooManyReservations(uint32 device);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How many reservations for other times a device can have that are not over.
    function MAX_RESERVATIONS() external view returns (uint256);

    /// @notice EIP-712 type of {issueSigned}.
    function ISSUE_UNITS_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {transferSigned}.
    function TRANSFER_UNITS_TYPEHASH() external view returns (bytes32);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The Vault, whose modules lock units as they lock money.
    function vault() external view returns (IVault);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The id of one Wh of a device in a slot. It is one for any numbers, whether or not there is such a unit.
    function unitId(Carrier carrier, uint16 zone, uint32 device, uint40 slotStart) external pure returns (uint256);

    /// @notice What an id stands for; reverts when it cannot be one.
    function unitOf(uint256 id) external pure returns (Unit memory);

    /// @notice A device as it is known here; all zero when it never was certified.
    function sourceOf(uint32 device) external view returns (Source memory);

    /// @notice The account that a device is known under here, zero when it never was certified. A replaced account stays
    /// until somebody calls {IDeviceMirror-sync}; its successor is taken for the owner all the same.
    function sellerOf(uint32 device) external view returns (address);

    /// @notice Wh drawn of a slot of a device, 0 once it has begun and for a device that is not known here.
    function drawnOf(uint32 device, uint40 slotStart) external view returns (uint256);

    /// @notice The reservations of a device, some of which may be over.
    function reservationsOf(uint32 device) external view returns (Reservation[] memory);

    /// @notice The most that {lockEach} would lock.
    function available(address holder, uint32 device, uint40 slotStart) external view returns (uint256);

    // ---------------------------------------------------------------------------------------------------- modules

    /// @notice Locks energy of one slot for many, as Draws: of what the device can deliver if it is the holder's, and for
    /// what that does not give, of his units. A draw is refused, and changes nothing, if the device is not certified or
    /// of another zone or carrier, the slot has begun or is none, there is not enough, the module is Leaving. It does not
    /// ask whether the holder is active, as the Vault does.
    /// @return refused places of the draws that were refused, rising
    ///
    /// Emits {TransferSingle} to nobody for units that are locked, nothing else: the module's own event tells the rest.
    ///
    /// Requirements:
    /// - the caller is a module of the Vault.
    function lockEach(uint16 zone, Carrier carrier, uint40 slotStart, uint256[] calldata draws)
        external
        returns (uint256[] memory refused);

    /// @notice Gives back what was locked, as Draws: to the device if it is the holder's now, else to him as units.
    /// Nothing happens once the slot has begun, as units have expired. A module is trusted to release no more than it
    /// locked.
    ///
    /// Emits {TransferSingle} from nobody for units that are given back, nothing else.
    ///
    /// Requirements:
    /// - the caller is a module of the Vault;
    /// - as much is drawn of the slot, on which the device is, in that zone and carrier.
    function releaseEach(uint16 zone, Carrier carrier, uint40 slotStart, uint256[] calldata draws) external;

    /// @notice Reserves energy of every slot of a stretch of time, of what the device can deliver. Refused, without changing
    /// anything, if the device is not the holder's, not certified or of another zone or carrier, if the first slot has begun,
    /// the stretch is not one of whole slots, one of them has not so much left, or the module is Leaving.
    /// @return reserved whether it was done
    ///
    /// Emits {UnitsReserved} with all that is now reserved for just this stretch.
    ///
    /// Requirements:
    /// - the caller is a module of the Vault;
    /// - the device has fewer than {MAX_RESERVATIONS} that are not over, or one for this stretch.
    function reserve(uint16 zone, Carrier carrier, address holder, uint32 device, Reservation calldata asked)
        external
        returns (bool reserved);

    /// @notice Gives back what was reserved, or a part of it. Nothing happens once the stretch is over. A module is trusted to
    /// give back no more than it reserved.
    ///
    /// Emits {UnitsReserved} with what is still reserved for the stretch, unless that is over.
    ///
    /// Requirements:
    /// - the caller is a module of the Vault;
    /// - as much is reserved for just this stretch, if that is not over.
    function giveBack(uint32 device, Reservation calldata given) external;

    // ----------------------------------------------------------------------------------------------------- owners

    /// @notice Makes units of what the caller's device can still deliver in a slot.
    ///
    /// Emits {TransferSingle} and {UnitsIssued}.
    ///
    /// Requirements:
    /// - the device is the caller's, certified and not pledged: what it sells is its pledgee's matter; a slot begins at `slotStart`, in the future;
    /// - `amount` is not zero and not drawn;
    /// - the caller could transfer units to `to`.
    function issue(uint32 device, uint40 slotStart, address to, uint40 amount) external;

    /// @notice {issue}, signed by the owner.
    ///
    /// Emits {TransferSingle}, {UnitsIssued} and {NonceUsed}.
    ///
    /// Requirements: those of {issue} for the signer, and a valid signature of IssueUnits.
    function issueSigned(uint32 device, uint40 slotStart, address to, uint40 amount, Signed calldata auth) external;

    /// @notice A transfer of units, signed by their holder.
    ///
    /// Emits {TransferSingle} and {NonceUsed}.
    ///
    /// Requirements:
    /// - a valid signature of TransferUnits; the slot has not begun;
    /// - both accounts are active, the signer holds `amount`.
    function transferSigned(address to, uint256 id, uint256 amount, Signed calldata auth) external;

    /// @notice Moves units of a lost key to the account that replaced it; anyone may send it.
    ///
    /// Emits {TransferSingle} or {TransferBatch}, and {UnitsRecovered}.
    ///
    /// Requirements:
    /// - the account was replaced.
    function recoverUnits(address account, uint256[] calldata ids) external;
}
