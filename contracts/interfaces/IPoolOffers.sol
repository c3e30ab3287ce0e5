// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAdmissions} from "./IAdmissions.sol";
import {IWaterfall, PoolOutcome, PoolRates, PoolState} from "./IWaterfall.sol";

/// @notice What a pool's offer says. Amounts are uPT, times Unix seconds.
/// @param owner who has the plants, is paid what is raised, and keeps junior
/// @param servicer who quotes what the plants will make
/// @param trusteeAccount who is paid the trustee's fee
/// @param taxAccount who is paid the tax
/// @param senior units offered
/// @param mezz units offered
/// @param junior units that the owner keeps
/// @param least what must be sold for the pool to come about
/// @param reserve what of the proceeds is put aside
/// @param working what of the proceeds stays with the company for bonds and margins, until the final period
/// @param floorPrice mPT per kWh, the least at which the company quotes
/// @param deadline first second in which nobody can subscribe
/// @param start first second of the first period
/// @param rates what a period pays
struct PoolTerms {
    address owner;
    address servicer;
    address trusteeAccount;
    address taxAccount;
    uint96 senior;
    uint96 mezz;
    uint96 junior;
    uint96 least;
    uint96 reserve;
    uint96 working;
    uint16 floorPrice;
    uint40 deadline;
    uint40 start;
    PoolRates rates;
}

/// @notice A period of the offer, in one or two storage slots.
/// @param end first second after it
/// @param senior principal of the senior tranche to be paid in it
/// @param mezz principal of the mezzanine tranche to be paid in it
struct PoolDue {
    uint40 end;
    uint96 senior;
    uint96 mezz;
}

/// @notice What of an offer matters while it is sold: see PoolTerms.
struct PoolSale {
    address owner;
    uint96 senior;
    uint96 mezz;
    uint96 junior;
    uint96 least;
    uint96 reserve;
    uint96 working;
    uint40 deadline;
}

/// @notice What of an offer matters when a period is closed.
/// @param start first second of the period
/// @param end first second after it
/// @param kept uPT that the company keeps, none in the final period
/// @param trusteeAccount see PoolTerms
/// @param taxAccount see PoolTerms
struct PoolPlan {
    uint40 start;
    uint40 end;
    uint96 kept;
    address trusteeAccount;
    address taxAccount;
}

/// @title What pools of plants are offered, and what may be raised on them
/// @notice An offer's terms never change. Its plants are admitted by what the chain and attesters know of them, see IAdmissions;
/// how what they earned covers what the terms pay is reckoned here.
interface IPoolOffers {
    event PoolOffered(uint32 indexed pool, PoolTerms terms, PoolDue[] periods);
    event PlantsAdmitted(uint32 indexed pool, uint32[] devices, uint256 dscrBps, uint96 limit);

    /// @notice Thrown when the terms of an offer do not go together.
    error BadTerms();
    /// @notice Thrown when a cancelled pool could not give back what it put aside.
    error ReserveAboveLeast(uint256 putAside, uint96 least);
    /// @notice Thrown when a pool would have no plants, too many, or one of them twice.
    error BadPlants();
    /// @notice Thrown when a servicer, or who is paid tax or the trustee's fee, belongs to whom the plants belonged to,
    /// or a servicer to the one in whose place it would come.
    error NotApart(address account);
    /// @notice Thrown when a pool would be opened with other plants than were admitted to it last.
    error OtherPlants(uint32 pool);
    /// @notice Thrown when energy of a plant is reserved for a time to come.
    error PlantReserved(uint32 device, uint40 until);
    /// @notice Thrown when more is offered than may be raised on the plants.
    error AboveLimit(uint256 offered, uint96 limit);
    /// @notice Thrown when a company's certification lapses before the last period can be closed.
    error CertificationTooShort(uint40 certifiedUntil, uint40 needed);
    /// @notice Thrown when there is no such offer.
    error UnknownPool(uint32 pool);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How many plants a pool can have.
    function MOST_PLANTS() external view returns (uint256);

    /// @notice How many periods a pool can have.
    function MOST_PERIODS() external view returns (uint256);

    /// @notice Who says which plants are admitted.
    function admissions() external view returns (IAdmissions);

    /// @notice Who reckons coverage.
    function waterfall() external view returns (IWaterfall);

