// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a period pays, or puts aside. The four from the reserve alone are those of a final period.
enum Flow {
    Tax,
    Servicer,
    Trustee,
    SeniorInterest,
    MezzInterest,
    SeniorPrincipal,
    MezzPrincipal,
    SeniorInterestFromReserve,
    MezzInterestFromReserve,
    SeniorPrincipalFromReserve,
    MezzPrincipalFromReserve,
    ReserveTopUp,
    Junior
}

/// @notice A pool between two periods, in three storage slots. Amounts are uPT.
/// @param senior principal that the senior tranche is owed
/// @param mezz principal that the mezzanine tranche is owed
/// @param trigger whether all that is left pays down principal first, until the council resets it
/// @param seniorArrears interest that senior is owed from before
/// @param mezzArrears interest that mezzanine is owed from before
/// @param reserve what is put aside
struct PoolState {
    uint96 senior;
    uint96 mezz;
    bool trigger;
    uint96 seniorArrears;
    uint96 mezzArrears;
    uint96 reserve;
}

/// @notice What a pool's offer says about its payments, in two storage slots. Amounts are uPT, shares 1/10000, rates
/// 1/10000 by the year of 365 days.
/// @param target up to which the reserve is filled
/// @param servicerCap the most that the servicer gets of a period
/// @param seniorBps rate of the senior tranche
/// @param mezzBps rate of the mezzanine tranche
/// @param taxBps share of what was collected
/// @param servicerBps share of what was collected
/// @param trustee fee of a period
struct PoolRates {
    uint96 target;
    uint96 servicerCap;
    uint16 seniorBps;
    uint16 mezzBps;
    uint16 taxBps;
    uint16 servicerBps;
    uint96 trustee;
}

/// @notice What was collected in so many days.
/// @param collections uPT
/// @param length how many days the period has
/// @param isFinal whether it is the last one: all principal is due then
/// @param senior principal of the senior tranche that was to be paid in it
/// @param mezz principal of the mezzanine tranche that was to be paid in it
struct WaterfallPeriod {
    uint96 collections;
    uint16 length;
    bool isFinal;
    uint96 senior;
    uint96 mezz;
}

/// @notice What a period paid, and how it left the pool.
/// @param due by {Flow}, what was due; of the reserve's top-up 0 unless something was added
/// @param paid by {Flow}, what was paid of it, out of the reserve too where that may be drawn
/// @param state the pool after it
/// @param dscrBps how many times what was due was covered, in 1/10000
struct PoolOutcome {
    uint128[13] due;
    uint128[13] paid;
    PoolState state;
    uint256 dscrBps;
}

/// @title How what was collected in a period runs down a pool's waterfall
/// @notice It keeps nothing and reads nothing: the same state and period always pay the same. What was collected, and
/// what the reserve fell by, is what was paid, to the uPT.
interface IWaterfall {
    /// @notice Thrown when a number is more than a pool can have, or an amount would become so.
    error OutOfBounds(uint256 value, uint256 most);

    /// @notice Coverage below which all that is left pays down the senior tranche, in 1/10000.
    function TRIGGER_BPS() external view returns (uint256);

    /// @notice The most days that a period can have.
    function MOST_DAYS() external view returns (uint16);

    /// @notice How many times what is due is covered by what is there for it, in 1/10000; 99,999 when nothing is due.
    function coverage(uint256 net, uint256 service) external pure returns (uint256 dscrBps);

    /// @notice One period. Reverts with {OutOfBounds} when a period has more than {MOST_DAYS}, a share or rate is
    /// more than the whole, or arrears would be more than 96 bits.
    function run(PoolState calldata state, PoolRates calldata rates, WaterfallPeriod calldata period)
        external
        pure
        returns (PoolOutcome memory);

    /// @notice What is collected after the final period: what senior and mezzanine are still owed comes first, the
    /// rest is junior's. There are no fees any more, and nothing bears interest.
    function late(PoolState calldata state, uint96 collections) external pure returns (PoolOutcome memory);
}
