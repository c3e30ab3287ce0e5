// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IEpochAsks} from "./IEpochAsks.sol";
import {IImbalance} from "./IImbalance.sol";

/// @notice All clean Wh of a beneficial owner for which he earned, by what he was in the trade, in one storage slot.
/// @param sold as the seller
/// @param bought as the buyer
/// @param used as the user
struct CleanWh {
    uint80 sold;
    uint80 bought;
    uint80 used;
}

/// @notice What an owner did in a slot in which he traded.
/// @param owner the beneficial owner
/// @param account the one that gets the points
/// @param sold Wh that he sold beyond what he bought
/// @param clean Wh of that which were clean and his own to sell
/// @param bought Wh that he bought beyond what he sold
/// @param used Wh that he took beyond what he made, of a buyer
struct CleanParty {
    uint32 owner;
    address account;
    uint64 sold;
    uint64 clean;
    uint64 bought;
    uint64 used;
}

/// @title Points for trades of clean energy
/// @notice When nobody can be settled newly in a slot, anyone shows all accounts that did anything in it and all clean
/// devices. Everything is taken together by beneficial owner: who bought of himself, under whatever name, did not trade.
/// What an owner sold counts as clean as far as his clean devices made it and he did not use it up himself; what owners
/// bought counts as clean in even parts. A kWh earns half a point for the seller, three tenths for the buyer and two
/// tenths for the buyer who used it.
interface ICleanTrades is IEpochAsks {
    /// @notice An owner earned with clean energy; Wh and points are those of the seller, the buyer and the user.
    event CleanTraded(
        bytes32 indexed book, uint32 indexed owner, address indexed account, uint256[3] wh, uint256[3] points
    );
    /// @notice A part of a slot was shown, with what owners of the parts before it sold cleanly and bought.
    event PartShown(
        bytes32 indexed book,
        address indexed by,
        uint32 attempt,
        uint32 part,
        uint64 soldBefore,
        uint64 boughtBefore,
        CleanParty[] parties
    );
    event SlotRewarded(bytes32 indexed book, uint256 cleanWh);

    /// @notice Thrown when a slot can still be settled.
    error SlotNotRipe(bytes32 book, uint40 ripeAt);
    /// @notice Thrown when a slot was rewarded before.
    error SlotRewardedBefore(bytes32 book);
    /// @notice Thrown when accounts do not come by rising owner and, of one owner, by rising address.
    error OwnersOutOfOrder(address account);
    /// @notice Thrown when accounts are left out; the values are what is missing of traders and of Wh.
    error AccountsMissing(uint256 traders, uint256 injected, uint256 withdrawn);
    /// @notice Thrown when devices do not come by rising number.
    error DeviceOutOfOrder(uint32 device);
    /// @notice Thrown when a device does not make clean energy of this carrier in this zone.
    error NotCleanSource(uint32 device);
    /// @notice Thrown when clean devices are left out; `wh` is what is missing of what they made.
    error DevicesMissing(uint256 wh);
    /// @notice Thrown when a device belonged to an owner of whom no account is listed.
    error OwnerMissing(uint32 device, uint32 owner);

    /// @notice Thrown when a part is not rewarded with what was shown.
    error NotAsShown(uint32 part);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Seconds, beyond those that settlement is patient for, in which everybody can still be settled.
    function REST() external view returns (uint40);

    /// @notice Where slots are settled.
    function imbalance() external view returns (IImbalance);

    /// @notice Whether a slot was rewarded.
    function isRewarded(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (bool);

    /// @notice All clean Wh of a beneficial owner.
    function cleanOf(uint32 owner) external view returns (CleanWh memory);

    /// @notice Whether a beneficial owner is known to have traded with another: in a slot that was rewarded he had sold,
    /// all his accounts together, and another had bought, or the other way round.
    function hasTraded(uint32 owner) external view returns (bool);

    // -------------------------------------------------------------------------------------------------- rewarding

    /// @notice Asks for the points of a slot, once. Of a slot in which nobody was settled with a trade it does nothing.
    ///
    /// `accounts` are all that were settled with a position, the market's own purses among them, and all for whose devices
    /// anything was metered, by rising owner and address; those replaced since count for whose they were. `devices` are
    /// all that made clean energy, by rising number.
    ///
    /// Emits {SlotRewarded}, {CleanTraded} for each owner who traded clean energy, and {PointsAsked} for each who earns.
    ///
    /// Requirements:
    /// - the slot is over for as long as settlement is patient, and {REST}; it was not rewarded before;
    /// - the lists are in order and complete.
    function reward(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        address[] calldata accounts,
        uint32[] calldata devices
    ) external;

    /// @notice Shows a slot in parts, as its accounts may be more than one call can look at. Each part goes on behind the
    /// caller's last one of this attempt, with all accounts of each owner in it, and their devices. When all parts together are
    /// complete, the slot is as good as rewarded, and {rewardPart} asks for the points. Who left somebody out, or was
    /// overtaken by a reading, begins another attempt. Of a slot in which nobody was settled with a trade it does nothing.
    ///
    /// Emits {PartShown}, and {SlotRewarded} when the slot is complete.
    ///
    /// Requirements: those of {reward}, but that lists are complete.
    function show(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        uint32 attempt,
        address[] calldata accounts,
        uint32[] calldata devices
    ) external;

    /// @notice Asks for the points of those in a part of a slot that was shown, in any order of parts. Of a part that has its
    /// points, or was not shown, it does nothing.
    ///
    /// Emits {CleanTraded} for each owner who traded clean energy, and {PointsAsked} for each who earns.
    ///
    /// Requirements:
    /// - the values are those that were shown.
    function rewardPart(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        uint32 part,
        uint64 soldBefore,
        uint64 boughtBefore,
        CleanParty[] calldata parties
    ) external;
}
