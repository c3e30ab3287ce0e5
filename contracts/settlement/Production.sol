// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {Counters} from "../libraries/Counters.sol";
import {Months} from "../libraries/Months.sol";
import {Settled} from "./Settled.sol";

/// @title What clean and storing devices made or took, slot by slot
/// @notice See IProduction. Four slots of a device share a word with its counter before them, so that the counter is known
/// at every slot's end, and most slots cost no word of their own.
contract Production is IProduction, Settled {
    using Counters for uint256;

    /// @notice Where a device's counter stands.
    /// @param first the first group of slots in which it counted
    /// @param last the last one
    /// @param length seconds of its slots
    /// @param month that of its last slot
    /// @param monthFrom the counter when that month began
    struct Head {
        uint40 first;
        uint40 last;
        uint24 length;
        uint16 month;
        uint64 monthFrom;
    }

    /// @inheritdoc IProduction
    IReadings public immutable readings;

    mapping(uint256 device => Head) private _heads;
    mapping(uint256 device => mapping(uint256 group => uint256)) private _groups;
    mapping(uint256 device => mapping(uint256 month => uint256)) private _months;

    constructor(IReadings readings_, address authority_) Governed(authority_) {
        readings = readings_;
    }

    /// @inheritdoc IProduction
    function recordedUntil(uint32 device) external view returns (uint40 time) {
        (time,,) = readings.lastOf(device);
    }

    /// @inheritdoc IProduction
    function totalOf(uint32 device) public view returns (uint64) {
        return uint64(_groups[device][_heads[device].last].total());
    }

    /// @inheritdoc IProduction
    function countedIn(uint32 device, uint40 slotStart) external view returns (uint64) {
        uint256 length = _heads[device].length;
        if (length == 0 || slotStart % length != 0) return 0;
        uint256 slot = slotStart / length;
        return uint64(_groups[device][Counters.groupOf(slot)].inSlot(slot));
    }

    /// @inheritdoc IProduction
    function countedUntil(uint32 device, uint40 time) external view returns (uint64) {
        Head memory head = _heads[device];
        if (head.length == 0) return 0;
        uint256 slot = time / head.length;
        uint256 group = Counters.groupOf(slot);
        if (group > head.last) return totalOf(device);
        uint256 word = _groups[device][group];
        if (word != 0) return uint64(word.before(slot));
        // While a device makes nothing no word is written.
        while (group > head.first && word == 0) word = _groups[device][--group];
        return group < head.first ? 0 : uint64(word.total());
    }

    /// @inheritdoc IProduction
    function countedInMonth(uint32 device, uint16 month) external view returns (uint64) {
        Head memory head = _heads[device];
        if (month != head.month) return uint64(_months[device][month]);
        return totalOf(device) - head.monthFrom;
    }

    /// @inheritdoc IProduction
    function record(uint256[] calldata made) external onlySettlement {
        for (uint256 i = 0; i < made.length; ++i) {
            uint256 one = made[i];
            _add(uint32(one), uint40(one >> 32), uint24(one >> 72), uint64(one >> 96));
        }
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _add(uint256 device, uint256 start, uint256 length, uint256 wh) private {
        if (wh == 0) return;
        Head memory head = _heads[device];
        uint256 slot = start / length;
        uint256 group = Counters.groupOf(slot);
        uint256 word = _groups[device][group];
        uint256 month = Months.at(start + length - 1);
        if (group != head.last || month != head.month) {
            uint256 total = _groups[device][head.last].total();
            if (month != head.month) {
                _months[device][head.month] = total - head.monthFrom;
                (head.month, head.monthFrom) = (uint16(month), uint64(total));
            }
            if (group != head.last) word = Counters.begun(total);
            if (head.length == 0) (head.first, head.length) = (uint40(group), uint24(length));
            head.last = uint40(group);
            _heads[device] = head;
        }
        _groups[device][group] = word.more(slot, wh);
    }
}
