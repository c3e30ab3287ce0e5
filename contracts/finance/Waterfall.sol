// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Flow, IWaterfall, PoolOutcome, WaterfallPeriod, PoolRates, PoolState} from "../interfaces/IWaterfall.sol";

/// @title How what was collected in a period runs down a pool's waterfall
/// @notice See IWaterfall.
contract Waterfall is IWaterfall {
    /// @notice What is left of collections and reserve while both run down, and what they paid.
    struct Cascade {
        uint256 left;
        uint256 reserve;
        PoolOutcome out;
    }

    /// @notice What the tranches are to be paid.
    struct Claims {
        uint256 seniorInterest;
        uint256 mezzInterest;
        uint256 seniorPrincipal;
        uint256 mezzPrincipal;
    }

    uint256 private constant WHOLE = 10_000;
    uint256 private constant DAYS_A_YEAR = 365;
    uint256 private constant NOTHING_DUE = 99_999;
    uint256 private constant MOST = type(uint96).max;

    /// @inheritdoc IWaterfall
    uint256 public constant TRIGGER_BPS = 11_000;
    /// @inheritdoc IWaterfall
    uint16 public constant MOST_DAYS = 366;

    /// @inheritdoc IWaterfall
    function coverage(uint256 net, uint256 service) public pure returns (uint256) {
        return service == 0 ? NOTHING_DUE : net * WHOLE / service;
    }

    /// @inheritdoc IWaterfall
    function run(PoolState calldata state, PoolRates calldata rates, WaterfallPeriod calldata period)
        external
        pure
        returns (PoolOutcome memory)
    {
        _requireBounds(rates, period);
        Cascade memory c;
        (c.left, c.reserve) = (period.collections, state.reserve);
        uint256 net = _payFees(c, rates);
        Claims memory claims = _claims(state, rates, period);
        c.out.dscrBps = coverage(net, _sum(claims));
        bool triggered = state.trigger || c.out.dscrBps < TRIGGER_BPS;
        if (triggered || period.isFinal) {
            (claims.seniorPrincipal, claims.mezzPrincipal) = (state.senior, state.mezz);
        }
        _payTranches(c, claims, triggered);
        if (period.isFinal) _drawReserve(c, claims);
        else _topUp(c, rates.target);
        _finish(c, state, claims);
        c.out.state.trigger = triggered;
        return c.out;
    }

    /// @inheritdoc IWaterfall
    function late(PoolState calldata state, uint96 collections) external pure returns (PoolOutcome memory) {
        Cascade memory c;
        c.left = collections;
        Claims memory claims = Claims(state.seniorArrears, state.mezzArrears, state.senior, state.mezz);
        c.out.dscrBps = coverage(collections, _sum(claims));
        _pay(c, Flow.SeniorInterest, claims.seniorInterest, false);
        _pay(c, Flow.SeniorPrincipal, claims.seniorPrincipal, false);
        _pay(c, Flow.MezzInterest, claims.mezzInterest, false);
        _pay(c, Flow.MezzPrincipal, claims.mezzPrincipal, false);
        _finish(c, state, claims);
        (c.out.state.trigger, c.out.state.reserve) = (state.trigger, state.reserve);
        return c.out;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Pays those who run the pool, and says what is left for its tranches if all of them are paid.
    function _payFees(Cascade memory c, PoolRates calldata rates) private pure returns (uint256) {
        uint256 collected = c.left;
        uint256 tax = collected * rates.taxBps / WHOLE;
        uint256 fee = collected * rates.servicerBps / WHOLE;
        if (fee > rates.servicerCap) fee = rates.servicerCap;
        _pay(c, Flow.Tax, tax, false);
        _pay(c, Flow.Servicer, fee, false);
        _pay(c, Flow.Trustee, rates.trustee, true);
        uint256 fees = tax + fee + rates.trustee;
        return collected > fees ? collected - fees : 0;
    }

    /// @dev Interest may draw the reserve, but mezzanine's not while it stands behind senior principal.
    function _payTranches(Cascade memory c, Claims memory claims, bool triggered) private pure {
        _pay(c, Flow.SeniorInterest, claims.seniorInterest, true);
        if (!triggered) _pay(c, Flow.MezzInterest, claims.mezzInterest, true);
        _pay(c, Flow.SeniorPrincipal, claims.seniorPrincipal, false);
        if (triggered) _pay(c, Flow.MezzInterest, claims.mezzInterest, false);
        _pay(c, Flow.MezzPrincipal, claims.mezzPrincipal, false);
    }

    /// @dev In a final period the reserve pays what is unpaid; what is left of it then is no reserve any more.
    function _drawReserve(Cascade memory c, Claims memory claims) private pure {
        _draw(c, Flow.SeniorInterest, Flow.SeniorInterestFromReserve, claims.seniorInterest);
        _draw(c, Flow.MezzInterest, Flow.MezzInterestFromReserve, claims.mezzInterest);
        _draw(c, Flow.SeniorPrincipal, Flow.SeniorPrincipalFromReserve, claims.seniorPrincipal);
        _draw(c, Flow.MezzPrincipal, Flow.MezzPrincipalFromReserve, claims.mezzPrincipal);
        (c.left, c.reserve) = (c.left + c.reserve, 0);
    }

    function _topUp(Cascade memory c, uint256 target) private pure {
        uint256 missing = target > c.reserve ? target - c.reserve : 0;
        uint256 added = missing < c.left ? missing : c.left;
        if (added == 0) return;
        (c.left, c.reserve) = (c.left - added, c.reserve + added);
        _note(c, Flow.ReserveTopUp, missing, added);
    }

    /// @dev What is left is junior's; what is unpaid stays owed.
    function _finish(Cascade memory c, PoolState calldata before, Claims memory claims) private pure {
        _note(c, Flow.Junior, c.left, c.left);
        PoolState memory after_ = c.out.state;
        after_.senior =
            uint96(before.senior - _paid(c, Flow.SeniorPrincipal) - _paid(c, Flow.SeniorPrincipalFromReserve));
        after_.mezz = uint96(before.mezz - _paid(c, Flow.MezzPrincipal) - _paid(c, Flow.MezzPrincipalFromReserve));
        after_.seniorArrears =
            _bounded(claims.seniorInterest - _paid(c, Flow.SeniorInterest) - _paid(c, Flow.SeniorInterestFromReserve));
        after_.mezzArrears =
            _bounded(claims.mezzInterest - _paid(c, Flow.MezzInterest) - _paid(c, Flow.MezzInterestFromReserve));
        after_.reserve = _bounded(c.reserve);
    }

    /// @dev Pays what is due as far as it goes; some may draw the reserve for the rest.
    function _pay(Cascade memory c, Flow flow, uint256 due, bool draws) private pure {
        uint256 paid = due < c.left ? due : c.left;
        c.left -= paid;
        if (draws) {
            uint256 drawn = due - paid < c.reserve ? due - paid : c.reserve;
            c.reserve -= drawn;
            paid += drawn;
        }
        _note(c, flow, due, paid);
    }

    function _draw(Cascade memory c, Flow before, Flow flow, uint256 due) private pure {
        uint256 unpaid = due - _paid(c, before);
        uint256 drawn = unpaid < c.reserve ? unpaid : c.reserve;
        c.reserve -= drawn;
        _note(c, flow, unpaid, drawn);
    }

    /// @dev No amount here is more than the sum of a few of 96 bits.
    function _note(Cascade memory c, Flow flow, uint256 due, uint256 paid) private pure {
        (c.out.due[uint256(flow)], c.out.paid[uint256(flow)]) = (uint128(due), uint128(paid));
    }

    function _paid(Cascade memory c, Flow flow) private pure returns (uint256) {
        return c.out.paid[uint256(flow)];
    }

    function _claims(PoolState calldata state, PoolRates calldata rates, WaterfallPeriod calldata period)
        private
        pure
        returns (Claims memory)
    {
        return Claims({
            seniorInterest: _interest(state.senior, rates.seniorBps, period.length) + state.seniorArrears,
            mezzInterest: _interest(state.mezz, rates.mezzBps, period.length) + state.mezzArrears,
            seniorPrincipal: period.senior < state.senior ? period.senior : state.senior,
            mezzPrincipal: period.mezz < state.mezz ? period.mezz : state.mezz
        });
    }

    function _interest(uint256 balance, uint256 bps, uint256 length) private pure returns (uint256) {
        return balance * bps * length / (DAYS_A_YEAR * WHOLE);
    }

    function _sum(Claims memory claims) private pure returns (uint256) {
        return claims.seniorInterest + claims.mezzInterest + claims.seniorPrincipal + claims.mezzPrincipal;
    }

    function _requireBounds(PoolRates calldata rates, WaterfallPeriod calldata period) private pure {
        require(period.length <= MOST_DAYS, OutOfBounds(period.length, MOST_DAYS));
        _requireShare(rates.seniorBps);
        _requireShare(rates.mezzBps);
        _requireShare(rates.taxBps);
        _requireShare(rates.servicerBps);
    }

    function _requireShare(uint256 bps) private pure {
        require(bps <= WHOLE, OutOfBounds(bps, WHOLE));
    }

    function _bounded(uint256 amount) private pure returns (uint96) {
        require(amount <= MOST, OutOfBounds(amount, MOST));
        return uint96(amount);
    }
}