    /// @notice How many pools were ever offered; they are numbered from 1.
    function poolCount() external view returns (uint32);

    /// @notice What a pool's offer says.
    function termsOf(uint32 pool) external view returns (PoolTerms memory);

    /// @notice The periods of a pool's offer.
    function periodsOf(uint32 pool) external view returns (PoolDue[] memory);

    /// @notice Whose plants an offer is about.
    function ownerOf(uint32 pool) external view returns (address);

    /// @notice Who quotes first, and the least price: see PoolTerms.
    function quotedBy(uint32 pool) external view returns (address servicer, uint16 floorPrice);

    /// @notice What of an offer matters while it is sold.
    function saleOf(uint32 pool) external view returns (PoolSale memory);

    /// @notice How many periods an offer has.
    function periodCount(uint32 pool) external view returns (uint256);

    /// @notice What of an offer matters when a period is closed. Reverts when there is no such period.
    function planOf(uint32 pool, uint16 period) external view returns (PoolPlan memory);

    /// @notice What a period pays by the offer's terms, see {IWaterfall-run}.
    function outcomeOf(uint32 pool, uint16 period, PoolState calldata state, uint96 collected)
        external
        view
        returns (PoolOutcome memory);

    /// @notice Share of what should have been measured in a period that was, in 1/10000, of the plant of which most is missing.
    /// Months count for the period in which they end, in a pool's first one those that began in it.
    function completenessOf(uint32 pool, uint16 period, uint32[] calldata plants) external view returns (uint16);

    /// @notice The plants that were admitted to an offer.
    function plantsOf(uint32 pool) external view returns (uint32[] memory);

    /// @notice uPT that could be raised on the plants of an offer when they were admitted.
    function limitOf(uint32 pool) external view returns (uint96);

    /// @notice What may be raised on plants by the terms of an offer, as they are now.
    /// @return dscrBps how what they earn, after tax and fees, covers what the terms pay in the first twelve months
    /// @return limit uPT
    ///
    /// Requirements:
    /// - they are the offer's owner's, and nothing of them is reserved for a time to come;
    /// - those of {IAdmissions-evaluate}, and each is admitted.
    function evaluationOf(uint32 pool, uint32[] calldata devices) external view returns (uint256 dscrBps, uint96 limit);

    /// @notice Reverts unless a pool can be opened with these plants.
    ///
    /// Requirements:
    /// - they are those that were admitted to the offer last;
    /// - the company is an active member with the roles PRODUCER and STORAGE, and certified until after the last period
    ///   can be closed;
    /// - those of {evaluationOf}, and no more is offered than may be raised on them now.
    function requireOpenable(uint32 pool, uint32[] calldata devices, address company) external view;

    // --------------------------------------------------------------------------------------------------- offering

    /// @notice Offers a pool. Nothing is sold until the authority opens it.
    /// @return pool its number
    ///
    /// Emits {PoolOffered}.
    ///
    /// Requirements:
    /// - the caller is the owner of the terms and an active producer or prosumer;
    /// - the servicer is an active member of another beneficial owner; the two accounts that are paid tax and the
    ///   trustee's fee can be paid, and are of another beneficial owner too;
    /// - there is a junior tranche, and `least` is from 1 to all that is offered; reserve and working money are at
    ///   most `least`; shares and rates are at most the whole;
    /// - subscription ends after now and not after the start; periods follow one another, each of whole days and no
    ///   more than {IWaterfall-MOST_DAYS}; there are 1 to {MOST_PERIODS} of them.
    function offer(PoolTerms calldata terms, PoolDue[] calldata periods) external returns (uint32 pool);

    /// @notice Has the plants of an offer admitted, in the place of those that were before. What may be raised on them
    /// follows from what they earned, and from how that, after tax and fees, covers what the terms pay in the first twelve
    /// months.
    ///
    /// A pool that is open has the plants that it was opened with, whatever is admitted since.
    ///
    /// Emits {PlantsAdmitted}.
    ///
    /// Requirements:
    /// - the caller is the offer's owner; subscription is not over;
    /// - there are 1 to {MOST_PLANTS} devices, in rising order;
    /// - those of {evaluationOf}.
    function admit(uint32 pool, uint32[] calldata devices) external;
}
