// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPoolOffers} from "./IPoolOffers.sol";
import {IServicers} from "./IServicers.sol";
import {Signed} from "./ISignedActions.sol";
import {ITranche, TrancheKind} from "./ITranche.sol";
import {IVault} from "./IVault.sol";
import {IWaterfall, PoolState} from "./IWaterfall.sol";

/// @notice Where a pool stands. Offered: plants are admitted to it. Subscribing: the plants are its company's, and
/// units are sold. Active: period after period is closed. Matured: all are. Cancelled: too little was sold.
enum PoolStage {
    None,
    Offered,
    Subscribing,
    Active,
    Matured,
    Cancelled
}

/// @notice How far a pool has come, in one storage slot.
/// @param company who owns the plants
/// @param stage see PoolStage
/// @param periods how many the offer has
/// @param closed how many closings there were, those after the final period included
/// @param record who had units at the end of this second is paid, or votes, by the last of them
struct PoolStanding {
    address company;
    PoolStage stage;
    uint8 periods;
    uint16 closed;
    uint40 record;
}

/// @notice What a tranche gets at a closing, in one storage slot.
/// @param amount uPT
/// @param before units of those who have their share
/// @param place how many have it
/// @param record who had units at the end of this second is paid
struct Payout {
    uint96 amount;
    uint96 before;
    uint16 place;
    uint40 record;
}

/// @title Pools of plants, and what their investors are paid
/// @notice A pool's plants belong to a company that nobody has a key of, see IPlantCompany. What they earn reaches the
/// company's account in the Vault and leaves it here only: down the pool's waterfall, period by period. Closing a
/// period pays fees and sets aside what tranches get, however many hold them; distributing pays the holders as they
/// were at the period's end. Anybody closes and distributes, and nobody can be passed over.
interface IAssetPools {
    event PoolFounded(uint32 indexed pool, address company, ITranche[3] tranches);
    event PoolOpened(uint32 indexed pool, uint32[] plants);
    event Subscribed(uint32 indexed pool, TrancheKind kind, address indexed holder, uint96 amount);
    event PoolDecided(uint32 indexed pool, PoolStage stage, uint96 senior, uint96 mezz);
    event Refunded(uint32 indexed pool, address indexed holder, uint96 amount);
    event PeriodClosed(
        uint32 indexed pool,
        uint16 indexed period,
        uint96 collected,
        uint16 completeBps,
        uint256 dscrBps,
        uint40 record,
        uint128[13] paid,
        PoolState state
    );
    event Distributed(uint32 indexed pool, uint16 indexed period, TrancheKind kind, uint256[] moves);
    event TriggerReset(uint32 indexed pool);
    event EarnedReturned(uint32 indexed pool, address to, uint96 amount);
    event PlantHandedBack(uint32 indexed pool, uint32 indexed device, address to);

    /// @notice Thrown when a pool is not in the stage that this asks for.
    error WrongPoolStage(uint32 pool, PoolStage stage);
    /// @notice Thrown when subscription is over.
    error SubscriptionOver(uint40 deadline);
    /// @notice Thrown when a pool is decided, or a period closed, before its time.
    error NotYet(uint40 from);
    /// @notice Thrown when somebody would buy what stays with the plants' owner.
    error JuniorNotOffered();
    /// @notice Thrown when more units are asked for than are left, or none.
    error Oversubscribed(uint256 left, uint96 amount);
    /// @notice Thrown when an account has nothing that could be given or taken back.
    error NothingHeld(address holder);
    /// @notice Thrown when a period is closed a second time.
    error PeriodIsClosed(uint32 pool, uint16 period);
    /// @notice Thrown when another period is to be closed first.
    error OutOfTurn(uint32 pool, uint16 next);
    /// @notice Thrown when nothing came in since the last closing, or since the pool was opened.
    error NothingCollected(uint32 pool);
    /// @notice Thrown when all holders of a tranche have what they get of a period.
    error NothingToDistribute(uint32 pool, uint16 period, TrancheKind kind);
    /// @notice Thrown when junior units would be taken back, which are entitled to what comes in late.
    error NotRedeemed();
    /// @notice Thrown when a tranche, or a pool, is still owed something.
    error StillOwed(uint256 owed);
    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {subscribeSigned}.
    function SUBSCRIBE_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds after a period's end until its readings are final, its bills paid, and it can be closed.
    function GRACE() external view returns (uint40);

    /// @notice Seconds after which what came in after the final period can be closed again.
    function LATE_REST() external view returns (uint40);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice What pools are offered.
    function offers() external view returns (IPoolOffers);

    /// @notice Who knows the servicers of pools, and has them replaced.
    function servicers() external view returns (IServicers);

    /// @notice How a period is shared.
    function waterfall() external view returns (IWaterfall);

    /// @notice What the companies of pools are clones of.
    function companyOriginal() external view returns (address);

    /// @notice What tranches are clones of.
    function trancheOriginal() external view returns (address);

    /// @notice How far a pool has come.
    function standingOf(uint32 pool) external view returns (PoolStanding memory);

    /// @notice What a pool owes and has put aside.
    function stateOf(uint32 pool) external view returns (PoolState memory);

