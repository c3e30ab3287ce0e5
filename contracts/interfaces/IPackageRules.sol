// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {Purchase, Refund} from "./IEnergyPackages.sol";
import {IMeters} from "./IMeters.sol";
import {ISupplyReports} from "./ISupplyReports.sol";
import {ITariffs} from "./ITariffs.sol";

/// @notice What a purchase comes to.
/// @param provider who is paid
/// @param room of which it reserves, see {IPackageRules.roomOf}
/// @param capacityW W that all subscriptions together can draw
/// @param loadW W that this one can
/// @param until first month that is not its any more
/// @param paid uPT
/// @param bonus uPT that a bundle adds
/// @param flowPrice of flow in its term, 0 of others
/// @param lots as Lots packs them
struct Quote {
    address provider;
    uint256 room;
    uint64 capacityW;
    uint256 loadW;
    uint16 until;
    uint96 paid;
    uint96 bonus;
    uint32 flowPrice;
    uint256[] lots;
}

/// @title What packages cost, and what of that comes back
/// @notice The arithmetic of EnergyPackages, which keeps what this reckons with and moves the money; nothing is kept here. All but
/// a quote is asked about the caller's subscriptions. Who is about to buy can ask what it will cost.
interface IPackageRules {
    /// @notice Thrown when nothing is bought, or more at once than a bundle has.
    error InvalidCount(uint256 count);
    /// @notice Thrown when what is bought at once is no bundle: of one provider and zone, each another carrier, all that have a
    /// term with the same, from the same month on, the others no more than a month from them.
    error NotABundle(uint256 place);
    /// @notice Thrown when a purchase says something that its kind does not have.
    error InvalidPurchase(uint256 place);
    /// @notice Thrown when a subscription would begin too early or too late.
    error InvalidFirstMonth(uint16 first, uint16 earliest, uint16 latest);
    /// @notice Thrown when an area is smaller than a square metre.
    error AreaTooSmall(uint32 area);
    /// @notice Thrown when an area would cost nothing, or more than can be kept.
    error InvalidFee(uint256 fee);
    /// @notice Thrown when a payment does not buy a unit.
    error PaymentTooSmall(uint96 amount, uint32 price);
    /// @notice Thrown when a device does not take this carrier in this zone.
    error WrongDevice(uint32 device, uint32 version);
    /// @notice Thrown when a device can draw more than the area's load.
    error DeviceExceedsArea(uint32 device, uint256 ratedW, uint256 loadW);
    /// @notice Thrown when a provider owes what he did not pay, so that he begins no new business.
    error ProviderInDefault(address provider);
    /// @notice Thrown when somebody else would pay for what a customer used: not all months before this one are drawn.
    error MonthsNotDrawn(uint256 subscription, uint16 drawn);
    /// @notice Thrown when somebody else would go on with a subscription whose customer owes the provider.
    error OwedToProvider(uint256 subscription, uint128 debt);

    /// @notice How many months ahead a subscription can begin.
    function MONTHS_AHEAD() external view returns (uint16);

    /// @notice How many can be bought at once.
    function MAX_BUNDLE() external view returns (uint256);

    /// @notice Seconds after {IEnergyPackages.GRACE} in which a debt is borne; then anyone can cancel.
    function FORBEARANCE() external view returns (uint40);

    /// @notice Seconds without a reading after which a meter is silent.
    function SILENCE() external view returns (uint40);

    /// @notice What energy costs.
    function tariffs() external view returns (ITariffs);

    /// @notice Which providers failed.
    function reports() external view returns (ISupplyReports);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice What each of some purchases comes to that an account makes at once; reverts when it cannot.
    function quote(address account, Purchase[] calldata purchases) external view returns (Quote[] memory);

    /// @notice The lots that a payment into a subscription of the caller's makes, as Lots packs them.
    function lotsFor(uint256 subscription, uint96 amount) external view returns (uint256[] memory);

    /// @notice The name of what a provider can supply of a carrier in a zone: member 32, zone 16, carrier 8, from the
    /// low end. All accounts of a member are one provider.
    function roomOf(address provider, uint16 zone, Carrier carrier) external view returns (uint256);

    /// @notice Wh that were read on average in those months of a subscription that are drawn and of which there are readings, 0
    /// when there is none, or when the device was read to the day on which it was retired.
    function meanOf(uint256 subscription) external view returns (uint256 wh);

    /// @notice What is left of a subscription's lots, and what of that the provider keeps when it has ended, in uPT.
    function keptOf(uint256 subscription) external view returns (uint256 left, uint256 kept);

    /// @notice What an area's months before this one bring, from the last change of its fee on, in uPT.
    function earnedBy(uint256 subscription, uint16 month) external view returns (uint256);

    /// @notice How a subscription ends that is cancelled now.
    /// @return byAnyone whether anyone may cancel it: its provider is gone, or its supply is suspended for a debt that
    /// is older than {IEnergyPackages.GRACE} and {FORBEARANCE}
    /// @return refund Whole if the provider failed, else WithoutFee if the device moved to another person
    /// @return until first month that is not its any more
    function endOf(uint256 subscription) external view returns (bool byAnyone, Refund refund, uint16 until);

    /// @notice What of its money comes back of an area that ends so, in uPT.
    function backOf(uint256 subscription, Refund refund, uint16 until) external view returns (uint256);

    /// @notice What an area costs with fewer others in its bundle.
    /// @param carriers that are left of it
    /// @return since first month for which it costs more
    /// @return running uPT that the month before it brings
    /// @return fee uPT for the months from then on
    /// @return difference uPT more than what is held for them
    function repriced(uint256 subscription, uint256 carriers)
        external
        view
        returns (uint16 since, uint256 running, uint256 fee, uint256 difference);

    /// @notice What of an amount the caller can take of what a customer has free in the Vault, under whatever name:
    /// nothing when he did not choose the caller.
    function takeable(address customer, uint256 amount) external view returns (uint128);

    /// @notice Reverts unless another account can go on with a subscription: it is another beneficial owner's than the
    /// customer's, active in a market role, and has the device; the provider is owed nothing, and all months before
    /// this one are drawn.
    /// @param device that is supplied, 0 when none is
    function requireAssignable(uint256 subscription, uint32 device, address to) external view;
}
