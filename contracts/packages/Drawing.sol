// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Area, IEnergyPackages, Metered, Subscription, SubscriptionState} from "../interfaces/IEnergyPackages.sol";
import {Kind, TariffTerms} from "../interfaces/ITariffs.sol";
import {Lots} from "../libraries/Lots.sol";
import {Months} from "../libraries/Months.sol";
import {Purchases} from "./Purchases.sol";

/// @title What is delivered is paid
/// @notice The third of the four layers of EnergyPackages. Providers are paid once in a call for all that comes after one
/// another under one tariff; the rest follows from Readings, whose counters of months are never reset.
abstract contract Drawing is Purchases {
    using Lots for uint256;

    /// @notice A call's tariff, what its provider has earned and not got, and Wh that a month counts at least.
    struct Round {
        uint32 version;
        TariffTerms terms;
        uint256 due;
        uint256 least;
    }

    /// @notice What a month costs.
    struct Cost {
        uint256 charged;
        uint256 dust;
        uint256 bonus;
        uint256 arrears;
    }

    /// @inheritdoc IEnergyPackages
    uint40 public constant GRACE = 3 days;

    /// @inheritdoc IEnergyPackages
    function draw(uint256[] calldata subscriptions) external {
        Round memory r;
        for (uint256 i = 0; i < subscriptions.length; ++i) {
            uint256 subscription = subscriptions[i];
            Subscription memory s = _known(subscription);
            if (s.state == SubscriptionState.Closed) continue;
            _enter(r, s.version);
            if (s.kind == Kind.Area) {
                _earn(r, subscription, s);
            } else {
                _drawRead(r, subscription, s);
            }
        }
        _payOut(r);
    }

    /// @inheritdoc IEnergyPackages
    function updateSupply(uint256 subscription) external {
        Subscription memory s = _unclosed(subscription);
        require(s.kind != Kind.Area, PaidByArea(subscription));
        Metered memory m = meteredOf(subscription);
        uint40 since = owedSince(s.customer, _termsOf(s.version).provider);
        uint40 from = since == 0 ? 0 : since + GRACE;
        bool overdue = from != 0 && block.timestamp >= from;
        require(overdue != m.suspended, SupplyUnchanged(subscription, overdue ? 0 : from));
        if (!overdue) return _resume(subscription);
        m.suspended = true;
        _keepMetered(subscription, m);
        emit SupplySuspended(subscription);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Goes on to another tariff; the provider of the one before is paid.
    function _enter(Round memory r, uint32 version) internal {
        if (r.version == version) return;
        _payOut(r);
        (r.version, r.terms) = (version, _termsOf(version));
    }

    function _payOut(Round memory r) internal {
        _pay(address(this), r.terms.provider, r.due);
        r.due = 0;
    }

    /// @dev Draws all months whose readings are all in.
    function _drawRead(Round memory r, uint256 subscription, Subscription memory s)
        internal
        returns (Metered memory m)
    {
        m = meteredOf(subscription);
        (uint40 read,,) = readings.lastOf(m.device);
        _drawMonths(r, subscription, s, m, Months.at(read));
    }

    /// @dev Draws all months before this one that are its and not drawn.
    function _drawMonths(Round memory r, uint256 subscription, Subscription memory s, Metered memory m, uint256 end)
        internal
    {
        if (end > s.until) end = s.until;
        if (m.drawn >= end) return;
        for (uint256 month = m.drawn; month < end; ++month) {
            _drawMonth(r, subscription, s, m, uint16(month));
        }
        m.drawn = uint16(end);
        _keepMetered(subscription, m);
    }

    function _drawMonth(Round memory r, uint256 subscription, Subscription memory s, Metered memory m, uint16 month)
        private
    {
        uint256 wh = Math.max(readings.monthOf(m.device, month).wh, r.least) + m.rest;
        m.rest = uint32(wh % r.terms.whPerUnit);
        uint256 flowPrice = 0;
        if (s.kind == Kind.Flow) flowPrice = month < s.first + m.term ? m.price : r.terms.flowPrice;
        Cost memory cost = _charge(subscription, m, month, wh / r.terms.whPerUnit, flowPrice, r.terms.postpaid);
        r.due += cost.charged;
        _release(s.customer, cost.dust);
        uint256 unpaid = 0;
        if (cost.arrears != 0) {
            unpaid = _collect(s.customer, cost.arrears);
            r.due += cost.arrears - unpaid;
            if (unpaid != 0) _owe(subscription, s.customer, r.terms.provider, uint128(unpaid));
        }
        emit Drawn(
            subscription,
            month,
            uint128(cost.charged),
            uint128(cost.dust),
            uint128(cost.bonus),
            uint128(cost.arrears),
            uint128(unpaid)
        );
    }

    /// @dev From its first uPT on a debt for packages has its days of grace, whichever subscription it is for.
    function _owe(uint256 subscription, address customer, address provider, uint128 amount) private {
        if (owedSince(customer, provider) == 0) {
            _owing[customer][provider] = uint40(block.timestamp);
            emit ArrearsBegan(subscription, amount);
        }
        vault.recordDebt(customer, provider, amount);
    }

    /// @dev First in, first out; what is left of a lot and buys nothing comes back. `flowPrice` is 0 for lots, which have their
    /// own.
    function _charge(
        uint256 subscription,
        Metered memory m,
        uint256 month,
        uint256 units,
        uint256 flowPrice,
        uint256 postpaid
    ) private returns (Cost memory cost) {
        mapping(uint256 place => uint256) storage lots = _lots[subscription];
        uint256 end = Months.startOf(month + 1);
        // No lot has more than 96 bits of uPT, no month more than 64 of Wh, no price more than 32.
        unchecked {
            while (units != 0) {
                uint256 lot = m.head < m.lots ? lots[m.head] : 0;
                // What is paid when a month is over is not for it, or who knows what he used would buy it afterwards.
                bool isBonus = lot == 0 || lot.time() >= end;
                if (isBonus) lot = _bonuses[subscription];
                if (lot == 0) break;
                uint256 price = flowPrice == 0 ? lot.price() : flowPrice;
                uint256 n = Math.min(lot.left() / price, units);
                uint256 left = lot.left() - n * price;
                units -= n;
                if (isBonus) {
                    cost.bonus = n * price;
                    _bonuses[subscription] = left < price ? 0 : lot.withLeft(left);
                    break;
                }
                cost.charged += n * price;
                if (left < price) {
                    cost.dust += left;
                    lots[m.head++] = lot.withLeft(0);
                } else {
                    lots[m.head] = lot.withLeft(left);
                }
            }
            cost.arrears = units * postpaid;
        }
    }

    /// @dev Of an area, what the months that are over bring.
    function _earn(Round memory r, uint256 subscription, Subscription memory s) internal {
        Area memory a = areaOf(subscription);
        uint16 month = _month();
        if (month > s.until) month = s.until;
        uint256 more = rules.earnedBy(subscription, month) - a.earned;
        if (more != 0) {
            a.earned += uint96(more);
            _keepArea(subscription, a);
            r.due += more;
            emit AreaEarned(subscription, month, uint128(more));
        }
        if (month < s.until) return;
        s.state = SubscriptionState.Closed;
        _keep(subscription, s);
        _giveUpArea(r.terms, a.area);
        emit Closed(subscription, 0, 0);
    }

    function _giveUpArea(TariffTerms memory t, uint256 area) internal {
        _giveUp(t, area * t.loadPerM2 / 100);
    }
}
