// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {DirectPosition, IDirectSale, Sale} from "../interfaces/IDirectSale.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Draws} from "../libraries/Draws.sol";
import {Margins} from "../libraries/Margins.sol";
import {Roles} from "../libraries/Roles.sol";

/// @title Sales that two members agree on between themselves
/// @notice See IDirectSale.
contract DirectSale is IDirectSale, SignedActions {
    bytes32 public constant SALE_TYPEHASH = keccak256(
        "Sale(address seller,address buyer,uint8 carrier,uint16 zone,uint32 device,uint40 slotStart,uint40 wh,uint16 price,uint256 salt,uint256 deadline)"
    );
    uint40 private constant MIN_WH = 100;

    /// @inheritdoc IDirectSale
    IVault public immutable vault;
    /// @inheritdoc IDirectSale
    IEnergyUnits public immutable energyUnits;
    /// @inheritdoc IDirectSale
    IZones public immutable zones;

    mapping(bytes32 id => bool) private _known;
    mapping(bytes32 book => mapping(address account => DirectPosition)) private _positions;

    constructor(IVault vault_, IEnergyUnits energyUnits_, IZones zones_) EIP712("Wattbook Direct Sale", "1") {
        vault = vault_;
        energyUnits = energyUnits_;
        zones = zones_;
    }

    /// @inheritdoc IDirectSale
    function positionOf(bytes32 book, address account) external view returns (DirectPosition memory) {
        return _positions[book][account];
    }

    /// @inheritdoc IDirectSale
    function sell(Sale calldata sale, bytes calldata sellerSignature, bytes calldata buyerSignature)
        external
        returns (bytes32 tradeId)
    {
        require(sale.seller != sale.buyer, SellerIsBuyer(sale.seller));
        require(sale.wh >= MIN_WH, SaleTooSmall(sale.wh));
        bytes32 id = keccak256(abi.encode(SALE_TYPEHASH, sale));
        require(!_known[id], SaleKnown(id));
        _known[id] = true;
        _requireSignature(sale.seller, sale.deadline, id, sellerSignature);
        _requireSignature(sale.buyer, sale.deadline, id, buyerSignature);
        uint128 margin = _margin(sale);
        uint64 amount = uint64(sale.wh) * sale.price;
        tradeId = _record(sale, id, amount);
        emit Sold(tradeId, sale.seller, sale.buyer, sale, margin);
        _lockUnits(sale);
        vault.lock(sale.seller, margin, Roles.MARKET);
        vault.lock(sale.buyer, amount, Roles.MARKET);
    }

    function _lockUnits(Sale calldata sale) private {
        uint256[] memory draw = Draws.only(sale.seller, sale.device, sale.wh);
        bool free = energyUnits.lockEach(sale.zone, sale.carrier, sale.slotStart, draw).length == 0;
        require(free, UnitsUnavailable(sale.device, sale.wh));
    }

    function _margin(Sale calldata sale) private view returns (uint128) {
        uint24 dearest = Margins.dearest(zones.factsAt(sale.zone, sale.carrier, sale.slotStart).poolOut);
        return uint128(sale.wh * Margins.rate(sale.price, dearest));
    }

    function _record(Sale calldata sale, bytes32 id, uint64 amount) private returns (bytes32) {
        bytes32 book = keccak256(abi.encode(sale.carrier, zones.zoneOf(sale.zone), sale.slotStart));
        DirectPosition storage sold = _positions[book][sale.seller];
        (sold.sold, sold.due) = (sold.sold + sale.wh, sold.due + amount);
        DirectPosition storage bought = _positions[book][sale.buyer];
        (bought.bought, bought.paid) = (bought.bought + sale.wh, bought.paid + amount);
        return keccak256(abi.encode(block.chainid, address(this), book, id));
    }
}
