// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IReadings} from "./IReadings.sol";
import {Signed} from "./ISignedActions.sol";
import {IPackageRules} from "./IPackageRules.sol";
import {ITariffs, Kind} from "./ITariffs.sol";
import {IVault} from "./IVault.sol";

/// @notice Where a subscription stands. Ending: it draws no more than what was used before its end, and waits to be closed.
enum SubscriptionState {
    None,
    Active,
    Ending,
    Closed
}

/// @notice What is kept of money that comes back. Usual: what was used is paid as if bought alone, and a fee. WithoutFee: no
/// fee. Whole: neither, as the provider failed.
enum Refund {
    Usual,
    WithoutFee,
    Whole
}

/// @notice What a member buys.
/// @param version of the tariff
/// @param kind see Kind
/// @param first month since January 1970, in UTC
/// @param term in months: 1, 3 or 12; 0 of lots, which have none
/// @param device that is supplied; of an area 0 when there is none
/// @param area in 0.01 m2, 0 of lots and flow
/// @param amount uPT that are paid, 0 of an area, whose fee the tariff says
struct Purchase {
    uint32 version;
    Kind kind;
    uint16 first;
    uint8 term;
    uint32 device;
    uint32 area;
    uint96 amount;
}

/// @notice What is bought, in one storage slot.
/// @param customer account that it is supplied to, as it was named then
/// @param version of the tariff, which it keeps
/// @param kind see Kind
/// @param state see SubscriptionState
/// @param first month
/// @param until first month that is not its any more, the greatest number while there is no end
/// @param place among those that were bought together, from 0
/// @param size how many were bought together
struct Subscription {
    address customer;
    uint32 version;
    Kind kind;
    SubscriptionState state;
    uint16 first;
    uint16 until;
    uint8 place;
    uint8 size;
}

/// @notice What a meter draws on, in one storage slot.
/// @param device number of the device
/// @param drawn first month that is not drawn yet
/// @param rest Wh below a unit, carried on
/// @param head place of the first lot that is not used up
/// @param lots how many there were
/// @param term of flow in months
/// @param refund how it ends
/// @param suspended whether supply is suspended
/// @param loadW W that it reserves
/// @param price of flow in its term
struct Metered {
    uint32 device;
    uint16 drawn;
    uint32 rest;
    uint16 head;
    uint16 lots;
    uint8 term;
    Refund refund;
    bool suspended;
    uint32 loadW;
    uint32 price;
}

/// @notice What is paid for an area.
/// @param paid uPT in all
/// @param fee uPT for the months from `base` on
/// @param area in 0.01 m2
/// @param base first month that `fee` is for
/// @param term in months
/// @param before uPT for the month before `base`, when the fee was changed in it
/// @param earned uPT of both that the provider got
/// @param device that is supplied, 0 when none is
/// @param time of the purchase
struct Area {
    uint96 paid;
    uint96 fee;
    uint32 area;
    uint16 base;
    uint8 term;
    uint96 before;
    uint96 earned;
    uint32 device;
    uint32 time;
}

/// @title Energy packages
/// @notice Members subscribe to the energy of a provider under a tariff: prepaid by lots, the more the cheaper; prepaid by flow,
/// the cheaper the longer the term; or by area, for months, whatever is used. Money stays in the Vault: the provider earns as
/// energy is delivered or time passes. A metered subscription's months are those of the calendar, so that its energy is what
/// Readings counted for them.
interface IEnergyPackages {
    event Bought(
        uint256 indexed subscription,
        address indexed customer,
        uint32 indexed version,
        uint8 place,
        uint8 size,
        uint96 paid,
        Purchase purchase
    );
    event LotAdded(uint256 indexed subscription, uint16 place, uint96 paid, uint32 price);
    event BonusGiven(uint256 indexed subscription, uint96 worth, uint32 price);
    event Drawn(
        uint256 indexed subscription,
        uint16 indexed month,
        uint128 charged,
        uint128 dust,
        uint128 bonus,
        uint128 arrears,
        uint128 unpaid
    );
    event AreaEarned(uint256 indexed subscription, uint16 until, uint128 amount);
    event ArrearsBegan(uint256 indexed subscription, uint128 debt);
    event SupplySuspended(uint256 indexed subscription);
    event SupplyResumed(uint256 indexed subscription);
    event Cancelled(uint256 indexed subscription, uint16 until, Refund refund);
    event Repriced(uint256 indexed subscription, uint16 since, uint128 difference, uint128 unpaid);
    event BonusLapsed(uint256 indexed subscription, uint96 left);
    event Assigned(uint256 indexed subscription, address indexed from, address indexed to);
    event Closed(uint256 indexed subscription, uint128 refunded, uint128 kept);

