// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {
    Area,
    IEnergyPackages,
    Metered,
    Refund,
    Subscription,
    SubscriptionState
} from "../interfaces/IEnergyPackages.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPackageRules} from "../interfaces/IPackageRules.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Kind, TariffTerms} from "../interfaces/ITariffs.sol";
import {Lots} from "../libraries/Lots.sol";
import {Months} from "../libraries/Months.sol";
import {Drawing} from "./Drawing.sol";
import {Subscriptions} from "./Subscriptions.sol";

/// @title Energy packages
/// @notice See IEnergyPackages. Four layers: Subscriptions keeps them, Purchases sells, Drawing pays providers, this one ends
/// what was begun.
contract EnergyPackages is Drawing {
    using Lots for uint256;

    /// @notice A bundle that breaks: its first part, how many it had, who ends one, and uPT that come back to him.
    struct Bundle {
        uint256 first;
        uint256 size;
        address account;
        uint256 purse;
    }

    bytes32 public constant CANCEL_PACKAGE_TYPEHASH =
        keccak256("CancelPackage(address signer,uint256 subscription,uint256 nonce,uint256 deadline)");
    bytes32 public constant ASSIGN_PACKAGE_TYPEHASH =
        keccak256("AssignPackage(address signer,uint256 subscription,address to,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IEnergyPackages
    uint40 public constant PATIENCE = 30 days;

    constructor(IPackageRules rules_) Subscriptions(rules_) EIP712("Wattbook Energy Packages", "1") {}

    // -------------------------------------------------------------------------------------------------- customers

    /// @inheritdoc IEnergyPackages
    function cancel(uint256 subscription) external {
        _cancel(msg.sender, subscription);
    }

    /// @inheritdoc IEnergyPackages
    function cancelSigned(uint256 subscription, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(CANCEL_PACKAGE_TYPEHASH, auth.signer, subscription, auth.nonce, auth.deadline))
        );
        _cancel(auth.signer, subscription);
    }

    /// @inheritdoc IEnergyPackages
    function assign(uint256 subscription, address to, Signed calldata giver, Signed calldata taker) external {
        Subscription memory s = _unclosed(subscription);
        _requireCustomer(subscription, s.customer, giver.signer);
        require(taker.signer == to, NotAssignable(subscription, to));
        _useAssignment(subscription, to, giver);
        _useAssignment(subscription, to, taker);
        uint32 device = areaOf(subscription).device;
        if (s.kind != Kind.Area) {
            Round memory r;
            _enter(r, s.version);
            device = _drawRead(r, subscription, s).device;
            _payOut(r);
            s.until = OPEN;
        }
        if (device != 0) {
            bool inTime = _suppliedDevices().goOn(device, subscription, s.until);
            require(inTime, NotAssignable(subscription, to));
        }
        rules.requireAssignable(subscription, device, to);
        Bundle memory b = _bundleOf(subscription, s, giver.signer);
        // What others pay does not depend on it any more.
        (s.customer, s.state, s.place, s.size) = (to, SubscriptionState.Active, 0, 1);
        _keep(subscription, s);
        _resume(subscription);
        Metered memory m = meteredOf(subscription);
        m.refund = Refund.Usual;
        _keepMetered(subscription, m);
        emit Assigned(subscription, giver.signer, to);
        // Without a device nobody need have moved.
        if (device == 0 && b.size != 1) _break(b);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IEnergyPackages
    function close(uint256 subscription) external {
        Subscription memory s = _known(subscription);
        require(s.state == SubscriptionState.Ending, UnexpectedState(subscription, s.state));
        Round memory r;
        _enter(r, s.version);
        Metered memory m = _drawRead(r, subscription, s);
        if (m.drawn < s.until) {
            uint40 until = uint40(Months.startOf(s.until)) + PATIENCE;
            require(block.timestamp >= until, ReadingsAwaited(subscription, until));
            r.least = rules.meanOf(subscription);
            _drawMonths(r, subscription, s, m, s.until);
        }
        _payOut(r);
        _refundLots(subscription, s, r.terms);
    }

    /// @inheritdoc IEnergyPackages
    function supplyEnded(uint256 subscription, uint16 until) external {
        require(msg.sender == address(_suppliedDevices()), IMeters.NotSuppliers(msg.sender));
        Subscription memory s = subscriptionOf(subscription);
        // What is paid by area goes on without the device.
        if (s.state != SubscriptionState.Active || s.kind == Kind.Area) return;
        (, Refund refund,) = rules.endOf(subscription);
        _end(msg.sender, subscription, s, until, refund);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _useAssignment(uint256 subscription, address to, Signed calldata auth) private {
        _useSigned(
            auth,
            keccak256(abi.encode(ASSIGN_PACKAGE_TYPEHASH, auth.signer, subscription, to, auth.nonce, auth.deadline))
        );
    }

    function _cancel(address account, uint256 subscription) private {
        Subscription memory s = _active(subscription);
        Round memory r;
        _enter(r, s.version);
        bool byArea = s.kind == Kind.Area;
        if (byArea) _earn(r, subscription, s);
        _payOut(r);
        // An area's last month may have been over.
        if (byArea) _active(subscription);
        (bool byAnyone, Refund refund, uint16 until) = rules.endOf(subscription);
        if (!byAnyone) _requireCustomer(subscription, s.customer, account);
        if (byArea) {
            _endArea(account, subscription, s, r.terms, refund, until);
        } else {
            _end(account, subscription, s, until, refund);
            _suppliedDevices().end(meteredOf(subscription).device, subscription, until);
            if (until == s.first) _refundLots(subscription, s, r.terms);
        }
    }

    function _end(address account, uint256 subscription, Subscription memory s, uint16 until, Refund refund) private {
        (s.state, s.until) = (SubscriptionState.Ending, until);
        _keep(subscription, s);
        Metered memory m = meteredOf(subscription);
        m.refund = refund;
        _keepMetered(subscription, m);
        emit Cancelled(subscription, until, refund);
        if (refund == Refund.Usual) _break(_bundleOf(subscription, s, account));
    }

    /// @dev Gives back what is left of all lots, less what is kept.
    function _refundLots(uint256 subscription, Subscription memory s, TariffTerms memory t) private {
        (uint256 left, uint256 kept) = rules.keptOf(subscription);
        Metered memory m = meteredOf(subscription);
        m.head = m.lots;
        _keepMetered(subscription, m);
        delete _bonuses[subscription];
        _giveUp(t, m.loadW);
        _close(subscription, s, t.provider, left, kept);
    }

    function _endArea(
        address account,
        uint256 subscription,
        Subscription memory s,
        TariffTerms memory t,
        Refund refund,
        uint16 until
    ) private {
        Area memory a = areaOf(subscription);
        uint256 back = rules.backOf(subscription, refund, until);
        (s.state, s.until) = (SubscriptionState.Ending, until);
        _keep(subscription, s);
        if (a.device != 0) _suppliedDevices().end(a.device, subscription, until);
        _giveUpArea(t, a.area);
        emit Cancelled(subscription, until, refund);
        uint256 kept = uint256(a.fee) + a.before - a.earned - back;
        if (refund == Refund.Usual) {
            Bundle memory b = _bundleOf(subscription, s, account);
            b.purse = back;
            _break(b);
            back = b.purse;
        }
        _close(subscription, s, t.provider, back + kept, kept);
    }

    function _bundleOf(uint256 subscription, Subscription memory s, address account)
        private
        pure
        returns (Bundle memory b)
    {
        (b.first, b.size, b.account) = (subscription - s.place, s.size, account);
    }

    /// @dev What is left of a bundle costs what it costs by itself, from the next month on.
    function _break(Bundle memory b) private {
        uint256 carriers = 0;
        for (uint256 i = 0; i < b.size; ++i) {
            if (_goesOn(b, b.first + i)) ++carriers;
        }
        for (uint256 i = 0; i < b.size; ++i) {
            uint256 other = b.first + i;
            if (!_goesOn(b, other)) continue;
            if (_bonuses[other] != 0) {
                emit BonusLapsed(other, uint96(_bonuses[other].left()));
                delete _bonuses[other];
            } else if (subscriptionOf(other).kind == Kind.Area) {
                _reprice(b, other, carriers);
            }
        }
    }

    /// @dev Whether one of a bundle goes on, and with its first customer.
    function _goesOn(Bundle memory b, uint256 subscription) private view returns (bool) {
        Subscription memory s = subscriptionOf(subscription);
        return s.state == SubscriptionState.Active && s.size == b.size && _month() < s.until;
    }

    /// @dev The provider gets it as those months go by, as all that is paid for an area. What comes back is taken
    /// first, then what is free; who ends a bundle himself must have the rest, and others' steps put nobody in debt.
    function _reprice(Bundle memory b, uint256 subscription, uint256 carriers) private {
        Subscription memory s = subscriptionOf(subscription);
        Round memory r;
        _enter(r, s.version);
        _earn(r, subscription, s);
        _payOut(r);
        (uint16 since, uint256 running, uint256 fee, uint256 difference) = rules.repriced(subscription, carriers);
        if (difference == 0) return;
        uint256 unpaid = difference - Math.min(difference, b.purse);
        b.purse -= difference - unpaid;
        if (unpaid != 0) unpaid = _collect(s.customer, unpaid);
        if (unpaid != 0 && membership.currentOf(s.customer) == b.account) {
            revert DifferenceMissing(subscription, unpaid);
        }
        Area memory a = areaOf(subscription);
        (a.fee, a.base, a.before, a.earned) = (uint96(fee - unpaid), since, uint96(running), 0);
        a.paid += uint96(difference - unpaid);
        _keepArea(subscription, a);
        emit Repriced(subscription, since, uint128(difference), uint128(unpaid));
    }

    function _close(uint256 subscription, Subscription memory s, address provider, uint256 left, uint256 kept) private {
        s.state = SubscriptionState.Closed;
        _keep(subscription, s);
        uint256 back = left - kept;
        emit Closed(subscription, uint128(back), uint128(kept));
        _pay(s.customer, provider, kept);
        // Money that lies here while he owes would otherwise be gone before he pays.
        back -= vault.repay(s.customer, provider, uint128(back));
        _release(s.customer, back);
    }
}
