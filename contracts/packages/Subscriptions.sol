// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area, IEnergyPackages, Metered, Subscription, SubscriptionState} from "../interfaces/IEnergyPackages.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPackageRules} from "../interfaces/IPackageRules.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {ISuppliedDevices} from "../interfaces/ISuppliedDevices.sol";
import {ITariffs, TariffTerms} from "../interfaces/ITariffs.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Months} from "../libraries/Months.sol";
import {SubscriptionWords} from "../libraries/SubscriptionWords.sol";

/// @title What members subscribed to
/// @notice The first of the four layers of EnergyPackages.
abstract contract Subscriptions is IEnergyPackages {
    /// @notice An area, as SubscriptionWords has it.
    struct AreaWords {
        uint256 low;
        uint256 high;
    }

    /// @dev Of what has no end yet.
    uint16 internal constant OPEN = type(uint16).max;

    /// @inheritdoc IEnergyPackages
    ITariffs public immutable tariffs;
    /// @inheritdoc IEnergyPackages
    IPackageRules public immutable rules;
    /// @inheritdoc IEnergyPackages
    IMembership public immutable membership;
    /// @inheritdoc IEnergyPackages
    IMeters public immutable meters;
    /// @inheritdoc IEnergyPackages
    IReadings public immutable readings;
    /// @inheritdoc IEnergyPackages
    IVault public immutable vault;

    /// @inheritdoc IEnergyPackages
    uint256 public subscriptionCount;

    /// @dev When a customer came to owe a provider for packages last, who had owed him nothing for them.
    mapping(address customer => mapping(address provider => uint40)) internal _owing;
    mapping(uint256 room => uint256) internal _admitted;
    mapping(uint256 subscription => uint256) private _subscriptions;
    mapping(uint256 subscription => uint256) private _metered;
    mapping(uint256 subscription => AreaWords) private _areas;
    mapping(uint256 subscription => mapping(uint256 place => uint256)) internal _lots;
    mapping(uint256 subscription => uint256) internal _bonuses;

    constructor(IPackageRules rules_) {
        rules = rules_;
        tariffs = rules_.tariffs();
        readings = rules_.reports().readings();
        meters = readings.meters();
        vault = readings.vault();
        membership = vault.membership();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IEnergyPackages
    function subscriptionOf(uint256 subscription) public view returns (Subscription memory) {
        return SubscriptionWords.unpack(_subscriptions[subscription]);
    }

    /// @inheritdoc IEnergyPackages
    function meteredOf(uint256 subscription) public view returns (Metered memory) {
        return SubscriptionWords.unpackMetered(_metered[subscription]);
    }

    /// @inheritdoc IEnergyPackages
    function areaOf(uint256 subscription) public view returns (Area memory) {
        return SubscriptionWords.unpackArea(_areas[subscription].low, _areas[subscription].high);
    }

    /// @inheritdoc IEnergyPackages
    function lotsOf(uint256 subscription) external view returns (uint256[] memory lots, uint256 bonus) {
        Metered memory m = meteredOf(subscription);
        lots = new uint256[](m.lots - m.head);
        for (uint256 i = 0; i < lots.length; ++i) {
            lots[i] = _lots[subscription][m.head + i];
        }
        bonus = _bonuses[subscription];
    }

    /// @inheritdoc IEnergyPackages
    function admittedW(address provider, uint16 zone, Carrier carrier) external view returns (uint256) {
        return _admitted[rules.roomOf(provider, zone, carrier)];
    }

    /// @inheritdoc IEnergyPackages
    function owedSince(address customer, address provider) public view returns (uint40 since) {
        since = _owing[customer][provider];
        uint40 debtSince = vault.debtSince(customer, provider);
        // All was paid since then; what is owed now is for something else.
        if (debtSince == 0 || since < debtSince) since = 0;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _keep(uint256 subscription, Subscription memory s) internal {
        _subscriptions[subscription] = SubscriptionWords.pack(s);
    }

    function _keepMetered(uint256 subscription, Metered memory m) internal {
        _metered[subscription] = SubscriptionWords.pack(m);
    }

    function _keepArea(uint256 subscription, Area memory a) internal {
        (_areas[subscription].low, _areas[subscription].high) = SubscriptionWords.pack(a);
    }

    function _month() internal view returns (uint16) {
        return uint16(Months.at(block.timestamp));
    }

    function _known(uint256 subscription) internal view returns (Subscription memory s) {
        s = subscriptionOf(subscription);
        require(s.state != SubscriptionState.None, UnknownSubscription(subscription));
    }

    function _unclosed(uint256 subscription) internal view returns (Subscription memory s) {
        s = _known(subscription);
        require(s.state != SubscriptionState.Closed, UnexpectedState(subscription, s.state));
    }

    function _active(uint256 subscription) internal view returns (Subscription memory s) {
        s = _known(subscription);
        require(s.state == SubscriptionState.Active, UnexpectedState(subscription, s.state));
    }

    function _requireCustomer(uint256 subscription, address customer, address account) internal view {
        require(membership.currentOf(customer) == account, NotCustomer(subscription, account));
    }

    function _suppliedDevices() internal view returns (ISuppliedDevices) {
        return ISuppliedDevices(address(meters.suppliers()));
    }

    function _termsOf(uint32 version) internal view returns (TariffTerms memory) {
        return tariffs.termsOf(version);
    }

    function _giveUp(TariffTerms memory t, uint256 loadW) internal {
        _admitted[rules.roomOf(t.provider, t.zone, t.carrier)] -= loadW;
    }

    function _pay(address from, address to, uint256 amount) internal {
        if (amount != 0) vault.pay(from, to, uint128(amount));
    }

    function _release(address account, uint256 amount) internal {
        if (amount != 0) vault.release(account, uint128(amount));
    }

    /// @dev As much of an amount as an account has free and lets this module take.
    function _collect(address account, uint256 amount) internal returns (uint256 unpaid) {
        uint128 taken = rules.takeable(account, amount);
        if (taken != 0) vault.lockMore(account, taken);
        return amount - taken;
    }
}
