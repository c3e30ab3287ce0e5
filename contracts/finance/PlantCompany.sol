// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAssetPools} from "../interfaces/IAssetPools.sol";
import {IAuction, SizeClass} from "../interfaces/IAuction.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPlantCompany} from "../interfaces/IPlantCompany.sol";
import {IPool} from "../interfaces/IPool.sol";
import {IVault} from "../interfaces/IVault.sol";
import {OrderWords} from "../libraries/OrderWords.sol";
import {Words} from "../libraries/Words.sol";

/// @title The company that owns a pool's plants
/// @notice See IPlantCompany. Pools have clones of one that is deployed with the market, and is itself no pool's.
contract PlantCompany is IPlantCompany {
    uint256 private constant LEAST_WH = 100;

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
        uint256 amount = Math.min(_vault.debtTo(address(this), creditor), _vault.accountOf(address(this)).free);
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
        uint256 left = _units.available(address(this), device, auction.bookOf(book).slotStart);
        SizeClass sizeClass = _classOf(device, wh, left);
        uint256 order = Words.sell(address(this), wh, price, number, device);
        emit QuoteSealed(book, device, order);
        auction.commit(book, sizeClass, number, auction.sealOf(book, order, 0));
    }

    /// @inheritdoc IPlantCompany
    function offerToPool(bytes32 book, uint32 device, uint16 price, uint40 wh) external {
        _requireMayQuote(price);
        marketPool.offer(book, device, price, wh);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev The smallest class, whose bond is the smallest too. What nobody could reveal would cost the pool its bond.
    function _classOf(uint32 device, uint40 wh, uint256 left) private pure returns (SizeClass) {
        require(wh >= LEAST_WH && wh <= left, NotThatMuch(device, wh, left));
        for (uint256 class = 0; class <= uint256(type(SizeClass).max); ++class) {
            if (wh <= OrderWords.ceilingOf(class)) return SizeClass(class);
        }
        revert NotThatMuch(device, wh, left);
    }

    function _requireMayQuote(uint16 price) private view {
        (address servicer, uint16 floorPrice) = pools.quotingOf(pool);
        require(msg.sender == servicer, NotServicer(msg.sender));
        require(price >= floorPrice, BelowFloor(price, floorPrice));
    }

    function _bitOf(address module) private view returns (uint48) {
        return uint48(1) << _vault.moduleOf(module).bit;
    }
}
