// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Description, IMeters} from "../interfaces/IMeters.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {Months} from "./Months.sol";

/// @title How complete the readings of plants are
library Completeness {
    uint256 private constant WHOLE = 10_000;

    /// @dev Share of what should have been measured in months that was, of the plant of which most is missing.
    function leastOf(IReadings readings, IMeters meters, uint32[] memory plants, uint256 first, uint256 next)
        internal
        view
        returns (uint16 least)
    {
        least = uint16(WHOLE);
        if (first >= next) return least;
        uint256 length = Months.startOf(next) - Months.startOf(first);
        for (uint256 i = 0; i < plants.length; ++i) {
            uint256 measured = 0;
            for (uint256 month = first; month < next; ++month) {
                measured += readings.monthOf(plants[i], uint16(month)).measured;
            }
            Description memory d = meters.deviceOf(plants[i]).description;
            uint256 bps = measured * meters.zones().readingPeriod(d.zone, d.carrier) * WHOLE / length;
            if (bps < least) least = uint16(bps);
        }
    }
}