    /// @notice The plants of a pool that was opened.
    function plantsOf(uint32 pool) external view returns (uint32[] memory);

    /// @notice The units of a pool: senior, mezzanine, junior.
    function tranchesOf(uint32 pool) external view returns (ITranche[3] memory);

    /// @notice What a tranche gets of a closing, and how far it was paid.
    function payoutOf(uint32 pool, uint16 period, TrancheKind kind) external view returns (Payout memory);

    // --------------------------------------------------------------------------------------------------- offering

    /// @notice Makes the company and the tranches of an offer, once. By anyone.
    ///
    /// Emits {PoolFounded}.
    ///
    /// Requirements:
    /// - there is such an offer, and it has no company yet.
    function found(uint32 pool) external;

    /// @notice Opens a pool: its company takes its plants over, and units are sold.
    ///
    /// Emits {PoolOpened}.
    ///
    /// Requirements:
    /// - the caller is the authority; the pool is Offered; subscription is not over;
    /// - those of {IPoolOffers-requireOpenable}; each plant was offered to the company.
    function open(uint32 pool, uint32[] calldata plants) external;

    // ------------------------------------------------------------------------------------------------- investing

    /// @notice Buys units of a tranche, a uPT each.
    ///
    /// Emits {Subscribed}.
    ///
    /// Requirements:
    /// - the pool is Subscribing and its deadline not reached; the tranche is senior or mezzanine and has as many
    ///   units left;
    /// - the caller is an active investor, chose this module, and has `amount` free in the Vault.
    function subscribe(uint32 pool, TrancheKind kind, uint96 amount) external;

    /// @notice {subscribe}, signed by the investor.
    ///
    /// Emits {Subscribed} and {NonceUsed}.
    ///
    /// Requirements: those of {subscribe} for the signer, and a valid signature of Subscribe.
    function subscribeSigned(uint32 pool, TrancheKind kind, uint96 amount, Signed calldata auth) external;

    /// @notice Ends subscription: pays the owner and makes the pool active, or cancels it when less than `least` was
    /// sold. By anyone.
    ///
    /// Emits {PoolDecided}.
    ///
    /// Requirements:
    /// - the pool is Subscribing; all is sold, or the deadline reached.
    function decide(uint32 pool) external;

    /// @notice Gives holders of a cancelled pool their money back. By anyone.
    ///
    /// Emits {Refunded} for each.
    ///
    /// Requirements:
    /// - the pool is Cancelled; each holder has units.
    function refund(uint32 pool, address[] calldata holders) external;

    /// @notice Takes the caller's units of a tranche that is paid off.
    ///
    /// Emits nothing; the units tell of it.
    ///
    /// Requirements:
    /// - the pool is Matured, the tranche is senior or mezzanine and owed nothing any more;
    /// - the caller has units of it.
    function redeem(uint32 pool, TrancheKind kind) external;

    // --------------------------------------------------------------------------------------------------- periods

    /// @notice Closes a period: takes what the company has beside its working money, in the final period all, but never what its
    /// quotes still need, pays
    /// fees, and sets aside what tranches get. By anyone.
    ///
    /// Emits {PeriodClosed}.
    ///
    /// Requirements:
    /// - the pool is Active, the period is the next one, and ended {GRACE} ago.
    function close(uint32 pool, uint16 period) external;

    /// @notice Closes what came in after the final period; who held in the second before is paid. The company keeps its working
    /// money while senior or mezzanine are owed something after it. By anyone.
    ///
    /// Emits {PeriodClosed}.
    ///
    /// Requirements:
    /// - the pool is Matured, and its company has money beside what it keeps;
    /// - the last closing's record date is {LATE_REST} ago.
    function closeLate(uint32 pool) external;

    /// @notice Pays the next `count` holders of a tranche what they get of a closing. By anyone.
    ///
    /// Emits {Distributed}.
    ///
    /// Requirements:
    /// - the tranche gets something of the closing, and not all have it.
    function distribute(uint32 pool, uint16 period, TrancheKind kind, uint256 count) external;

    // ------------------------------------------------------------------------------------------------- authority

    /// @notice Lifts the trigger, until a period falls short of its coverage again.
    ///
    /// Emits {TriggerReset}.
    ///
    /// Requirements:
    /// - the caller is the authority; the pool is Active.
    function resetTrigger(uint32 pool) external;

    // ------------------------------------------------------------------------------------------------------- end

    /// @notice Releases a plant and offers it to whom it belonged to. By anyone, and again if that account was
    /// replaced.
    ///
    /// Emits {PlantHandedBack}.
    ///
    /// Requirements:
    /// - the pool is Cancelled, or Matured and owes nothing;
    /// - the plant is one of the pool's, and its company has it;
    /// - the company is active: a suspension ends by a regulator, a certification that lapsed is renewed by a registrar, an
    ///   expulsion is taken back by the authority.
    function handBack(uint32 pool, uint32 device) external;

    /// @notice Gives what the plants of a pool earned while units were sold to whom they belonged to, since the pool was
    /// cancelled. By anyone.
    ///
    /// Emits {EarnedReturned}.
    ///
    /// Requirements:
    /// - the pool is Cancelled, and its company has money.
    function returnEarned(uint32 pool) external;
}
