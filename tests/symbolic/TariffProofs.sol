// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "../../contracts/interfaces/IMembership.sol";
import {Step, Tariff} from "../../contracts/interfaces/ITariffs.sol";
import {IZones} from "../../contracts/interfaces/IZones.sol";
import {Carrier} from "../../contracts/libraries/Carriers.sol";
import {Standing} from "../../contracts/libraries/Standings.sol";
import {Tariffs} from "../../contracts/packages/Tariffs.sol";

/// @title What holds of every tariff of three steps that can be published, and of every payment
contract TariffProofs {
    uint256 private constant UPT_PER_PT = 1_000_000;

    Tariffs private immutable _tariffs = new Tariffs(IMembership(address(this)), IZones(address(this)), address(this));

    /// @notice Everybody may sell here.
    function requireActive(address, uint32) external pure returns (uint32) {
        return 1;
    }

    /// @notice And everything.
    function slotSeconds(uint16, Carrier) external pure returns (uint32) {
        return 900;
    }

    /// @dev The lots of a payment are the payment, each at the price of a step, and none is empty.
    function check_lots_are_the_payment(uint8[2] calldata at, uint8[3] calldata prices, bool incremental, uint32 amount)
        external
    {
        require(amount != 0);
        uint32 version = _publish(at, prices, incremental);
        (uint96[] memory money, uint32[] memory unit) = _tariffs.lotsFor(version, amount);
        uint256 sum = 0;
        for (uint256 i = 0; i < money.length; ++i) {
            assert(money[i] != 0);
            assert(i == 0 || unit[i] <= unit[i - 1]);
            sum += money[i];
        }
        assert(sum == amount && money.length == unit.length && money.length != 0);
    }

    /// @dev Who pays more never gets a dearer price.
    function check_more_is_never_dearer(uint8[2] calldata at, uint8[3] calldata prices, uint32 less, uint32 more)
        external
    {
        require(less <= more);
        uint32 version = _publish(at, prices, false);
        assert(_tariffs.priceFor(version, more) <= _tariffs.priceFor(version, less));
    }

    /// @dev A price is that of the last step that the payment reaches.
    function check_the_last_step_reached(uint8[2] calldata at, uint8[3] calldata prices, uint32 amount) external {
        uint256 price = _tariffs.priceFor(_publish(at, prices, false), amount);
        if (amount >= at[1] * UPT_PER_PT) assert(price == prices[2]);
        else if (amount >= at[0] * UPT_PER_PT) assert(price == prices[1]);
        else assert(price == prices[0]);
    }

    function _publish(uint8[2] calldata at, uint8[3] calldata prices, bool incremental) private returns (uint32) {
        Tariff memory t;
        (t.terms.provider, t.terms.incremental) = (address(this), incremental);
        (t.terms.whPerUnit, t.terms.capacityW, t.terms.postpaid) = (1_000, 1, type(uint32).max);
        t.steps = new Step[](3);
        t.steps[0].price = prices[0];
        for (uint256 i = 0; i < 2; ++i) {
            t.steps[i + 1].threshold = at[i];
            t.steps[i + 1].price = prices[i + 1];
        }
        return _tariffs.publish(t);
    }
}
