// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignedActions} from "../access/SignedActions.sol";
import {
    Area,
    IEnergyPackages,
    Metered,
    Purchase,
    Subscription,
    SubscriptionState
} from "../interfaces/IEnergyPackages.sol";
import {Quote} from "../interfaces/IPackageRules.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Kind} from "../interfaces/ITariffs.sol";
import {Lots} from "../libraries/Lots.sol";
import {Roles} from "../libraries/Roles.sol";
import {Subscriptions} from "./Subscriptions.sol";

/// @title Buying and paying
/// @notice The second of the four layers of EnergyPackages.
abstract contract Purchases is Subscriptions, SignedActions {
    using Lots for uint256;

    bytes32 private constant PURCHASE_TYPEHASH = keccak256(
        "Purchase(uint32 version,uint8 kind,uint16 first,uint8 term,uint32 device,uint32 area,uint96 amount)"
    );
    bytes32 public constant BUY_PACKAGES_TYPEHASH = keccak256(
        "BuyPackages(address signer,Purchase[] purchases,uint256 nonce,uint256 deadline)Purchase(uint32 version,uint8 kind,uint16 first,uint8 term,uint32 device,uint32 area,uint96 amount)"
    );
    bytes32 public constant PAY_PACKAGE_TYPEHASH =
        keccak256("PayPackage(address signer,uint256 subscription,uint96 amount,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IEnergyPackages
    uint256 public constant MAX_LOTS = 64;

    /// @inheritdoc IEnergyPackages
    function buy(Purchase[] calldata purchases) external returns (uint256 first) {
        return _buy(msg.sender, purchases);
    }

    /// @inheritdoc IEnergyPackages
    function buySigned(Purchase[] calldata purchases, Signed calldata auth) external returns (uint256 first) {
        Purchase[] memory all = purchases;
        bytes32[] memory hashes = new bytes32[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            hashes[i] = keccak256(abi.encode(PURCHASE_TYPEHASH, all[i]));
        }
        bytes32 together = keccak256(abi.encodePacked(hashes));
        _useSigned(auth, keccak256(abi.encode(BUY_PACKAGES_TYPEHASH, auth.signer, together, auth.nonce, auth.deadline)));
        return _buy(auth.signer, all);
    }

    /// @inheritdoc IEnergyPackages
    function pay(uint256 subscription, uint96 amount) external {
        _payInto(msg.sender, subscription, amount);
    }

    /// @inheritdoc IEnergyPackages
    function paySigned(uint256 subscription, uint96 amount, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(abi.encode(PAY_PACKAGE_TYPEHASH, auth.signer, subscription, amount, auth.nonce, auth.deadline))
        );
        _payInto(auth.signer, subscription, amount);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _buy(address account, Purchase[] memory purchases) private returns (uint256 first) {
        Quote[] memory quotes = rules.quote(account, purchases);
        first = subscriptionCount + 1;
        uint256 sum = 0;
        for (uint256 i = 0; i < quotes.length; ++i) {
            _open(account, purchases[i], quotes[i], i, quotes.length);
            sum += quotes[i].paid;
        }
        address provider = quotes[0].provider;
        _clearDebt(account, provider, vault.debtTo(account, provider));
        vault.lock(account, uint128(sum), Roles.MARKET);
    }

    function _open(address account, Purchase memory p, Quote memory q, uint256 place, uint256 size) private {
        uint256 subscription = ++subscriptionCount;
        uint256 admitted = _admitted[q.room] + q.loadW;
        require(admitted <= q.capacityW, OverCapacity(p.version, admitted, q.capacityW));
        _admitted[q.room] = admitted;
        if (p.device != 0) _suppliedDevices().begin(p.device, q.provider, p.first, q.until, subscription);
        Subscription memory s;
        (s.customer, s.version, s.kind, s.state) = (account, p.version, p.kind, SubscriptionState.Active);
        (s.first, s.until, s.place, s.size) = (p.first, q.until, uint8(place), uint8(size));
        _keep(subscription, s);
        emit Bought(subscription, account, p.version, uint8(place), uint8(size), q.paid, p);
        if (p.kind == Kind.Area) {
            Area memory a;
            (a.paid, a.fee, a.area, a.base) = (q.paid, q.paid, p.area, p.first);
            (a.term, a.device, a.time) = (p.term, p.device, uint32(block.timestamp));
            _keepArea(subscription, a);
            return;
        }
        Metered memory m;
        (m.device, m.drawn, m.term) = (p.device, p.first, p.term);
        (m.loadW, m.price) = (uint32(q.loadW), q.flowPrice);
        _addLots(subscription, m, q.lots);
        if (q.bonus == 0) return;
        uint256 price = q.lots[q.lots.length - 1].price();
        _bonuses[subscription] = Lots.pack(q.bonus, price, block.timestamp);
        emit BonusGiven(subscription, q.bonus, uint32(price));
    }

    function _addLots(uint256 subscription, Metered memory m, uint256[] memory lots) private {
        require(m.lots - m.head + lots.length <= MAX_LOTS, TooManyLots(subscription));
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 lot = lots[i];
            _lots[subscription][m.lots] = lot;
            emit LotAdded(subscription, m.lots++, uint96(lot.paid()), uint32(lot.price()));
        }
        _keepMetered(subscription, m);
    }

    function _payInto(address account, uint256 subscription, uint96 amount) private {
        Subscription memory s = _active(subscription);
        _requireCustomer(subscription, s.customer, account);
        require(s.kind != Kind.Area, PaidByArea(subscription));
        address provider = _termsOf(s.version).provider;
        uint128 debt = vault.debtTo(s.customer, provider);
        uint128 cleared = debt < amount ? debt : amount;
        _clearDebt(s.customer, provider, cleared);
        if (cleared == debt) _resume(subscription);
        amount -= uint96(cleared);
        if (amount == 0) return;
        _addLots(subscription, meteredOf(subscription), rules.lotsFor(subscription, amount));
        vault.lock(account, amount, Roles.MARKET);
    }

    /// @dev Who owes begins no new business. He owes it under the name that he bought under.
    function _clearDebt(address customer, address provider, uint128 debt) private {
        if (debt == 0) return;
        vault.lockMore(customer, debt);
        vault.repay(customer, provider, debt);
    }

    function _resume(uint256 subscription) internal {
        Metered memory m = meteredOf(subscription);
        if (!m.suspended) return;
        m.suspended = false;
        _keepMetered(subscription, m);
        emit SupplyResumed(subscription);
    }
}
