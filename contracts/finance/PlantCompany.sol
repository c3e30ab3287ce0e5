// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAssetPools} from "../interfaces/IAssetPools.sol";
import {Book, IAuction, SizeClass} from "../interfaces/IAuction.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, IMeters} from "../interfaces/IMeters.sol";
import {IPlantCompany, PendingQuote} from "../interfaces/IPlantCompany.sol";
import {IPool} from "../interfaces/IPool.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Margins} from "../libraries/Margins.sol";
import {OrderWords} from "../libraries/OrderWords.sol";
import {Words} from "../libraries/Words.sol";

/// @title The company that owns a pool's plants
/// @notice See IPlantCompany. Pools have clones of one that is deployed with the market, and is itself no pool's.
contract PlantCompany is IPlantCompany {
    uint256 private constant LEAST_WH = 100;
    /// @inheritdoc IPlantCompany
    uint256 public constant MOST_QUOTES = 32;

    /// @inheritdoc IPlantCompany
    IMeters public immutable meters;
    /// @inheritdoc IPlantCompany
    IAuction public immutable auction;
    /// @inheritdoc IPlantCompany
    IPool public immutable marketPool;
    /// @inheritdoc IPlantCompany
    IImbalance public immutable imbalance;
    IEnergyUnits private immutable _units;
    IVault private immutable _vault;
    IMembership private immutable _membership;

    /// @inheritdoc IPlantCompany
    IAssetPools public pools;
    /// @inheritdoc IPlantCompany
    uint32 public pool;
    /// @inheritdoc IPlantCompany
    mapping(bytes32 book => mapping(uint32 device => uint256)) public quotedOf;

    PendingQuote[] private _pending;

    modifier onlyPools() {
        require(msg.sender == address(pools), NotPools(msg.sender));
        _;
    }

    constructor(IPool marketPool_, IImbalance imbalance_) {
        marketPool = marketPool_;
        auction = marketPool_.auction();
        imbalance = imbalance_;
        meters = imbalance_.meters();
        _units = auction.energyUnits();
        _vault = auction.vault();
        _membership = _vault.membership();
        // Nobody's for good.
        pools = IAssetPools(address(this));
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IPlantCompany
    function reserved() public view returns (uint256 needed) {
        for (uint256 i = 0; i < _pending.length; ++i) {
            if (_pending[i].until > block.timestamp) needed += _pending[i].cost;
        }
    }

    // ----------------------------------------------------------------------------------------------------- pools

    /// @inheritdoc IPlantCompany
    function found(uint32 pool_) external {
        require(address(pools) == address(0), AlreadyFounded());
        (pools, pool) = (IAssetPools(msg.sender), pool_);
    }

    /// @inheritdoc IPlantCompany
    function take(uint32 device) external onlyPools {
        meters.accept(device);
        meters.pledge(device, address(pools), address(this));
    }

    /// @inheritdoc IPlantCompany
    function giveBack(uint32 device, address to) external onlyPools {
        meters.offer(device, to);
    }

    // ---------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IPlantCompany
    function join() external {
        _vault.chooseModules(
            _bitOf(address(pools)) | _bitOf(address(auction)) | _bitOf(address(marketPool)) | _bitOf(address(imbalance))
        );
    }

    /// @inheritdoc IPlantCompany
    function payDebt(address creditor) external {
        uint256 unbound = Math.saturatingSub(_free(), reserved());
        uint256 amount = Math.min(_vault.debtTo(address(this), creditor), unbound);
        require(amount != 0, NothingToPay(creditor));
        _vault.payDebt(address(this), creditor, uint128(amount));
    }

    /// @inheritdoc IPlantCompany
    function objectToRecovery() external {
        _membership.objectToRecovery();
    }

    // -------------------------------------------------------------------------------------------------- servicers

    /// @inheritdoc IPlantCompany
    function quote(bytes32 book, uint8 number, uint32 device, uint16 price, uint40 wh) external {
        _requireMayQuote(price);
        Book memory b = _bookFor(book, device);
        SizeClass sizeClass = _classOf(device, wh, _leftOf(book, device, b));
        uint256 held = auction.bondOf(sizeClass) + auction.KEEPER_FEE();
        uint256 cost = Math.saturatingSub(wh * Margins.rate(price, b.dearestWh), held);
        _requireCovered(held + cost);
        _remember(PendingQuote(b.clearsAt, uint128(cost)));
        quotedOf[book][device] += wh;
        uint256 order = Words.sell(address(this), wh, price, number, device);
        emit QuoteSealed(book, device, order);
        auction.commit(book, sizeClass, number, auction.sealOf(book, order, 0));
    }

    /// @inheritdoc IPlantCompany
    function offerToPool(bytes32 book, uint32 device, uint16 price, uint40 wh) external {
        _requireMayQuote(price);
        Book memory b = _bookFor(book, device);
        uint256 left = _leftOf(book, device, b);
        require(wh <= left, NotThatMuch(device, wh, left));
        _requireCovered(wh * Margins.rate(price, b.dearestWh));
        marketPool.offer(book, device, price, wh);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _free() private view returns (uint256) {
        return _vault.accountOf(address(this)).free;
    }

    function _bookFor(bytes32 book, uint32 device) private view returns (Book memory b) {
        b = auction.bookOf(book);
        Description memory d = meters.deviceOf(device).description;
        require(b.zone == d.zone && b.carrier == d.carrier, OtherBook(book, device));
    }

    /// @dev Sealed quotes draw on a plant when they are revealed; until then only this contract knows of them.
    function _leftOf(bytes32 book, uint32 device, Book memory b) private view returns (uint256) {
        return Math.saturatingSub(_units.available(address(this), device, b.slotStart), quotedOf[book][device]);
    }

    /// @dev A quote that cannot be revealed, for want of money, loses its bond.
    function _requireCovered(uint256 more) private view {
        (uint256 free, uint256 needed) = (_free(), reserved() + more);
        require(free >= needed, NotCovered(free, needed));
    }

    function _remember(PendingQuote memory made) private {
        for (uint256 i = 0; i < _pending.length; ++i) {
            if (_pending[i].until > block.timestamp) continue;
            _pending[i] = made;
            return;
        }
        require(_pending.length < MOST_QUOTES, TooManyPending());
        _pending.push(made);
    }

    /// @dev The smallest class, whose bond is the smallest too.
    function _classOf(uint32 device, uint40 wh, uint256 left) private pure returns (SizeClass) {
        require(wh >= LEAST_WH && wh <= left, NotThatMuch(device, wh, left));
        for (uint256 class = 0; class <= uint256(type(SizeClass).max); ++class) {
            if (wh <= OrderWords.ceilingOf(class)) return SizeClass(class);
        }
        revert NotThatMuch(device, wh, left);
    }

    function _requireMayQuote(uint16 price) private view {
        (address servicer, uint16 floorPrice) = pools.servicers().quotingOf(pool);
        require(msg.sender == servicer, NotServicer(msg.sender));
        require(price >= floorPrice, BelowFloor(price, floorPrice));
    }

    function _bitOf(address module) private view returns (uint48) {
        return uint48(1) << _vault.moduleOf(module).bit;
    }
}
