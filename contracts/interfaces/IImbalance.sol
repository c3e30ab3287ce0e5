// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IDeposits} from "./IDeposits.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IPositionSource, TradedSlot} from "./IPositionSource.sol";
import {IProduction} from "./IProduction.sol";
import {IReadings, ProvenReading, Reading, Root} from "./IReadings.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

/// @notice What is known of an account in a slot, in one storage slot.
/// @param injected Wh that its devices delivered, as far as their readings were used
/// @param withdrawn Wh that they took
/// @param devices how many of them, and of those that it supplies, are read to the end of the slot
/// @param settled whether the account was settled
/// @param settledInjected Wh that it was settled with
/// @param settledWithdrawn the same of what it took; more than `withdrawn` when that had to be estimated
/// @param settledPosition Wh that it had sold beyond what it had bought
struct Delivery {
    uint40 injected;
    uint40 withdrawn;
    uint32 devices;
    bool settled;
    uint40 settledInjected;
    uint40 settledWithdrawn;
    int48 settledPosition;
}

/// @notice What is known of a zone in a slot, in two storage slots.
/// @param injected Wh that devices delivered
/// @param withdrawn Wh that they took
/// @param imported Wh that the feeder counted, which are in neither
/// @param exported the same of the feeder for what is given to the grid
/// @param difference Wh that the accounts settled so far delivered beyond what they owed, signed
/// @param clean Wh of what was delivered that was made cleanly, and neither estimated nor stored before
/// @param traders how many accounts were settled that had sold more or less than they had bought
struct Balance {
    uint64 injected;
    uint64 withdrawn;
    uint64 imported;
    uint64 exported;
    int64 difference;
    uint64 clean;
    uint32 traders;
}

/// @notice What is known of a zone in a month, in one storage slot: see Balance.
struct MonthlyBalance {
    uint64 injected;
    uint64 withdrawn;
    uint64 imported;
    uint64 exported;
}

/// @notice What an account delivered and took in a slot, and what of that it owed or was owed by firm trades.
/// @param complete whether all its readings are here, or none is waited for any more
/// @param silent whether some are not here
/// @param arrived Wh that its devices delivered, less the zone's loss
/// @param withdrawn Wh that they took
/// @param sold Wh
/// @param bought Wh
struct Counted {
    bool complete;
    bool silent;
    uint256 arrived;
    uint256 withdrawn;
    uint256 sold;
    uint256 bought;
}

/// @title Delivered against sold
/// @notice Readings that are final are used here, by anyone, and give each account its Wh in each slot. When all its
/// devices are read to the end of the slot, anyone settles it: its trades are taken over with their money, what it sold is
/// paid, with the shares of network, platform and common fund, and the difference between what it traded and what it
/// delivered is paid at the pool's prices, beyond a band at worse ones. Trades are firm: who does not deliver pays, not
/// who bought. What changes later is settled again, by the difference.
interface IImbalance {
    event SourceAdded(IPositionSource indexed source);
    /// @notice How an account was settled, as Statements packs it.
    event AccountSettled(bytes32 indexed book, address indexed account, uint256[3] statement);
    /// @notice Said of one that is no member's, or whose place another took.
    event AccountSkipped(bytes32 indexed book, address indexed account);
    event AccountWaits(bytes32 indexed book, address indexed account, uint256 devices, uint256 expected);
    event SlotBalanced(bytes32 indexed book, int256 difference, int256 toGrid, int256 toCommonFund);

    /// @notice Thrown when a source of trades is added a second time.
    error SourceKnown(IPositionSource source);
    /// @notice Thrown when a slot is not over.
    error SlotNotOver(bytes32 book, uint40 end);
    /// @notice Thrown when accounts do not come by rising address, so that one could be settled twice at once.
    error AccountsOutOfOrder(address account);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Seconds after a slot from which on an account is settled though readings are missing.
    function PATIENCE() external view returns (uint40);

    /// @notice The most periods that an interval is spread over; of a longer one, its last.
    function MAX_SPREAD() external view returns (uint256);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The readings.
    function readings() external view returns (IReadings);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice The ledger of what was made cleanly.
    function production() external view returns (IProduction);

    /// @notice What secures those who take more than they can pay for.
    function deposits() external view returns (IDeposits);

    /// @notice Where trades are made that are settled here.
    function sources() external view returns (IPositionSource[] memory);

    /// @notice What is known of an account in a slot.
    function deliveryOf(uint16 zone, Carrier carrier, uint40 slotStart, address account)
        external
        view
        returns (Delivery memory);

    /// @notice What is known of a zone in a slot.
    function balanceOf(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (Balance memory);

    /// @notice What is known of a zone in a month, counted from January 1970: the sum of the slots that end in it, midnight
    /// counted to the day before.
    function monthOf(uint16 zone, Carrier carrier, uint16 month) external view returns (MonthlyBalance memory);

    /// @notice What was counted of an account in a slot, under all its names, and what it traded elsewhere than with the
    /// caller, for one whose supplies are served from what firm trades leave.
    ///
    /// Requirements:
    /// - the slot's trades are all known.
    function countedOf(TradedSlot calldata slot, address account) external view returns (Counted memory);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Adds a contract whose trades are settled here.
    ///
    /// Emits {SourceAdded}.
    ///
    /// Requirements:
    /// - the caller is the authority; the source was not added before.
    function addSource(IPositionSource source) external;

    // -------------------------------------------------------------------------------------------------- settling

    /// @notice Uses readings of a root, as {IReadings.use} does. What each tells is spread evenly over its periods and
    /// counted for whom the device belonged to when the slot began.
    ///
    /// Emits what Readings emits.
    ///
    /// Requirements:
    /// - the root was posted and covers every reading.
    function meter(Root calldata root, ProvenReading[] calldata given) external;

    /// @notice {meter} with readings of one time that meters submitted themselves.
    ///
    /// Emits what Readings emits.
    ///
    /// Requirements:
    /// - every reading was submitted; all are of this zone and time.
    function meterSubmitted(uint16 zone, uint40 time, Reading[] calldata given) external;

    /// @notice Settles accounts in a slot. Those of which readings are missing wait, until {PATIENCE} has passed: then what is
    /// missing counts as nothing of what they delivered, and of what they took as no less than what they bought or
    /// usually take. Who has no devices waits for none.
    ///
    /// Emits {AccountSettled}, {AccountWaits} or {AccountSkipped} for each, and {SlotBalanced}. Of an account with nothing new it
    /// says nothing.
    ///
    /// Requirements:
    /// - the slot is over, and its trades are all known;
    /// - accounts come by rising address;
    /// - the zone's balancing account has what it has to pay for energy that is over.
    function settle(uint16 zone, Carrier carrier, uint40 slotStart, address[] calldata accounts) external;
}
