// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Flow,
    IWaterfall,
    PoolOutcome,
    PoolRates,
    PoolState,
    WaterfallPeriod
} from "../../contracts/interfaces/IWaterfall.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title What a waterfall pays, whatever is owed, collected and in reserve
contract WaterfallFuzz is Fuzzed {
    uint256 private constant FLOWS = 13;
    uint96 private constant MOST = 1 << 60;
    uint256 private constant YEAR_BPS = 3_650_000;

    IWaterfall private _waterfall;

    function setUp() external {
        _waterfall = IWaterfall(_create("Waterfall", ""));
    }

    /// @dev Nothing is made or lost, each is paid what is due or as far as it goes, and in the order of its rank.
    function testFuzz_period(PoolState calldata state_, PoolRates calldata rates_, WaterfallPeriod calldata period_)
        external
        view
    {
        (PoolState memory state, PoolRates memory rates) = (_bounded(state_), _bounded(rates_));
        WaterfallPeriod memory period = _bounded(period_);
        PoolOutcome memory out = _waterfall.run(state, rates, period);
        assert(uint256(period.collections) + state.reserve == _paidOut(out) + out.state.reserve);
        _checkDue(state, rates, period, out);
        _checkOwed(state, out);
        _checkRank(_order(out.state.trigger), out);
        if (out.paid[uint256(Flow.Junior)] != 0) assert(period.isFinal || out.state.reserve >= rates.target);
        if (period.isFinal) assert(out.state.reserve == 0);
        assert(out.state.trigger || !state.trigger);
    }

    /// @dev What comes late pays debts by rank, then junior, and leaves the reserve alone.
    function testFuzz_late(PoolState calldata state_, uint96 collections) external view {
        PoolState memory state = _bounded(state_);
        collections %= MOST;
        PoolOutcome memory out = _waterfall.late(state, collections);
        assert(collections == _paidOut(out) && out.state.reserve == state.reserve);
        _checkOwed(state, out);
        Flow[4] memory order = [Flow.SeniorInterest, Flow.SeniorPrincipal, Flow.MezzInterest, Flow.MezzPrincipal];
        uint256 left = collections;
        for (uint256 i = 0; i < order.length; ++i) {
            uint256 paid = out.paid[uint256(order[i])];
            assert(paid == _least(left, out.due[uint256(order[i])]));
            left -= paid;
        }
        assert(out.paid[uint256(Flow.Junior)] == left);
    }

    function _checkDue(
        PoolState memory state,
        PoolRates memory rates,
        WaterfallPeriod memory period,
        PoolOutcome memory out
    ) private pure {
        uint256 senior = uint256(state.senior) * rates.seniorBps * period.length / YEAR_BPS + state.seniorArrears;
        uint256 mezz = uint256(state.mezz) * rates.mezzBps * period.length / YEAR_BPS + state.mezzArrears;
        assert(out.due[uint256(Flow.SeniorInterest)] == senior && out.due[uint256(Flow.MezzInterest)] == mezz);
        bool all = out.state.trigger || period.isFinal;
        assert(out.due[uint256(Flow.SeniorPrincipal)] == (all ? state.senior : _least(period.senior, state.senior)));
        assert(out.due[uint256(Flow.MezzPrincipal)] == (all ? state.mezz : _least(period.mezz, state.mezz)));
        uint256 fee = _least(uint256(period.collections) * rates.servicerBps / 10_000, rates.servicerCap);
        assert(out.due[uint256(Flow.Tax)] == uint256(period.collections) * rates.taxBps / 10_000);
        assert(out.due[uint256(Flow.Servicer)] == fee && out.due[uint256(Flow.Trustee)] == rates.trustee);
        for (uint256 i = 0; i < FLOWS; ++i) {
            assert(out.paid[i] <= out.due[i]);
        }
    }

    function _checkOwed(PoolState memory state, PoolOutcome memory out) private pure {
        assert(out.state.senior + _of(out, Flow.SeniorPrincipal, Flow.SeniorPrincipalFromReserve) == state.senior);
        assert(out.state.mezz + _of(out, Flow.MezzPrincipal, Flow.MezzPrincipalFromReserve) == state.mezz);
        uint256 senior = out.state.seniorArrears + _of(out, Flow.SeniorInterest, Flow.SeniorInterestFromReserve);
        uint256 mezz = out.state.mezzArrears + _of(out, Flow.MezzInterest, Flow.MezzInterestFromReserve);
        assert(senior == out.due[uint256(Flow.SeniorInterest)] && mezz == out.due[uint256(Flow.MezzInterest)]);
    }

    // Behind what is short comes nothing but what the reserve pays; behind what is short and may draw it, nothing at
    // all.
    function _checkRank(Flow[7] memory order, PoolOutcome memory out) private pure {
        (bool isShort, bool isEmpty) = (false, false);
        for (uint256 i = 0; i < order.length; ++i) {
            uint256 flow = uint256(order[i]);
            bool draws = order[i] == Flow.Trustee || order[i] == Flow.SeniorInterest
                || (order[i] == Flow.MezzInterest && !out.state.trigger);
            if (isEmpty || (isShort && !draws)) assert(out.paid[flow] == 0);
            if (out.paid[flow] == out.due[flow]) continue;
            isShort = true;
            if (draws) isEmpty = true;
        }
        if (isShort) assert(out.paid[uint256(Flow.ReserveTopUp)] == 0);
        if (isEmpty) assert(out.state.reserve == 0 && out.paid[uint256(Flow.Junior)] == 0);
    }

    function _order(bool triggered) private pure returns (Flow[7] memory) {
        return [
            Flow.Tax,
            Flow.Servicer,
            Flow.Trustee,
            Flow.SeniorInterest,
            triggered ? Flow.SeniorPrincipal : Flow.MezzInterest,
            triggered ? Flow.MezzInterest : Flow.SeniorPrincipal,
            Flow.MezzPrincipal
        ];
    }

    function _of(PoolOutcome memory out, Flow flow, Flow fromReserve) private pure returns (uint256) {
        return uint256(out.paid[uint256(flow)]) + out.paid[uint256(fromReserve)];
    }

    function _paidOut(PoolOutcome memory out) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < FLOWS; ++i) {
            if (i != uint256(Flow.ReserveTopUp)) sum += out.paid[i];
        }
    }

    // Amounts of one size, so that what is collected is now too little and now enough.
    function _bounded(PoolState memory state) private pure returns (PoolState memory) {
        (state.senior, state.mezz, state.reserve) = (state.senior % MOST, state.mezz % MOST, state.reserve % MOST);
        (state.seniorArrears, state.mezzArrears) = (state.seniorArrears % MOST, state.mezzArrears % MOST);
        return state;
    }

    function _bounded(PoolRates memory rates) private pure returns (PoolRates memory) {
        (rates.target, rates.servicerCap, rates.trustee) =
        (rates.target % MOST, rates.servicerCap % MOST, rates.trustee % MOST);
        (rates.seniorBps, rates.mezzBps) = (rates.seniorBps % 10_001, rates.mezzBps % 10_001);
        (rates.taxBps, rates.servicerBps) = (rates.taxBps % 10_001, rates.servicerBps % 10_001);
        return rates;
    }

    function _bounded(WaterfallPeriod memory period) private pure returns (WaterfallPeriod memory) {
        period.collections %= 4 * MOST;
        period.length %= 367;
        (period.senior, period.mezz) = (period.senior % MOST, period.mezz % MOST);
        return period;
    }
}
