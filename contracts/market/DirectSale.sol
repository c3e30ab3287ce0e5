// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {DirectPosition, IDirectSale, Sale} from "../interfaces/IDirectSale.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IPositionSource, TradedSlot} from "../interfaces/IPositionSource.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Draws} from "../libraries/Draws.sol";
import {Lists} from "../libraries/Lists.sol";
import {Margins} from "../libraries/Margins.sol";
import {Parts} from "../libraries/Parts.sol";
import {Roles} from "../libraries/Roles.sol";
import {PositionSource} from "./PositionSource.sol";

/// @title Sales that two members agree on between themselves
/// @notice See IDirectSale.
contract DirectSale is IDirectSale, SignedActions, PositionSource {
    using Lists for uint256[];

    bytes32 public constant SALE_TYPEHASH = keccak256(
        "Sale(address seller,address buyer,uint8 carrier,uint16 zone,uint32 device,uint40 slotStart,uint40 wh,uint16 price,uint256 salt,uint256 deadline)"
    );
    uint40 private constant MIN_WH = 100;
    /// @dev Of a part whose money was handed over.
    uint256 private constant HANDED_OVER = 1 << 255;
    /// @dev Of a part that is not the account's last in the slot.
    uint256 private constant FOLLOWED = 1 << 254;

    /// @inheritdoc IDirectSale
    uint256 public constant MAX_SALES = 32;
    /// @inheritdoc IDirectSale
    IVault public immutable vault;
    /// @inheritdoc IDirectSale
    IEnergyUnits public immutable energyUnits;
    /// @inheritdoc IDirectSale
    IZones public immutable zones;

    mapping(bytes32 id => bool) private _known;
    /// @dev Of each account in each slot its trades, by number.
    mapping(bytes32 book => mapping(address account => mapping(uint256 number => uint256))) private _parts;

    constructor(IVault vault_, IEnergyUnits energyUnits_, IZones zones_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Direct Sale", "1")
    {
        vault = vault_;
        energyUnits = energyUnits_;
        zones = zones_;
    }

    /// @inheritdoc IDirectSale
    function positionOf(bytes32 book, address account) public view returns (DirectPosition memory p) {
        for (uint256 i = 0; i < MAX_SALES; ++i) {
            uint256 part = _parts[book][account][i];
            (uint40 wh, uint64 amount) = (uint40(Parts.wh(part)), uint64(Parts.due(part)));
            if (Parts.isSold(part)) (p.sold, p.due) = (p.sold + wh, p.due + amount);
            else (p.bought, p.paid) = (p.bought + wh, p.paid + amount);
        }
    }

    /// @inheritdoc IPositionSource
    function tradesOf(bytes32 book, address account) external view returns (uint256 sold, uint256 bought) {
        DirectPosition memory p = positionOf(book, account);
        return (p.sold, p.bought);
    }

    /// @inheritdoc IPositionSource
    function handOver(TradedSlot calldata slot, address[] calldata accounts)
        external
        onlySettlement
        returns (uint256[] memory parts)
    {
        parts = new uint256[](accounts.length * MAX_SALES);
        (uint256 count, uint256 money) = (0, 0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            mapping(uint256 number => uint256) storage own = _parts[slot.book][accounts[i]];
            for (uint256 number = 0; number < MAX_SALES; ++number) {
                uint256 word = own[number];
                if (word == 0) break;
                uint256 part = word & ~(HANDED_OVER | FOLLOWED);
                if (!Parts.isSold(part)) {
                    part = Parts.bought(Parts.wh(part));
                } else if (word & HANDED_OVER != 0) {
                    part = Parts.withoutMoney(part);
                } else {
                    own[number] = word | HANDED_OVER;
                    money += Parts.money(part);
                }
                parts.put(count++, Parts.under(part, i));
                if (word & FOLLOWED == 0) break;
            }
        }
        _handOn(vault, slot.book, parts, count, money);
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
        uint128 amount = uint128(sale.wh) * sale.price;
        tradeId = _record(sale, id, amount, margin);
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

    /// @dev What the buyer paid is kept with what he bought; none of it is due to him.
    function _record(Sale calldata sale, bytes32 id, uint128 amount, uint128 margin) private returns (bytes32) {
        bytes32 book = keccak256(abi.encode(sale.carrier, zones.zoneOf(sale.zone), sale.slotStart));
        _add(book, sale.seller, Parts.sold(sale.wh, amount, margin, sale.device));
        _add(book, sale.buyer, uint256(sale.wh) | uint256(amount) << 40);
        return keccak256(abi.encode(block.chainid, address(this), book, id));
    }

    function _add(bytes32 book, address account, uint256 part) private {
        mapping(uint256 number => uint256) storage own = _parts[book][account];
        uint256 number = 0;
        uint256 word = own[0];
        if (word != 0) {
            while (word & FOLLOWED != 0) word = own[++number];
            require(number + 1 < MAX_SALES, TooManySales(book, account));
            own[number] = word | FOLLOWED;
            ++number;
        }
        own[number] = part;
    }
}
