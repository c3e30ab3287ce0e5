// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Waterfall} from "../../contracts/finance/Waterfall.sol";
import {Flow, PoolOutcome, PoolRates, PoolState, WaterfallPeriod} from "../../contracts/interfaces/IWaterfall.sol";

/// @title What holds of the sums of a waterfall, whatever is owed and in reserve
/// @notice Of pools whose trigger has been pulled, where all principal is due and all arrears are interest. What was collected is
/// one number, between what is owed and what is not: a solver does not divide by what it does not know. Shares of it are products and
/// quotients, which tests/finance_chain/test_waterfall.py tries beside the engine.
contract WaterfallProofs {
    uint256 private constant FLOWS = 13;
    uint96 private constant COLLECTED = 150;

    Waterfall private immutable _waterfall = new Waterfall();

    /// @dev What came in and what the reserve held is what was paid and what the reserve holds.
    function check_a_period_is_shared_out(uint8[5] calldata owed) external view {
        _checkPeriod(_state(owed), false);
    }

    /// @dev The same of the last period.
    function check_the_last_period_is_shared_out(uint8[5] calldata owed) external view {
        _checkPeriod(_state(owed), true);
    }

    /// @dev And of what comes late, which leaves the reserve alone.
    function check_late_is_shared_out(uint8[5] calldata owed) external view {
        PoolState memory state = _state(owed);
        PoolOutcome memory out = _waterfall.late(state, COLLECTED);
        assert(COLLECTED == _paidOut(out) && out.state.reserve == state.reserve);
        _checkOwed(state, out);
    }

    function _checkPeriod(PoolState memory state, bool isFinal) private view {
        PoolOutcome memory out = _waterfall.run(state, _rates(), WaterfallPeriod(COLLECTED, 30, isFinal, 0, 0));
        assert(uint256(COLLECTED) + state.reserve == _paidOut(out) + out.state.reserve);
        _checkOwed(state, out);
    }

    // What was paid of a debt is what it shrinks by, and junior gets something only when no debt is left.
    function _checkOwed(PoolState memory state, PoolOutcome memory out) private pure {
        uint256 wrong =
            _paid(out, Flow.SeniorPrincipal, Flow.SeniorPrincipalFromReserve, out.state.senior) ^ state.senior;
        wrong |= _paid(out, Flow.MezzPrincipal, Flow.MezzPrincipalFromReserve, out.state.mezz) ^ state.mezz;
        wrong |= _paid(out, Flow.SeniorInterest, Flow.SeniorInterestFromReserve, out.state.seniorArrears)
        ^ state.seniorArrears;
        wrong |= _paid(out, Flow.MezzInterest, Flow.MezzInterestFromReserve, out.state.mezzArrears) ^ state.mezzArrears;
        assert(wrong == 0);
        uint256 left = uint256(out.state.senior) + out.state.mezz + out.state.seniorArrears + out.state.mezzArrears;
        assert(out.paid[uint256(Flow.Junior)] == 0 || left == 0);
    }

    function _paid(PoolOutcome memory out, Flow flow, Flow fromReserve, uint256 left) private pure returns (uint256) {
        return uint256(out.paid[uint256(flow)]) + out.paid[uint256(fromReserve)] + left;
    }

    function _paidOut(PoolOutcome memory out) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < FLOWS; ++i) {
            if (i != uint256(Flow.ReserveTopUp)) sum += out.paid[i];
        }
    }

    function _state(uint8[5] calldata owed) private pure returns (PoolState memory) {
        return PoolState(owed[0], owed[1], true, owed[2], owed[3], owed[4]);
    }

    function _rates() private pure returns (PoolRates memory) {
        return PoolRates({target: 20, servicerCap: 0, seniorBps: 0, mezzBps: 0, taxBps: 0, servicerBps: 0, trustee: 70});
    }
}