    /// @notice Thrown when no subscription has this number.
    error UnknownSubscription(uint256 subscription);
    /// @notice Thrown when a subscription is not in the state that a step starts from.
    error UnexpectedState(uint256 subscription, SubscriptionState state);
    /// @notice Thrown when a subscription is not the account's.
    error NotCustomer(uint256 subscription, address account);
    /// @notice Thrown when a subscription would have more than {MAX_LOTS} that are not used up.
    error TooManyLots(uint256 subscription);
    /// @notice Thrown when the provider cannot supply so much more.
    error OverCapacity(uint32 version, uint256 neededW, uint256 capacityW);
    /// @notice Thrown when a payment is made, or supply would be suspended or ended, for what is paid by area.
    error PaidByArea(uint256 subscription);
    /// @notice Thrown when supply goes on as it is; when there is a debt, until then at least.
    error SupplyUnchanged(uint256 subscription, uint40 from);
    /// @notice Thrown when readings of the last month may still come.
    error ReadingsAwaited(uint256 subscription, uint40 until);
    /// @notice Thrown when a subscription would go on with somebody to whom its device did not move, or not in time, or
    /// who is the customer himself under another name.
    error NotAssignable(uint256 subscription, address to);
    /// @notice Thrown when who ends a part of a bundle does not have what the rest of it costs more.
    error DifferenceMissing(uint256 subscription, uint256 missing);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {buySigned}.
    function BUY_PACKAGES_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {paySigned}.
    function PAY_PACKAGE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {cancelSigned}.
    function CANCEL_PACKAGE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type that both sign for {assign}.
    function ASSIGN_PACKAGE_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds of a debt after which supply is suspended.
    function GRACE() external view returns (uint40);

    /// @notice Seconds after the last month after which readings are given up: 10 days for them to come, as in
    /// {IImbalance.PATIENCE}, {IReadings.LAPSES_AFTER} for a dispute that nobody judges, and {IReadings.window} for
    /// each of what was disputed and what took its place, if a window has five days at most.
    function PATIENCE() external view returns (uint40);

    /// @notice How many lots of a subscription can be in use, so that any month can be drawn at once.
    function MAX_LOTS() external view returns (uint256);

    /// @notice What energy costs.
    function tariffs() external view returns (ITariffs);

    /// @notice What packages cost, and what of that comes back.
    function rules() external view returns (IPackageRules);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice What they counted.
    function readings() external view returns (IReadings);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice How many subscriptions there were; they are numbered from 1.
    function subscriptionCount() external view returns (uint256);

    /// @notice What is known of a subscription; state None when there is none with this number.
    function subscriptionOf(uint256 subscription) external view returns (Subscription memory);

    /// @notice What its meter draws on; all zero of an area.
    function meteredOf(uint256 subscription) external view returns (Metered memory);

    /// @notice What is paid for an area; all zero of lots and flow.
    function areaOf(uint256 subscription) external view returns (Area memory);

    /// @notice The prepaid lots that are not used up, in the sequence in which they were paid, as Lots packs them; and the one
    /// that came free with a bundle, units without money, 0 when there is none.
    function lotsOf(uint256 subscription) external view returns (uint256[] memory lots, uint256 bonus);

    /// @notice W that a provider's subscriptions reserve, those under his other accounts with them.
    function admittedW(address provider, uint16 zone, Carrier carrier) external view returns (uint256);

    /// @notice When a customer began to owe a provider for packages, in Unix seconds; 0 when he owes nothing for them. What he
    /// owed is paid once he owed the provider nothing at all.
    function owedSince(address customer, address provider) external view returns (uint40);

    // -------------------------------------------------------------------------------------------------- customers

    /// @notice Buys one subscription, or several of different carriers as a bundle, which costs less. What the caller owes the
    /// provider is paid first.
    /// @return first number of the first; the others follow
    ///
    /// Emits {Bought} for each with {LotAdded} for each lot and {BonusGiven} for lots in a bundle.
    ///
    /// Requirements:
    /// - the caller is active in a market role, owes nobody else, chose this module and has the money free;
    /// - each version was published, was not withdrawn, and sells in this way; its provider is active in a market role and owes
    ///   nothing;
    /// - lots and flow begin in a month to come, areas in this one at the soonest, nothing later than {IPackageRules.MONTHS_AHEAD};
    /// - lots and flow name a certified device of the caller's that takes the carrier in the zone, and pay for a unit at least; an
    ///   area has one square metre at least and costs something, and may name a device; flow and areas have a term;
    /// - the device is not supplied from that month on and, if it ever was, was read within {IPackageRules.SILENCE};
    /// - an area's device is rated for no more than the area's load;
    /// - the provider can supply so much more: the device's rating, or the area's load;
    /// - a bundle is of one provider and zone, each of another carrier; those with a term have the same, from the same month on; the
    ///   others begin no more than a month apart.
    function buy(Purchase[] calldata purchases) external returns (uint256 first);

    /// @notice {buy}, signed by the customer.
    ///
    /// Emits what {buy} does, and {NonceUsed}.
    ///
    /// Requirements: those of {buy} for the signer, and a valid signature of BuyPackages.
    function buySigned(Purchase[] calldata purchases, Signed calldata auth) external returns (uint256 first);

