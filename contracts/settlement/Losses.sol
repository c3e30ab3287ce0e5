// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Balance, IImbalance} from "../interfaces/IImbalance.sol";
import {ILosses} from "../interfaces/ILosses.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Facts, IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Deviations} from "../libraries/Deviations.sol";
import {Leaks} from "../libraries/Leaks.sol";
import {Moves} from "../libraries/Moves.sol";

/// @title What is lost on the way, and who bears it
/// @notice See ILosses. Slots of one call with the same accounts are paid together.
contract Losses is ILosses {
    /// @inheritdoc ILosses
    IImbalance public immutable imbalance;
    /// @inheritdoc ILosses
    IReadings public immutable readings;
    /// @inheritdoc ILosses
    IZones public immutable zones;
    /// @inheritdoc ILosses
    IVault public immutable vault;
    uint40 private immutable _patience;

    mapping(uint256 slot => int256) private _borne;

    constructor(IImbalance imbalance_) {
        imbalance = imbalance_;
        readings = imbalance_.readings();
        zones = imbalance_.zones();
        vault = imbalance_.vault();
        _patience = imbalance_.PATIENCE();
    }

    /// @inheritdoc ILosses
    function borneOf(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (int256) {
        return _borne[_key(zone, carrier, slotStart)];
    }

    /// @inheritdoc ILosses
    function bear(uint16 zone, Carrier carrier, uint40[] calldata slots) external {
        uint40 knownAfter = zones.slotSeconds(zone, carrier);
        (address network, address balancing, int256 cost) = (address(0), address(0), 0);
        for (uint256 i = 0; i < slots.length; ++i) {
            Facts memory facts = zones.factsAt(zone, carrier, slots[i]);
            if (facts.network != network || facts.balancing != balancing) {
                _settle(network, balancing, cost);
                (network, balancing, cost) = (facts.network, facts.balancing, 0);
            }
            cost += _bear(zone, carrier, slots[i], slots[i] + knownAfter, facts);
        }
        _settle(network, balancing, cost);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _key(uint16 zone, Carrier carrier, uint40 slotStart) private pure returns (uint256) {
        return uint256(zone) << 48 | uint256(carrier) << 40 | slotStart;
    }

    /// @dev What a slot's loss costs the network beyond what it has borne of it.
    function _bear(uint16 zone, Carrier carrier, uint40 slotStart, uint40 end, Facts memory facts)
        private
        returns (int256 cost)
    {
        require(block.timestamp >= end + _patience, LossNotKnown(slotStart, end + _patience));
        if (facts.feeder == 0 || facts.exportFeeder == 0) return 0;
        if (_readUntil(facts.feeder) < end || _readUntil(facts.exportFeeder) < end) {
            emit LossWaits(zone, carrier, slotStart);
            return 0;
        }
        Balance memory b = imbalance.balanceOf(zone, carrier, slotStart);
        int256 excess = Leaks.excess(b.injected, b.withdrawn, b.imported, b.exported, facts.lossBps);
        uint256 key = _key(zone, carrier, slotStart);
        int256 borne = _borne[key];
        if (excess == borne) return 0;
        _borne[key] = excess;
        // The zone is short of what was lost.
        cost = Deviations.toGrid(facts, -excess) - Deviations.toGrid(facts, -borne);
        emit LossBorne(zone, carrier, slotStart, excess, cost);
        if (Leaks.isAlarming(excess, b.injected)) emit ZoneAlarm(zone, carrier, slotStart, excess, b.injected);
    }

    function _readUntil(uint32 device) private view returns (uint40 time) {
        (time,,) = readings.lastOf(device);
    }

    /// @dev Moves money between the two accounts. What the network does not have is recorded as its debt.
    function _settle(address network, address balancing, int256 cost) private {
        if (cost < 0) {
            uint128 saved = uint128(uint256(-cost));
            vault.lockMore(balancing, saved);
            saved -= vault.repay(network, balancing, saved);
            if (saved != 0) vault.pay(balancing, network, saved);
        } else if (cost > 0) {
            uint128 taken = _takeFrom(network, uint256(cost));
            if (taken != 0) vault.pay(network, balancing, taken);
            uint128 unpaid = uint128(uint256(cost)) - taken;
            if (unpaid != 0) vault.recordDebt(network, balancing, unpaid);
        }
    }

    /// @dev As much of an amount as an account has free and lets this module take.
    function _takeFrom(address account, uint256 amount) private returns (uint128 taken) {
        account = vault.membership().currentOf(account);
        uint128 free = vault.accountOf(account).free;
        taken = amount < free ? uint128(amount) : free;
        uint256[] memory moves = new uint256[](1);
        moves[0] = Moves.pack(account, int256(uint256(taken)));
        if (vault.adjustEach(moves).length != 0) taken = 0;
    }
}
