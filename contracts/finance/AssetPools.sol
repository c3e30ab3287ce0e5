// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IAssetPools, Payout, PoolStage, PoolStanding} from "../interfaces/IAssetPools.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPlantCompany} from "../interfaces/IPlantCompany.sol";
import {IPoolOffers, PoolPlan, PoolSale} from "../interfaces/IPoolOffers.sol";
import {IServicers} from "../interfaces/IServicers.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {ITranche, ShareCursor, TrancheKind} from "../interfaces/ITranche.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Flow, IWaterfall, PoolOutcome, PoolState} from "../interfaces/IWaterfall.sol";
import {Moves} from "../libraries/Moves.sol";
import {Roles} from "../libraries/Roles.sol";

/// @title Pools of plants, and what their investors are paid
/// @notice See IAssetPools. What this module has locked in the Vault is at any time what was subscribed of pools that are neither
/// decided nor refunded, the reserves, and what was set aside for holders.
contract AssetPools is IAssetPools, Governed, SignedActions {
    /// @inheritdoc IAssetPools
    bytes32 public constant SUBSCRIBE_TYPEHASH =
        keccak256("Subscribe(address signer,uint32 pool,uint8 kind,uint96 amount,uint256 nonce,uint256 deadline)");
    /// @inheritdoc IAssetPools
    uint40 public constant GRACE = 12 days;
    /// @inheritdoc IAssetPools
    uint40 public constant LATE_REST = 1 days;
    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IAssetPools
    IVault public immutable vault;
    /// @inheritdoc IAssetPools
    IPoolOffers public immutable offers;
    /// @inheritdoc IAssetPools
    IServicers public immutable servicers;
    /// @inheritdoc IAssetPools
    IWaterfall public immutable waterfall;
    /// @inheritdoc IAssetPools
    address public immutable companyOriginal;
    /// @inheritdoc IAssetPools
    address public immutable trancheOriginal;
    IMembership private immutable _membership;
    IMeters private immutable _meters;

    mapping(uint32 pool => PoolStanding) private _standings;
    mapping(uint32 pool => PoolState) private _states;
    mapping(uint32 pool => uint32[]) private _plants;
    mapping(uint32 pool => ITranche[3]) private _tranches;
    mapping(bytes32 poolAndPeriod => mapping(TrancheKind kind => Payout)) private _payouts;

    constructor(IPoolOffers offers_, IServicers servicers_, IPlantCompany company, ITranche tranche, address authority_)
        Governed(authority_)
        EIP712("Wattbook Asset Pools", "1")
    {
        offers = offers_;
        waterfall = offers_.waterfall();
        (companyOriginal, trancheOriginal) = (address(company), address(tranche));
        vault = offers_.admissions().readings().vault();
        _membership = vault.membership();
        _meters = company.meters();
        servicers = servicers_;
        servicers_.setPools();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IAssetPools
    function standingOf(uint32 pool) external view returns (PoolStanding memory) {
        return _standings[pool];
    }

    /// @inheritdoc IAssetPools
    function stateOf(uint32 pool) external view returns (PoolState memory) {
        return _states[pool];
    }

    /// @inheritdoc IAssetPools
    function plantsOf(uint32 pool) external view returns (uint32[] memory) {
        return _plants[pool];
    }

    /// @inheritdoc IAssetPools
    function tranchesOf(uint32 pool) external view returns (ITranche[3] memory) {
        return _tranches[pool];
    }

    /// @inheritdoc IAssetPools
    function payoutOf(uint32 pool, uint16 period, TrancheKind kind) external view returns (Payout memory) {
        return _payouts[_closingOf(pool, period)][kind];
    }

    // ---------------------------------------------------------------------------------------------------- opening

    /// @inheritdoc IAssetPools
    function found(uint32 pool) external {
        PoolStanding storage s = _inStage(pool, PoolStage.None);
        IPlantCompany company = IPlantCompany(Clones.cloneDeterministic(companyOriginal, bytes32(uint256(pool))));
        company.found(pool);
        (address servicer,) = offers.quotedBy(pool);
        address owner = offers.ownerOf(pool);
        s.company = address(company);
        servicers.appoint(pool, servicer);
        (s.stage, s.periods) = (PoolStage.Offered, uint8(offers.periodCount(pool)));
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 salt = bytes32(uint256(pool) << 8 | i);
            ITranche tranche = ITranche(Clones.cloneDeterministic(trancheOriginal, salt));
            tranche.begin(pool, TrancheKind(i), owner);
            _tranches[pool][i] = tranche;
        }
        emit PoolFounded(pool, address(company), _tranches[pool]);
    }

    /// @inheritdoc IAssetPools
    function open(uint32 pool, uint32[] calldata plants) external onlyAuthority {
        PoolStanding storage s = _inStage(pool, PoolStage.Offered);
        PoolSale memory sale = _saleOf(pool);
        require(block.timestamp < sale.deadline, SubscriptionOver(sale.deadline));
        offers.requireOpenable(pool, plants, s.company);
        s.stage = PoolStage.Subscribing;
        _plants[pool] = plants;
        emit PoolOpened(pool, plants);
        IPlantCompany company = IPlantCompany(s.company);
        company.join();
        for (uint256 i = 0; i < plants.length; ++i) {
            company.take(plants[i]);
        }
        // Now, and not when it is decided: that depends on nobody's standing.
        _tranches[pool][uint256(TrancheKind.Junior)].mint(_membership.currentOf(sale.owner), sale.junior);
    }

    // ------------------------------------------------------------------------------------------------- investing

    /// @inheritdoc IAssetPools
    function subscribe(uint32 pool, TrancheKind kind, uint96 amount) external {
        _subscribe(msg.sender, pool, kind, amount);
    }

    /// @inheritdoc IAssetPools
    function subscribeSigned(uint32 pool, TrancheKind kind, uint96 amount, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(SUBSCRIBE_TYPEHASH, auth.signer, pool, kind, amount, auth.nonce, auth.deadline))
        );
        _subscribe(auth.signer, pool, kind, amount);
    }

    /// @inheritdoc IAssetPools
    function decide(uint32 pool) external {
        PoolStanding storage s = _inStage(pool, PoolStage.Subscribing);
        PoolSale memory sale = _saleOf(pool);
        ITranche[3] storage tranches = _tranches[pool];
        uint96 senior = uint96(tranches[0].totalSupply());
        uint96 mezz = uint96(tranches[1].totalSupply());
        bool allSold = senior == sale.senior && mezz == sale.mezz;
        require(allSold || block.timestamp >= sale.deadline, NotYet(sale.deadline));
        uint256 raised = uint256(senior) + mezz;
        s.stage = raised < sale.least ? PoolStage.Cancelled : PoolStage.Active;
        emit PoolDecided(pool, s.stage, senior, mezz);
        if (s.stage == PoolStage.Cancelled) return;
        PoolState storage state = _states[pool];
        (state.senior, state.mezz, state.reserve) = (senior, mezz, sale.reserve);
        for (uint256 i = 0; i < 3; ++i) {
            tranches[i].activate();
        }
        uint256[] memory moves = new uint256[](2);
        moves[0] = _given(sale.owner, raised - sale.reserve - sale.working);
        moves[1] = _given(s.company, sale.working);
        vault.adjustEach(moves);
    }

    /// @inheritdoc IAssetPools
    function refund(uint32 pool, address[] calldata holders) external {
        _inStage(pool, PoolStage.Cancelled);
        uint256[] memory moves = new uint256[](holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            address holder = holders[i];
            uint256 amount = _takeBack(pool, TrancheKind.Senior, holder) + _takeBack(pool, TrancheKind.Mezz, holder);
            require(amount != 0, NothingHeld(holder));
            moves[i] = _given(holder, amount);
            emit Refunded(pool, holder, uint96(amount));
        }
        vault.adjustEach(moves);
    }

    /// @inheritdoc IAssetPools
    function redeem(uint32 pool, TrancheKind kind) external {
        _inStage(pool, PoolStage.Matured);
        require(kind != TrancheKind.Junior, NotRedeemed());
        PoolState storage state = _states[pool];
        uint256 owed = kind == TrancheKind.Senior
            ? _owed(state.senior, state.seniorArrears)
            : _owed(state.mezz, state.mezzArrears);
        require(owed == 0, StillOwed(owed));
        require(_takeBack(pool, kind, msg.sender) != 0, NothingHeld(msg.sender));
    }

    // --------------------------------------------------------------------------------------------------- periods

    /// @inheritdoc IAssetPools
    function close(uint32 pool, uint16 period) external {
        PoolStanding storage s = _inStage(pool, PoolStage.Active);
        require(period >= s.closed, PeriodIsClosed(pool, period));
        require(period == s.closed, OutOfTurn(pool, s.closed));
        PoolPlan memory plan = offers.planOf(pool, period);
        require(block.timestamp >= plan.end + GRACE, NotYet(plan.end + GRACE));
        uint96 collected = _collect(s.company, plan.kept);
        PoolOutcome memory outcome = offers.outcomeOf(pool, period, _states[pool], collected);
        uint16 completeBps = offers.completenessOf(pool, period, _plants[pool]);
        address servicer = servicers.note(pool, completeBps, collected == 0, outcome.dscrBps < WHOLE);
        if (period + 1 == s.periods) s.stage = PoolStage.Matured;
        _conclude(pool, s, collected, completeBps, plan.end - 1, outcome);
        uint256[] memory moves = new uint256[](3);
        moves[0] = _given(plan.taxAccount, outcome.paid[uint256(Flow.Tax)]);
        moves[1] = _given(servicer, outcome.paid[uint256(Flow.Servicer)]);
        moves[2] = _given(plan.trusteeAccount, outcome.paid[uint256(Flow.Trustee)]);
        vault.adjustEach(moves);
    }

    /// @inheritdoc IAssetPools
    function closeLate(uint32 pool) external {
        PoolStanding storage s = _inStage(pool, PoolStage.Matured);
        require(block.timestamp > s.record + LATE_REST, NotYet(s.record + LATE_REST + 1));
        uint96 collected = _collectLate(pool, s.company);
        require(collected != 0, NothingCollected(pool));
        PoolOutcome memory outcome = waterfall.late(_states[pool], collected);
        _conclude(pool, s, collected, uint16(WHOLE), uint40(block.timestamp) - 1, outcome);
    }

    /// @inheritdoc IAssetPools
    function distribute(uint32 pool, uint16 period, TrancheKind kind, uint256 count) external {
        Payout storage payout = _payouts[_closingOf(pool, period)][kind];
        ITranche tranche = _tranches[pool][uint256(kind)];
        Payout memory p = payout;
        require(p.amount != 0 && p.before != tranche.issued(), NothingToDistribute(pool, period, kind));
        (address[] memory holders, uint256[] memory shares, ShareCursor memory next) =
            tranche.sharesOf(p.amount, p.record, ShareCursor(p.place, p.before), count);
        (payout.place, payout.before) = (next.place, next.before);
        uint256[] memory moves = new uint256[](holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            moves[i] = _given(holders[i], shares[i]);
        }
        emit Distributed(pool, period, kind, moves);
        vault.adjustEach(moves);
    }

    // ------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc IAssetPools
    function resetTrigger(uint32 pool) external onlyAuthority {
        _inStage(pool, PoolStage.Active);
        _states[pool].trigger = false;
        emit TriggerReset(pool);
    }

    // ------------------------------------------------------------------------------------------------------- end

    /// @inheritdoc IAssetPools
    function handBack(uint32 pool, uint32 device) external {
        PoolStanding storage s = _standings[pool];
        bool over = s.stage == PoolStage.Cancelled || s.stage == PoolStage.Matured;
        require(over, WrongPoolStage(pool, s.stage));
        uint256 owed = _owedBy(pool);
        require(owed == 0, StillOwed(owed));
        require(_isPlant(pool, device), IMeters.UnknownDevice(device));
        if (_meters.deviceOf(device).pledgee == address(this)) _meters.releasePledge(device);
        address to = _membership.currentOf(offers.ownerOf(pool));
        emit PlantHandedBack(pool, device, to);
        IPlantCompany(s.company).giveBack(device, to);
    }

    /// @inheritdoc IAssetPools
    function returnEarned(uint32 pool) external {
        PoolStanding storage s = _inStage(pool, PoolStage.Cancelled);
        uint96 amount = _collect(s.company, 0);
        require(amount != 0, NothingCollected(pool));
        address to = _membership.currentOf(offers.ownerOf(pool));
        emit EarnedReturned(pool, to, amount);
        vault.pay(s.company, to, amount);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _inStage(uint32 pool, PoolStage stage) private view returns (PoolStanding storage s) {
        s = _standings[pool];
        require(s.stage == stage, WrongPoolStage(pool, s.stage));
    }

    function _saleOf(uint32 pool) private view returns (PoolSale memory) {
        return offers.saleOf(pool);
    }

    function _subscribe(address holder, uint32 pool, TrancheKind kind, uint96 amount) private {
        _inStage(pool, PoolStage.Subscribing);
        PoolSale memory sale = _saleOf(pool);
        require(block.timestamp < sale.deadline, SubscriptionOver(sale.deadline));
        require(kind != TrancheKind.Junior, JuniorNotOffered());
        ITranche tranche = _tranches[pool][uint256(kind)];
        uint256 left = (kind == TrancheKind.Senior ? sale.senior : sale.mezz) - tranche.totalSupply();
        require(amount != 0 && amount <= left, Oversubscribed(left, amount));
        emit Subscribed(pool, kind, holder, amount);
        vault.lock(holder, amount, Roles.INVESTOR);
        tranche.mint(holder, amount);
    }

    /// @dev After the final period too a company keeps what its quotes need, unless all that it has pays all that is owed.
    function _collectLate(uint32 pool, address company) private returns (uint96) {
        bool pays = vault.accountOf(company).free >= _owedBy(pool);
        return _collect(company, pays ? 0 : _saleOf(pool).working);
    }

    /// @dev Takes what a company has beside what it keeps. Without what its quotes need they would lose their bonds.
    function _collect(address company, uint256 kept) private returns (uint96 collected) {
        uint256 free = vault.accountOf(company).free;
        kept = Math.max(kept, IPlantCompany(company).reserved());
        if (free <= kept) return 0;
        collected = uint96(Math.min(free - kept, type(uint96).max));
        vault.lockMore(company, collected);
    }

    /// @dev Sets aside what tranches get, and notes what is owed from now on.
    function _conclude(
        uint32 pool,
        PoolStanding storage s,
        uint96 collected,
        uint16 completeBps,
        uint40 record,
        PoolOutcome memory o
    ) private {
        uint16 period = s.closed++;
        s.record = record;
        _states[pool] = o.state;
        emit PeriodClosed(pool, period, collected, completeBps, o.dscrBps, record, o.paid, o.state);
        bytes32 closing = _closingOf(pool, period);
        _setAside(closing, TrancheKind.Senior, record, _seniorOf(o.paid));
        _setAside(closing, TrancheKind.Mezz, record, _mezzOf(o.paid));
        _setAside(closing, TrancheKind.Junior, record, o.paid[uint256(Flow.Junior)]);
    }

    function _setAside(bytes32 closing, TrancheKind kind, uint40 record, uint256 amount) private {
        if (amount != 0) _payouts[closing][kind] = Payout(uint96(amount), 0, 0, record);
    }

    function _takeBack(uint32 pool, TrancheKind kind, address holder) private returns (uint256 amount) {
        ITranche tranche = _tranches[pool][uint256(kind)];
        amount = tranche.balanceOf(holder);
        if (amount != 0) tranche.burn(holder, amount);
    }

    function _closingOf(uint32 pool, uint16 period) private pure returns (bytes32) {
        return bytes32(uint256(pool) << 16 | period);
    }

    function _seniorOf(uint128[13] memory paid) private pure returns (uint256) {
        return uint256(paid[uint256(Flow.SeniorInterest)]) + paid[uint256(Flow.SeniorPrincipal)]
            + paid[uint256(Flow.SeniorInterestFromReserve)] + paid[uint256(Flow.SeniorPrincipalFromReserve)];
    }

    function _mezzOf(uint128[13] memory paid) private pure returns (uint256) {
        return uint256(paid[uint256(Flow.MezzInterest)]) + paid[uint256(Flow.MezzPrincipal)]
            + paid[uint256(Flow.MezzInterestFromReserve)] + paid[uint256(Flow.MezzPrincipalFromReserve)];
    }

    function _isPlant(uint32 pool, uint32 device) private view returns (bool) {
        uint32[] memory plants = _plants[pool];
        for (uint256 i = 0; i < plants.length; ++i) {
            if (plants[i] == device) return true;
        }
        return false;
    }

    function _owedBy(uint32 pool) private view returns (uint256) {
        PoolState storage state = _states[pool];
        return _owed(state.senior, state.seniorArrears) + _owed(state.mezz, state.mezzArrears);
    }

    function _owed(uint96 principal, uint96 arrears) private pure returns (uint256) {
        return uint256(principal) + arrears;
    }

    function _given(address account, uint256 amount) private pure returns (uint256) {
        return Moves.pack(account, -int256(amount));
    }
}
