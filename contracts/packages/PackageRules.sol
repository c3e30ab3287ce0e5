// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Area, IEnergyPackages, Metered, Purchase, Refund, Subscription} from "../interfaces/IEnergyPackages.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {IPackageRules, Quote} from "../interfaces/IPackageRules.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {Failure, ISupplyReports} from "../interfaces/ISupplyReports.sol";
import {ITariffs, Kind, TariffTerms} from "../interfaces/ITariffs.sol";
import {Account, IVault, Module, ModuleStatus} from "../interfaces/IVault.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Lots} from "../libraries/Lots.sol";
import {Months} from "../libraries/Months.sol";
import {Roles} from "../libraries/Roles.sol";
import {Month} from "../libraries/Series.sol";

/// @title What packages cost, and what of that comes back
/// @notice See IPackageRules.
contract PackageRules is IPackageRules {
    using Lots for uint256;

    /// @inheritdoc IPackageRules
    uint16 public constant MONTHS_AHEAD = 12;
    /// @inheritdoc IPackageRules
    uint256 public constant MAX_BUNDLE = 4;
    /// @inheritdoc IPackageRules
    uint40 public constant FORBEARANCE = 30 days;
    /// @inheritdoc IPackageRules
    uint40 public constant SILENCE = 30 days;

    /// @dev A square metre, in 0.01 m2.
    uint32 private constant LEAST_AREA = 100;
    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IPackageRules
    ITariffs public immutable tariffs;
    /// @inheritdoc IPackageRules
    IMeters public immutable meters;
    /// @inheritdoc IPackageRules
    ISupplyReports public immutable reports;
    IReadings private immutable _readings;
    IMembership private immutable _membership;
    IVault private immutable _vault;

    constructor(ITariffs tariffs_, ISupplyReports reports_) {
        tariffs = tariffs_;
        reports = reports_;
        _readings = reports_.readings();
        meters = _readings.meters();
        _membership = meters.membership();
        _vault = _readings.vault();
    }

    // ------------------------------------------------------------------------------------------------------ buying

    /// @inheritdoc IPackageRules
    function quote(address account, Purchase[] calldata purchases) external view returns (Quote[] memory quotes) {
        uint256 count = purchases.length;
        require(count != 0 && count <= MAX_BUNDLE, InvalidCount(count));
        quotes = new Quote[](count);
        for (uint256 i = 0; i < count; ++i) {
            Purchase calldata p = purchases[i];
            TariffTerms memory t = tariffs.requireSold(p.version, p.kind);
            address present = _membership.currentOf(t.provider);
            uint32 member = _membership.requireActive(present, Roles.MARKET);
            require(!_vault.accountOf(present).inDefault, ProviderInDefault(t.provider));
            Quote memory q = quotes[i];
            (q.provider, q.room, q.capacityW) = (t.provider, _room(member, t.zone, t.carrier), t.capacityW);
            for (uint256 k = 0; k < i; ++k) {
                require(_goTogether(purchases[k], quotes[k], p, q), NotABundle(i));
            }
            _requireMeaning(p, i);
            if (p.device != 0) q.loadW = _requireFits(account, p, t);
            if (p.kind == Kind.Area) _quoteArea(p, t, q, count);
            else _quoteLots(p, q, count);
        }
    }

    /// @inheritdoc IPackageRules
    function lotsFor(uint256 subscription, uint96 amount) external view returns (uint256[] memory) {
        (Subscription memory s, Metered memory m) = _meteredOf(subscription);
        uint32 price = m.price;
        if (s.kind == Kind.Flow && _month() >= s.first + m.term) price = tariffs.termsOf(s.version).flowPrice;
        return _lots(s.version, s.kind, price, amount);
    }

    /// @inheritdoc IPackageRules
    function roomOf(address provider, uint16 zone, Carrier carrier) external view returns (uint256) {
        return _room(_membership.standingOf(provider).member, zone, carrier);
    }

    // -------------------------------------------------------------------------------------------------------- ending

    /// @inheritdoc IPackageRules
    function meanOf(uint256 subscription) external view returns (uint256 wh) {
        (Subscription memory s, Metered memory m) = _meteredOf(subscription);
        uint40 retired = meters.retiredAt(m.device);
        if (retired != 0 && retired <= _readUntil(m.device) + 1 days) return 0;
        uint256 count = 0;
        for (uint16 month = s.first; month < m.drawn; ++month) {
            Month memory read = _readings.monthOf(m.device, month);
            if (read.measured + read.substituted == 0) continue;
            wh += read.wh;
            ++count;
        }
        if (count != 0) wh /= count;
    }

    /// @inheritdoc IPackageRules
    function keptOf(uint256 subscription) external view returns (uint256 left, uint256 kept) {
        (Subscription memory s, Metered memory m) = _meteredOf(subscription);
        TariffTerms memory t = tariffs.termsOf(s.version);
        (uint256[] memory lots,) = IEnergyPackages(msg.sender).lotsOf(subscription);
        uint256 rest = 0;
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 lot = lots[i];
            left += lot.left();
            bool coolingOff = s.until == s.first && block.timestamp < lot.time() + t.coolingOff;
            if (m.refund == Refund.Whole || coolingOff) continue;
            uint256 claw = Math.min(_dearer(s, m, t, lot), lot.left());
            kept += claw;
            rest += lot.left() - claw;
        }
        if (m.refund == Refund.Usual) kept += _fee(t, rest);
    }

    /// @inheritdoc IPackageRules
    function earnedBy(uint256 subscription, uint16 month) external view returns (uint256) {
        (Subscription memory s, Area memory a) = _areaOf(subscription);
        return _earnedBy(s, a, month);
    }

    /// @inheritdoc IPackageRules
    function endOf(uint256 subscription) external view returns (bool byAnyone, Refund refund, uint16 until) {
        (Subscription memory s, Metered memory m) = _meteredOf(subscription);
        TariffTerms memory t = tariffs.termsOf(s.version);
        Failure failure = reports.failureOf(t.provider, t.zone, t.carrier);
        byAnyone = failure == Failure.Gone || _owesTooLong(s, m, t.provider);
        if (failure != Failure.None) {
            refund = Refund.Whole;
        } else {
            uint32 device = s.kind == Kind.Area ? IEnergyPackages(msg.sender).areaOf(subscription).device : m.device;
            if (device != 0 && _isAnother(meters.ownerOf(device), s.customer)) refund = Refund.WithoutFee;
        }
        until = _month() < s.first ? s.first : _month() + 1;
    }

    /// @inheritdoc IPackageRules
    function backOf(uint256 subscription, Refund refund, uint16 until) external view returns (uint256 back) {
        (Subscription memory s, Area memory a) = _areaOf(subscription);
        back = uint256(a.fee) + a.before - a.earned;
        if (refund == Refund.Whole) return back;
        TariffTerms memory t = tariffs.termsOf(s.version);
        if (until == s.first && block.timestamp < uint256(a.time) + t.coolingOff) return back;
        // Each month by itself and without a discount; what is rounded never makes more come back than there is.
        uint256 used = tariffs.areaFeeSingly(s.version, a.area, s.first, until - s.first);
        back = Math.min(Math.saturatingSub(a.paid, used), back);
        if (refund == Refund.Usual) back -= _fee(t, back);
    }

    /// @inheritdoc IPackageRules
    function repriced(uint256 subscription, uint256 carriers)
        external
        view
        returns (uint16 since, uint256 running, uint256 fee, uint256 difference)
    {
        (Subscription memory s, Area memory a) = _areaOf(subscription);
        since = _month() + 1;
        if (since < s.first) since = s.first;
        running = _earnedBy(s, a, since) - a.earned;
        uint256 rest = uint256(a.fee) + a.before - a.earned - running;
        fee = tariffs.areaFee(s.version, a.area, since, s.until - since, a.term, carriers);
        difference = Math.saturatingSub(fee, rest);
    }

    /// @inheritdoc IPackageRules
    function takeable(address customer, uint256 amount) external view returns (uint128) {
        Account memory a = _vault.accountOf(_membership.currentOf(customer));
        Module memory m = _vault.moduleOf(msg.sender);
        if (m.status == ModuleStatus.Leaving || a.modules >> m.bit & 1 == 0) return 0;
        return uint128(Math.min(amount, a.free));
    }

    /// @inheritdoc IPackageRules
    function requireAssignable(uint256 subscription, uint32 device, address to) external view {
        (Subscription memory s, Metered memory m) = _meteredOf(subscription);
        _membership.requireActive(to, Roles.MARKET);
        bool moved = _isAnother(to, s.customer) && (device == 0 || meters.ownerOf(device) == to);
        require(moved, IEnergyPackages.NotAssignable(subscription, to));
        require(s.kind == Kind.Area || m.drawn >= _month(), MonthsNotDrawn(subscription, m.drawn));
        uint128 debt = _vault.debtTo(s.customer, tariffs.termsOf(s.version).provider);
        require(debt == 0, OwedToProvider(subscription, debt));
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _meteredOf(uint256 subscription) private view returns (Subscription memory, Metered memory) {
        IEnergyPackages packages = IEnergyPackages(msg.sender);
        return (packages.subscriptionOf(subscription), packages.meteredOf(subscription));
    }

    function _areaOf(uint256 subscription) private view returns (Subscription memory, Area memory) {
        IEnergyPackages packages = IEnergyPackages(msg.sender);
        return (packages.subscriptionOf(subscription), packages.areaOf(subscription));
    }

    function _earnedBy(Subscription memory s, Area memory a, uint16 month) private view returns (uint256) {
        if (month < a.base) return 0;
        if (month == a.base) return a.before;
        uint256 all = tariffs.weightOf(s.version, a.base, s.until - a.base);
        return a.before + a.fee * tariffs.weightOf(s.version, a.base, month - a.base) / all;
    }

    /// @dev Whether an account is another beneficial owner's than the customer's. Of an account that was replaced nobody is
    /// told when its owner changes.
    function _isAnother(address account, address customer) private view returns (bool) {
        uint32 owner = _membership.standingOf(_membership.currentOf(customer)).owner;
        return _membership.standingOf(account).owner != owner;
    }

    function _owesTooLong(Subscription memory s, Metered memory m, address provider) private view returns (bool) {
        IEnergyPackages packages = IEnergyPackages(msg.sender);
        uint40 since = packages.owedSince(s.customer, provider);
        return m.suspended && since != 0 && block.timestamp >= since + packages.GRACE() + FORBEARANCE;
    }

    function _readUntil(uint32 device) private view returns (uint40 time) {
        (time,,) = _readings.lastOf(device);
    }

    function _month() private view returns (uint16) {
        return uint16(Months.at(block.timestamp));
    }

    /// @dev Rounded up.
    function _fee(TariffTerms memory t, uint256 amount) private pure returns (uint256) {
        return Math.ceilDiv(amount * t.cancelFeeBps, WHOLE);
    }

    function _room(uint32 member, uint16 zone, Carrier carrier) private pure returns (uint256) {
        return member | uint256(zone) << 32 | uint256(carrier) << 48;
    }

    function _goTogether(Purchase calldata p, Quote memory of_, Purchase calldata other, Quote memory ofOther)
        private
        pure
        returns (bool)
    {
        // The lower bits are the provider and the zone, what is above them is the carrier.
        bool fits =
            of_.provider == ofOther.provider && uint48(of_.room) == uint48(ofOther.room) && of_.room != ofOther.room;
        if (p.term != 0 && other.term != 0) return fits && p.term == other.term && p.first == other.first;
        // Lots begin a month after an area that is bought for the month that runs.
        uint16 apart = p.first < other.first ? other.first - p.first : p.first - other.first;
        return fits && apart <= 1;
    }

    function _requireMeaning(Purchase calldata p, uint256 place) private view {
        bool byArea = p.kind == Kind.Area;
        bool said = (p.term == 0) == (p.kind == Kind.Lots) && (byArea ? p.amount == 0 : p.area == 0 && p.device != 0);
        require(said, InvalidPurchase(place));
        uint16 month = _month();
        uint16 earliest = byArea ? month : month + 1;
        uint16 latest = month + MONTHS_AHEAD;
        require(earliest <= p.first && p.first <= latest, InvalidFirstMonth(p.first, earliest, latest));
    }

    /// @dev What the device can draw.
    function _requireFits(address account, Purchase calldata p, TariffTerms memory t) private view returns (uint32) {
        Device memory d = meters.deviceOf(p.device);
        require(d.owner == account, IMeters.NotDeviceOwner(p.device, account));
        require(d.status == DeviceStatus.Certified, IMeters.UnexpectedDeviceStatus(p.device, d.status));
        Description memory its = d.description;
        bool fits = its.zone == t.zone && its.carrier == t.carrier && its.direction == Direction.Withdrawal;
        require(fits, WrongDevice(p.device, p.version));
        return its.ratedW;
    }

    function _quoteArea(Purchase calldata p, TariffTerms memory t, Quote memory q, uint256 carriers) private view {
        require(p.area >= LEAST_AREA, AreaTooSmall(p.area));
        uint256 fee = tariffs.areaFee(p.version, p.area, p.first, p.term, p.term, carriers);
        require(fee != 0 && fee <= type(uint96).max, InvalidFee(fee));
        uint256 loadW = uint256(p.area) * t.loadPerM2 / LEAST_AREA;
        // Or a factory would be supplied for the price of a square metre.
        require(q.loadW <= loadW, DeviceExceedsArea(p.device, q.loadW, loadW));
        (q.paid, q.until, q.loadW) = (uint96(fee), p.first + p.term, loadW);
    }

    function _quoteLots(Purchase calldata p, Quote memory q, uint256 carriers) private view {
        if (p.kind == Kind.Flow) q.flowPrice = tariffs.flowPriceFor(p.version, p.term);
        q.lots = _lots(p.version, p.kind, q.flowPrice, p.amount);
        q.bonus = uint96(uint256(p.amount) * tariffs.bundleBps(p.version, carriers) / WHOLE);
        (q.paid, q.until) = (p.amount, type(uint16).max);
    }

    function _lots(uint32 version, Kind kind, uint32 flowPrice, uint96 amount)
        private
        view
        returns (uint256[] memory lots)
    {
        (uint96[] memory money, uint32[] memory prices) = (new uint96[](1), new uint32[](1));
        if (kind == Kind.Flow) (money[0], prices[0]) = (amount, flowPrice);
        else (money, prices) = tariffs.lotsFor(version, amount);
        require(amount >= prices[0], PaymentTooSmall(amount, prices[0]));
        lots = new uint256[](money.length);
        for (uint256 i = 0; i < lots.length; ++i) {
            lots[i] = Lots.pack(money[i], prices[i], block.timestamp);
        }
    }

    /// @dev What was used would have cost so much more if no more had been bought, or for no longer. Blocks cost what they cost
    /// anyway, and a term that was kept was kept.
    function _dearer(Subscription memory s, Metered memory m, TariffTerms memory t, uint256 lot)
        private
        view
        returns (uint256)
    {
        uint256 used = lot.paid() - lot.left();
        uint256 alone = lot.price();
        if (s.kind == Kind.Flow) {
            if (s.until < s.first + m.term) alone = t.flowPrice;
        } else if (!t.incremental) {
            alone = tariffs.priceFor(s.version, used);
        }
        return used / lot.price() * (alone - lot.price());
    }
}
