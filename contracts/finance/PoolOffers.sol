// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Evaluation, IAdmissions} from "../interfaces/IAdmissions.sol";
import {IEnergyUnits, Reservation} from "../interfaces/IEnergyUnits.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPoolOffers, PoolDue, PoolPlan, PoolSale, PoolTerms} from "../interfaces/IPoolOffers.sol";
import {IWaterfall, PoolOutcome, PoolRates, PoolState, WaterfallPeriod} from "../interfaces/IWaterfall.sol";
import {Completeness} from "../libraries/Completeness.sol";
import {Grading} from "../libraries/Grading.sol";
import {Months} from "../libraries/Months.sol";
import {PoolPlans} from "../libraries/PoolPlans.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standings} from "../libraries/Standings.sol";

/// @title What pools of plants are offered, and what may be raised on them
/// @notice See IPoolOffers.
contract PoolOffers is IPoolOffers {
    /// @inheritdoc IPoolOffers
    uint256 public constant MOST_PLANTS = 16;
    /// @inheritdoc IPoolOffers
    uint256 public constant MOST_PERIODS = 64;

    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IPoolOffers
    IAdmissions public immutable admissions;
    /// @inheritdoc IPoolOffers
    IWaterfall public immutable waterfall;
    IMembership private immutable _membership;
    IMeters private immutable _meters;

    /// @inheritdoc IPoolOffers
    uint32 public poolCount;
    /// @inheritdoc IPoolOffers
    mapping(uint32 pool => uint96) public limitOf;

    mapping(uint32 pool => PoolTerms) private _terms;
    mapping(uint32 pool => PoolDue[]) private _periods;
    mapping(uint32 pool => uint32[]) private _plants;

    constructor(IAdmissions admissions_, IWaterfall waterfall_) {
        admissions = admissions_;
        waterfall = waterfall_;
        _membership = admissions_.membership();
        _meters = admissions_.meters();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IPoolOffers
    function termsOf(uint32 pool) external view returns (PoolTerms memory) {
        return _existing(pool);
    }

    /// @inheritdoc IPoolOffers
    function periodsOf(uint32 pool) external view returns (PoolDue[] memory) {
        return _periods[pool];
    }

    /// @inheritdoc IPoolOffers
    function ownerOf(uint32 pool) external view returns (address) {
        return _existing(pool).owner;
    }

    /// @inheritdoc IPoolOffers
    function plantsOf(uint32 pool) external view returns (uint32[] memory) {
        return _plants[pool];
    }

    /// @inheritdoc IPoolOffers
    function quotedBy(uint32 pool) external view returns (address servicer, uint16 floorPrice) {
        PoolTerms storage terms = _existing(pool);
        return (terms.servicer, terms.floorPrice);
    }

    /// @inheritdoc IPoolOffers
    function saleOf(uint32 pool) external view returns (PoolSale memory) {
        PoolTerms storage t = _existing(pool);
        return PoolSale(t.owner, t.senior, t.mezz, t.junior, t.least, t.reserve, t.working, t.deadline);
    }

    /// @inheritdoc IPoolOffers
    function periodCount(uint32 pool) external view returns (uint256) {
        return _periods[pool].length;
    }

    /// @inheritdoc IPoolOffers
    function planOf(uint32 pool, uint16 period) external view returns (PoolPlan memory plan) {
        PoolTerms storage terms = _existing(pool);
        (plan.start, plan.end) = _spanOf(pool, period);
        if (!_isFinal(pool, period)) plan.kept = terms.working;
        (plan.trusteeAccount, plan.taxAccount) = (terms.trusteeAccount, terms.taxAccount);
    }

    /// @inheritdoc IPoolOffers
    function outcomeOf(uint32 pool, uint16 period, PoolState calldata state, uint96 collected)
        external
        view
        returns (PoolOutcome memory)
    {
        (uint40 start, uint40 end) = _spanOf(pool, period);
        PoolDue storage due = _periods[pool][period];
        uint16 length = uint16((end - start) / 1 days);
        return waterfall.run(
            state,
            _existing(pool).rates,
            WaterfallPeriod(collected, length, _isFinal(pool, period), due.senior, due.mezz)
        );
    }

    /// @inheritdoc IPoolOffers
    function completenessOf(uint32 pool, uint16 period, uint32[] calldata plants) external view returns (uint16) {
        (uint40 start, uint40 end) = _spanOf(pool, period);
        uint256 first = period == 0 ? Months.at(start - 1) + 1 : Months.at(start);
        return Completeness.leastOf(admissions.readings(), _meters, plants, first, Months.at(end));
    }

    /// @inheritdoc IPoolOffers
    function evaluationOf(uint32 pool, uint32[] calldata devices) public view returns (uint256 dscrBps, uint96 limit) {
        PoolTerms memory terms = _existing(pool);
        address owner = _membership.currentOf(terms.owner);
        for (uint256 i = 0; i < devices.length; ++i) {
            require(_meters.ownerOf(devices[i]) == owner, IMeters.NotDeviceOwner(devices[i], owner));
            _requireUnreserved(devices[i]);
        }
        dscrBps = _coverage(pool, terms, devices);
        limit = _limitOf(pool, terms, devices, dscrBps);
    }

    /// @inheritdoc IPoolOffers
    function requireOpenable(uint32 pool, uint32[] calldata devices, address company) external view {
        PoolTerms storage terms = _existing(pool);
        require(keccak256(abi.encode(devices)) == keccak256(abi.encode(_plants[pool])), OtherPlants(pool));
        _requireCertified(pool, company);
        (, uint96 limit) = evaluationOf(pool, devices);
        uint256 offered = uint256(terms.senior) + terms.mezz;
        require(offered <= limit, AboveLimit(offered, limit));
    }

    // --------------------------------------------------------------------------------------------------- offering

    /// @inheritdoc IPoolOffers
    function offer(PoolTerms calldata terms, PoolDue[] calldata periods) external returns (uint32 pool) {
        _requireParties(terms);
        _requireTerms(terms);
        _requirePeriods(terms.start, periods);
        pool = ++poolCount;
        _terms[pool] = terms;
        for (uint256 i = 0; i < periods.length; ++i) {
            _periods[pool].push(periods[i]);
        }
        emit PoolOffered(pool, terms, periods);
    }

    /// @inheritdoc IPoolOffers
    function admit(uint32 pool, uint32[] calldata devices) external {
        PoolTerms memory terms = _existing(pool);
        require(block.timestamp < terms.deadline, BadPlants());
        require(devices.length != 0 && devices.length <= MOST_PLANTS, BadPlants());
        for (uint256 i = 0; i < devices.length; ++i) {
            require(i == 0 || devices[i] > devices[i - 1], BadPlants());
        }
        bool isOwner = _membership.currentOf(terms.owner) == msg.sender;
        require(isOwner, IMeters.NotDeviceOwner(devices[0], msg.sender));
        (uint256 dscrBps, uint96 limit) = evaluationOf(pool, devices);
        (limitOf[pool], _plants[pool]) = (limit, devices);
        emit PlantsAdmitted(pool, devices, dscrBps, limit);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _existing(uint32 pool) private view returns (PoolTerms storage) {
        require(pool != 0 && pool <= poolCount, UnknownPool(pool));
        return _terms[pool];
    }

    function _spanOf(uint32 pool, uint16 period) private view returns (uint40 start, uint40 end) {
        PoolDue[] storage periods = _periods[pool];
        end = periods[period].end;
        start = period == 0 ? _terms[pool].start : periods[period - 1].end;
    }

    function _isFinal(uint32 pool, uint16 period) private view returns (bool) {
        return period + 1 == _periods[pool].length;
    }

    function _ownerIdOf(address account) private view returns (uint32) {
        return _membership.standingOf(_membership.currentOf(account)).owner;
    }

    /// @dev What its owner sold ahead the company would have to deliver, and be paid nothing.
    function _requireUnreserved(uint32 device) private view {
        Reservation[] memory list = IEnergyUnits(_meters.mirror()).reservationsOf(device);
        for (uint256 i = 0; i < list.length; ++i) {
            bool over = list[i].wh == 0 || list[i].until <= block.timestamp;
            require(over, PlantReserved(device, list[i].until));
        }
    }

    /// @dev A company whose certification lapsed could sell nothing, and nobody but an office renews it.
    function _requireCertified(uint32 pool, address company) private view {
        _membership.requireActive(company, Roles.PRODUCER);
        _membership.requireActive(company, Roles.STORAGE);
        PoolDue[] storage periods = _periods[pool];
        uint40 needed = periods[periods.length - 1].end + admissions.GRACE();
        uint40 until = _membership.standingOf(company).certifiedUntil;
        require(until > needed, CertificationTooShort(until, needed));
    }

    /// @dev How what all plants earned together covers what is planned for the first twelve months.
    function _coverage(uint32 pool, PoolTerms memory terms, uint32[] calldata devices) private view returns (uint256) {
        uint256 net = 0;
        for (uint256 i = 0; i < devices.length; ++i) {
            net += admissions.netOf(devices[i]);
        }
        (uint256 left, uint256 service) = PoolPlans.firstYear(terms, _periods[pool], net);
        return waterfall.coverage(left, service);
    }

    /// @dev What may be raised on all plants together.
    function _limitOf(uint32 pool, PoolTerms memory terms, uint32[] calldata devices, uint256 dscrBps)
        private
        view
        returns (uint96)
    {
        PoolDue[] storage periods = _periods[pool];
        uint32 length = uint32((periods[periods.length - 1].end - terms.start) / 1 days);
        uint256 limit = 0;
        for (uint256 i = 0; i < devices.length; ++i) {
            (Evaluation memory found,, uint256 advance) =
                admissions.evaluate(devices[i], terms.servicer, _bounded(dscrBps), length);
            require(found.admitted, IAdmissions.NotAdmitted(Grading.shut(found.gates), found.score));
            limit += advance;
        }
        return _bounded(limit);
    }

    function _bounded(uint256 value) private pure returns (uint96) {
        return value > type(uint96).max ? type(uint96).max : uint96(value);
    }

    function _requireParties(PoolTerms calldata terms) private view {
        require(msg.sender == terms.owner, BadTerms());
        _membership.requireActive(terms.owner, Roles.PRODUCER | Roles.PROSUMER);
        // Contracts of the market are always active, but nobody's, and the Vault cannot even be paid.
        require(_membership.requireActive(terms.servicer, 0) != 0, Standings.NotMember(terms.servicer));
        require(_ownerIdOf(terms.servicer) != _ownerIdOf(terms.owner), NotApart(terms.servicer));
        _requirePayable(terms.trusteeAccount, terms.owner);
        _requirePayable(terms.taxAccount, terms.owner);
    }

    /// @dev One account that nobody can pay would stop a pool for good; the Vault has none with itself. What comes before
    /// senior must not be the owner's.
    function _requirePayable(address account, address owner) private view {
        require(account != _membership.mirror(), Standings.NotMember(account));
        require(_ownerIdOf(account) != _ownerIdOf(owner), NotApart(account));
    }

    function _requireTerms(PoolTerms calldata terms) private view {
        uint256 putAside = uint256(terms.reserve) + terms.working;
        require(putAside <= terms.least, ReserveAboveLeast(putAside, terms.least));
        uint256 offered = uint256(terms.senior) + terms.mezz;
        require(terms.junior != 0 && terms.least != 0 && terms.least <= offered, BadTerms());
        require(block.timestamp < terms.deadline && terms.deadline <= terms.start, BadTerms());
        PoolRates calldata rates = terms.rates;
        require(rates.seniorBps <= WHOLE && rates.mezzBps <= WHOLE, BadTerms());
        require(rates.taxBps <= WHOLE && rates.servicerBps <= WHOLE, BadTerms());
    }

    function _requirePeriods(uint40 start, PoolDue[] calldata periods) private view {
        require(periods.length != 0 && periods.length <= MOST_PERIODS, BadTerms());
        uint256 most = uint256(waterfall.MOST_DAYS()) * 1 days;
        for (uint256 i = 0; i < periods.length; ++i) {
            uint40 end = periods[i].end;
            require(end > start && (end - start) % 1 days == 0 && end - start <= most, BadTerms());
            start = end;
        }
    }
}