    /// @notice Pays into a subscription of lots or flow. What is owed to the provider is paid of it first; what is left makes
    /// lots at the prices of the subscription's tariff, or of its term, for this month and those after it.
    ///
    /// Emits {LotAdded} for each lot, and {SupplyResumed} when supply was suspended.
    ///
    /// Requirements:
    /// - the caller is the customer, chose this module and has the money free and, if it is more than he owes the provider, is active
    ///   in a market role and owes nobody else;
    /// - the subscription is active and not an area's, with no more than {MAX_LOTS} in use;
    /// - what is left pays for a unit at least, unless nothing is left.
    function pay(uint256 subscription, uint96 amount) external;

    /// @notice {pay}, signed by the customer.
    ///
    /// Emits what {pay} does, and {NonceUsed}.
    ///
    /// Requirements: those of {pay} for the signer, and a valid signature of PayPackage.
    function paySigned(uint256 subscription, uint96 amount, Signed calldata auth) external;

    /// @notice Cancels a subscription. What has not begun ends at once; what is metered with this month, to be refunded
    /// by {close}; an area at once, this month counted as used. Others of its bundle cost from the next month on what
    /// they cost without it, and lose what is left of their bonus, unless the provider failed or the device moved. The
    /// difference is taken of what comes back and of what is free. What is not there the customer must have; when
    /// somebody else cancels, it is waived.
    ///
    /// Emits {Cancelled}, {Closed} when it ends at once, {AreaEarned} for what an area earned before, and {Repriced} or
    /// {BonusLapsed} for each other of the bundle.
    ///
    /// Requirements:
    /// - the caller is the customer, in whatever standing, or the provider is gone, or supply is suspended for a debt
    ///   that is older than {GRACE} and {IPackageRules.FORBEARANCE};
    /// - the subscription is active; the customer who cancels has what others of its bundle cost more.
    function cancel(uint256 subscription) external;

    /// @notice {cancel}, signed by the customer.
    ///
    /// Emits what {cancel} does, and {NonceUsed}.
    ///
    /// Requirements: those of {cancel} for the signer, and a valid signature of CancelPackage.
    function cancelSigned(uint256 subscription, Signed calldata auth) external;

    /// @notice Has a subscription go on as it stands with another account, to which its device moved. What was used in
    /// the months before this one is drawn first. Without a device others of its bundle cost more, as when the customer
    /// cancels.
    ///
    /// Emits {Assigned}, {NonceUsed} for both, {Drawn} for each month that is drawn, {SupplyResumed} when supply was
    /// suspended, and {Repriced} or {BonusLapsed} for each other of a bundle that breaks.
    ///
    /// Requirements:
    /// - both signed AssignPackage, the customer and `to`, another beneficial owner's, who is active in a market role;
    /// - the subscription is not closed; its device, if there is one, is now `to`'s, is not retired, is supplied still, and
    ///   by nobody later;
    /// - of what is metered all months before this one are drawn; the customer owes the provider nothing;
    /// - he has what others of a bundle that breaks cost more.
    function assign(uint256 subscription, address to, Signed calldata giver, Signed calldata taker) external;

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Pays providers what they earned, and charges what was used: of metered ones for each month whose
    /// readings are all in, of areas for each month that is over. Lots are drawn in the sequence in which they were
    /// paid, none for a month that was over by then, and a bonus last; what is left of a lot and buys no unit comes
    /// back. What no lot covers is paid at the postpaid price from the free balance, and what is not there is owed.
    ///
    /// Emits {Drawn} for each month, {AreaEarned}, {ArrearsBegan} when something is owed for the first time, and {Closed} for
    /// areas whose last month is over.
    ///
    /// Requirements:
    /// - all subscriptions exist. What is closed, or has nothing new, changes nothing.
    function draw(uint256[] calldata subscriptions) external;

    /// @notice Says that a customer is not supplied any more, for a debt that is older than {GRACE}; or is again, who
    /// paid it.
    ///
    /// Emits {SupplySuspended} or {SupplyResumed}.
    ///
    /// Requirements:
    /// - the subscription is not closed, and not an area's, which was paid for;
    /// - supply was suspended, and nothing is owed for packages, or not for so long; or it was not, and what is owed began so long
    ///   ago.
    function updateSupply(uint256 subscription) external;

    /// @notice Refunds a metered subscription that has ended, once its last month can be drawn, or the rest of its
    /// readings is given up: each month that was not read in full costs what was read of it, and no less than the drawn
    /// ones on average.
    ///
    /// Emits {Drawn} for each month that was not drawn, and {Closed}.
    ///
    /// Requirements:
    /// - the subscription is ending; its last month's readings are in, or {PATIENCE} is over.
    function close(uint256 subscription) external;

    // -------------------------------------------------------------------------------------------- supplied devices

    /// @notice Tells that a subscription's device moved to another account, was retired or is silent, so that its supply ends with
    /// the month before `until`. A metered one ends with it as if it was cancelled: without a fee if the device moved to another
    /// person, and with all that is left if the provider failed.
    ///
    /// Emits {Cancelled}, and if there is a fee {BonusLapsed}, or {AreaEarned} and {Repriced}, for each other of its bundle. Of an
    /// area nothing.
    ///
    /// Requirements:
    /// - the caller is the contract that knows which devices are supplied. What is not active changes nothing.
    function supplyEnded(uint256 subscription, uint16 until) external;
}
