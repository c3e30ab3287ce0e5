// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Discounts, ITariffs, Kind, Step, Tariff, TariffTerms} from "../interfaces/ITariffs.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings} from "../libraries/Standings.sol";

/// @title What energy costs, as data
/// @notice See ITariffs. A price in mPT for 1,000 units is one in uPT for a unit, so no amount of energy is ever rounded; areas
/// are, down.
contract Tariffs is ITariffs, Governed {
    /// @inheritdoc ITariffs
    uint256 public constant MAX_STEPS = 8;

    uint256 private constant WHOLE = 10_000;
    uint256 private constant UPT_PER_PT = 1_000_000;
    /// @dev 0.01 m2 times mPT times weight times what discounts leave, in uPT.
    uint256 private constant AREA_SCALE = 10_000_000;
    uint32 private constant OFFICE = Roles.REGULATOR | Roles.OPERATOR;

    /// @inheritdoc ITariffs
    IMembership public immutable membership;
    /// @inheritdoc ITariffs
    IZones public immutable zones;
    /// @inheritdoc ITariffs
    uint32 public tariffCount;
    /// @inheritdoc ITariffs
    mapping(uint32 version => bool) public isWithdrawn;

    mapping(uint32 version => Tariff) private _tariffs;

    constructor(IMembership membership_, IZones zones_, address authority_) Governed(authority_) {
        membership = membership_;
        zones = zones_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ITariffs
    function tariffOf(uint32 version) external view returns (Tariff memory) {
        return _known(version);
    }

    /// @inheritdoc ITariffs
    function termsOf(uint32 version) external view returns (TariffTerms memory) {
        return _known(version).terms;
    }

    /// @inheritdoc ITariffs
    function requireSold(uint32 version, Kind kind) external view returns (TariffTerms memory) {
        Tariff storage t = _known(version);
        require(!isWithdrawn[version], TariffWasWithdrawn(version));
        bool sold = t.steps.length != 0;
        if (kind == Kind.Flow) sold = t.terms.flowPrice != 0;
        if (kind == Kind.Area) sold = t.terms.annualPrice != 0;
        require(sold, KindNotSold(version, kind));
        return t.terms;
    }

    /// @inheritdoc ITariffs
    function lotsFor(uint32 version, uint96 amount)
        external
        view
        returns (uint96[] memory money, uint32[] memory prices)
    {
        Tariff storage t = _known(version);
        uint256 step = _stepFor(version, t, amount);
        (uint256 first, uint256 count) = (step, 1);
        if (t.terms.incremental) {
            // What just reaches a step buys nothing at its price.
            bool reaches = step != 0 && amount == t.steps[step].threshold * UPT_PER_PT;
            (first, count) = (0, reaches ? step : step + 1);
        }
        (money, prices) = (new uint96[](count), new uint32[](count));
        uint256 rest = amount;
        for (uint256 i = count; i != 0; --i) {
            uint256 from = i == 1 ? 0 : t.steps[i - 1].threshold * UPT_PER_PT;
            money[i - 1] = uint96(rest - from);
            prices[i - 1] = t.steps[first + i - 1].price;
            rest = from;
        }
    }

    /// @inheritdoc ITariffs
    function priceFor(uint32 version, uint256 amount) external view returns (uint32) {
        Tariff storage t = _known(version);
        return t.steps[_stepFor(version, t, amount)].price;
    }

    /// @inheritdoc ITariffs
    function flowPriceFor(uint32 version, uint8 term) external view returns (uint32) {
        Tariff storage t = _known(version);
        return _flowPrice(t.terms.flowPrice, _ofTerm(term, t.discounts.flowQuarter, t.discounts.flowYear));
    }

    /// @inheritdoc ITariffs
    function bundleBps(uint32 version, uint256 carriers) public view returns (uint16) {
        Discounts storage d = _known(version).discounts;
        if (carriers < 2) return 0;
        if (carriers == 2) return d.twoCarriers;
        return carriers == 3 ? d.threeCarriers : d.fourCarriers;
    }

    /// @inheritdoc ITariffs
    function weightOf(uint32 version, uint16 first, uint256 count) public view returns (uint256 weight) {
        uint16[] memory weights = _known(version).weights;
        for (uint256 i = 0; i < count; ++i) {
            weight += weights[(first + i) % 12];
        }
    }

    /// @inheritdoc ITariffs
    function areaFee(uint32 version, uint32 area, uint16 first, uint256 count, uint8 term, uint256 carriers)
        external
        view
        returns (uint256)
    {
        Tariff storage t = _known(version);
        uint256 left = WHOLE - _ofTerm(term, t.discounts.areaQuarter, t.discounts.areaYear);
        uint256 year = uint256(area) * t.terms.annualPrice;
        uint256 fee = year * weightOf(version, first, count) * left / AREA_SCALE;
        return fee * (WHOLE - bundleBps(version, carriers)) / WHOLE;
    }

    /// @inheritdoc ITariffs
    function areaFeeSingly(uint32 version, uint32 area, uint16 first, uint256 count)
        external
        view
        returns (uint256 fee)
    {
        Tariff storage t = _known(version);
        uint256 year = uint256(area) * t.terms.annualPrice;
        for (uint256 i = 0; i < count; ++i) {
            fee += year * t.weights[(first + i) % 12] * WHOLE / AREA_SCALE;
        }
    }

    // ----------------------------------------------------------------------------------------------- publishing

    /// @inheritdoc ITariffs
    function publish(Tariff calldata tariff) external onlyAuthority returns (uint32 version) {
        TariffTerms calldata terms = tariff.terms;
        membership.requireActive(terms.provider, Roles.MARKET);
        // Reverts where the carrier is not open.
        zones.slotSeconds(terms.zone, terms.carrier);
        _requireShares(terms, tariff.discounts);
        require(terms.whPerUnit != 0, EmptyUnit());
        bool byArea = terms.annualPrice != 0;
        require(tariff.steps.length != 0 || terms.flowPrice != 0 || byArea, NothingSold());
        uint32 dearest = _requireSteps(tariff.steps);
        if (terms.flowPrice > dearest) dearest = terms.flowPrice;
        require(terms.postpaid >= dearest, PostpaidTooCheap(terms.postpaid, dearest));
        if (byArea) _requireYear(tariff.weights);
        else require(tariff.weights.length == 0, WeightsWithoutArea(tariff.weights.length));
        bool hasRoom = terms.capacityW != 0 && (terms.loadPerM2 != 0 || !byArea);
        require(hasRoom, NoCapacity(terms.capacityW, terms.loadPerM2));
        version = ++tariffCount;
        _tariffs[version] = tariff;
        emit TariffPublished(version, terms.provider, tariff);
    }

    /// @inheritdoc ITariffs
    function withdraw(uint32 version) external {
        address provider = membership.currentOf(_known(version).terms.provider);
        if (msg.sender != provider) {
            Standing memory s = membership.standingOf(msg.sender);
            bool may = Standings.isActive(s.status, s.certifiedUntil, s.roles, OFFICE);
            require(may, NotProvider(version, msg.sender));
        }
        require(!isWithdrawn[version], TariffWasWithdrawn(version));
        isWithdrawn[version] = true;
        emit TariffWithdrawn(version, msg.sender);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _known(uint32 version) private view returns (Tariff storage) {
        require(version != 0 && version <= tariffCount, UnknownTariff(version));
        return _tariffs[version];
    }

    /// @dev The last step that a payment reaches.
    function _stepFor(uint32 version, Tariff storage t, uint256 amount) private view returns (uint256 place) {
        require(t.steps.length != 0, KindNotSold(version, Kind.Lots));
        uint256 last = t.steps.length - 1;
        while (place < last && amount >= t.steps[place + 1].threshold * UPT_PER_PT) ++place;
    }

    function _ofTerm(uint8 term, uint16 quarter, uint16 year) private pure returns (uint256) {
        if (term == 1) return 0;
        if (term == 3) return quarter;
        require(term == 12, InvalidTerm(term));
        return year;
    }

    function _flowPrice(uint256 price, uint256 discount) private pure returns (uint32) {
        return uint32(price * (WHOLE - discount) / WHOLE);
    }

    /// @dev The price of the first step, which no other exceeds; 0 when there is none.
    function _requireSteps(Step[] calldata steps) private pure returns (uint32 dearest) {
        for (uint256 i = 0; i < steps.length; ++i) {
            bool follows = i == 0
                ? steps[0].threshold == 0
                : steps[i].threshold > steps[i - 1].threshold && steps[i].price <= steps[i - 1].price;
            require(follows && steps[i].price != 0 && i < MAX_STEPS, InvalidStep(i));
        }
        if (steps.length != 0) dearest = steps[0].price;
    }

    function _requireYear(uint16[] calldata weights) private pure {
        uint256 sum = 0;
        for (uint256 i = 0; i < weights.length; ++i) {
            sum += weights[i];
        }
        require(weights.length == 12 && sum == WHOLE, InvalidWeights(weights.length, sum));
    }

    function _requireShares(TariffTerms calldata terms, Discounts calldata d) private pure {
        uint16[8] memory shares = [
            terms.cancelFeeBps,
            d.areaQuarter,
            d.areaYear,
            d.flowQuarter,
            d.flowYear,
            d.twoCarriers,
            d.threeCarriers,
            d.fourCarriers
        ];
        for (uint256 i = 0; i < shares.length; ++i) {
            require(shares[i] <= WHOLE, IZones.BpsTooLarge(shares[i]));
        }
        if (terms.flowPrice == 0) return;
        uint16 most = d.flowQuarter > d.flowYear ? d.flowQuarter : d.flowYear;
        require(_flowPrice(terms.flowPrice, most) != 0, SoldForNothing());
    }
}
