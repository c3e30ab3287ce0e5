// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITariffs, Step, Tariff} from "../../contracts/interfaces/ITariffs.sol";
import {Carrier} from "../../contracts/libraries/Carriers.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title What tariffs of any steps make of any payment
contract TariffFuzz is Fuzzed {
    uint256 private constant UPT_PER_PT = 1_000_000;
    uint256 private constant STEPS = 8;

    ITariffs private _tariffs;

    function setUp() external {
        _tariffs = ITariffs(_create("Tariffs", abi.encode(this, this, this)));
    }

    /// @notice Everybody may sell here.
    function requireActive(address, uint32) external pure returns (uint32) {
        return 1;
    }

    /// @notice And everything.
    function slotSeconds(uint16, Carrier) external pure returns (uint32) {
        return 900;
    }

    /// @dev What lies in each step has the price of that step, or all has the price of the last step reached.
    function testFuzz_lots(uint256 seed, uint8 count, uint96 amount, bool incremental) external {
        Step[] memory steps = _steps(seed, _within(count, 1, STEPS));
        amount = uint96(_amount(steps, amount));
        (uint96[] memory money, uint32[] memory prices) = _tariffs.lotsFor(_publish(steps, incremental), amount);
        (uint256 made, uint256 last) = (0, 0);
        for (uint256 i = 0; i < steps.length && amount >= steps[i].threshold * UPT_PER_PT; ++i) {
            last = i;
            uint256 from = steps[i].threshold * UPT_PER_PT;
            uint256 until = i + 1 == steps.length ? amount : _least(amount, steps[i + 1].threshold * UPT_PER_PT);
            if (!incremental || until == from) continue;
            assert(money[made] == until - from && prices[made] == steps[i].price);
            ++made;
        }
        if (!incremental) {
            assert(money[0] == amount && prices[0] == steps[last].price);
            made = 1;
        }
        assert(money.length == made && prices.length == made);
    }

    /// @dev All months of a term cost what they cost one by one, and rounding loses less than one for each.
    function testFuzz_months(uint256 seed, uint32 area, uint32 annualPrice, uint16 first, uint8 count) external {
        Tariff memory t = _tariff(_steps(seed, 1), false);
        (t.terms.annualPrice, t.terms.loadPerM2) = (uint32(_within(annualPrice, 1, type(uint32).max)), 1);
        t.weights = new uint16[](12);
        uint16 left = 10_000;
        for (uint256 i = 0; i < 11; ++i) {
            t.weights[i] = uint16(_draw(seed, i) % (left + 1));
            left -= t.weights[i];
        }
        t.weights[11] = left;
        uint32 version = _tariffs.publish(t);
        uint256 months = _within(count, 1, 36);
        first %= 1_000;
        uint256 singly = 0;
        for (uint16 i = 0; i < months; ++i) {
            singly += _tariffs.areaFeeSingly(version, area, first + i, 1);
        }
        assert(_tariffs.areaFeeSingly(version, area, first, months) == singly);
        uint256 fee = _tariffs.areaFee(version, area, first, months, 1, 1);
        assert(singly <= fee && fee < singly + months);
    }

    function _publish(Step[] memory steps, bool incremental) private returns (uint32) {
        return _tariffs.publish(_tariff(steps, incremental));
    }

    function _tariff(Step[] memory steps, bool incremental) private view returns (Tariff memory t) {
        (t.terms.provider, t.terms.incremental) = (address(this), incremental);
        (t.terms.whPerUnit, t.terms.capacityW, t.terms.postpaid) = (1_000, 1, type(uint32).max);
        t.steps = steps;
    }

    function _steps(uint256 seed, uint256 count) private pure returns (Step[] memory steps) {
        steps = new Step[](count);
        uint32 price = type(uint32).max;
        for (uint256 i = 0; i < count; ++i) {
            uint256 drawn = _draw(seed, i);
            price = uint32(_within(drawn, 1, price));
            steps[i].price = price;
            if (i != 0) steps[i].threshold = steps[i - 1].threshold + uint32(_within(drawn >> 128, 1, 100_000));
        }
    }

    // Now and then just what a step asks for, or one less.
    function _amount(Step[] memory steps, uint256 drawn) private pure returns (uint256) {
        uint256 at = steps[drawn % steps.length].threshold * UPT_PER_PT;
        if (drawn % 3 == 0 && at > 1) return at - drawn / 3 % 2;
        return _within(drawn, 1, 1_000_000 * UPT_PER_PT);
    }
}
