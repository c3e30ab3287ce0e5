// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Evaluation, Gates, Grade, IAdmissions, Plant} from "../interfaces/IAdmissions.sol";
import {IWaterfall} from "../interfaces/IWaterfall.sol";

/// @title How good a plant is
library Grading {
    uint256 private constant WHOLE = 10_000;
    uint256 private constant LEAST_MONTHS = 12;
    uint256 private constant LEAST_COMPLETE = 9_800;
    /// @dev What earns full marks, or none.
    uint256 private constant FULL_MONTHS = 36;
    uint256 private constant FULL_DSCR = 12_000;
    uint256 private constant MOST_TOP = 4_000;
    int256 internal constant MOST_DEVIATION = 2_000;
    /// @dev The greatest that a deviation can be.
    int256 internal constant DEVIATION_END = 99_999;

    /// @dev Gates, score and grade, and what follows from them.
    function grade(Plant memory plant) internal pure returns (Evaluation memory found) {
        found.gates = Gates({
            history: plant.months >= LEAST_MONTHS,
            completeness: plant.completeBps >= LEAST_COMPLETE,
            noDispute: !plant.dispute,
            ownerIsNotOperator: plant.owner != plant.servicer,
            notPledged: !plant.pledged
        });
        found.score = uint8(_score(plant));
        (found.grade, found.advanceBps) = _rowOf(found.score);
        found.admitted = shut(found.gates) == 0 && found.advanceBps != 0;
        if (!found.admitted) found.advanceBps = 0;
    }

    /// @dev A bit for each gate that is shut, the first one lowest.
    function shut(Gates memory g) internal pure returns (uint8 bits) {
        if (!g.history) bits |= 1;
        if (!g.completeness) bits |= 2;
        if (!g.noDispute) bits |= 4;
        if (!g.ownerIsNotOperator) bits |= 8;
        if (!g.notPledged) bits |= 16;
    }

    /// @dev Each part is rounded down, and so is what is deducted.
    function _score(Plant memory plant) private pure returns (uint256) {
        requireAtMost(plant.completeBps, WHOLE);
        requireAtMost(plant.topBps, WHOLE);
        int256 deviation = plant.deviationBps;
        bool possible = deviation >= -int256(WHOLE) && deviation <= DEVIATION_END;
        require(possible, IAdmissions.ImpossibleDeviation(plant.deviationBps));
        uint256 off = uint256(deviation < 0 ? -deviation : deviation);
        uint256 above = plant.completeBps > LEAST_COMPLETE ? plant.completeBps - LEAST_COMPLETE : 0;
        return _least(uint256(plant.dscrBps) * 20 / FULL_DSCR, 30)
            + _least(uint256(plant.months) * 20 / FULL_MONTHS, 20) + above * 20 / (WHOLE - LEAST_COMPLETE) + 15
            - _least(uint256(plant.topBps) * 15 / MOST_TOP, 15) + 15 - _least(off * 15 / uint256(MOST_DEVIATION), 15);
    }

    function _rowOf(uint256 score) private pure returns (Grade, uint16) {
        if (score >= 80) return (Grade.A, 8_500);
        if (score >= 65) return (Grade.B, 7_500);
        if (score >= 50) return (Grade.C, 6_000);
        return (Grade.D, 0);
    }

    function requireAtMost(uint256 value, uint256 most) internal pure {
        require(value <= most, IWaterfall.OutOfBounds(value, most));
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
