// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAssetPools, PoolStage, PoolStanding} from "../interfaces/IAssetPools.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPlantCompany} from "../interfaces/IPlantCompany.sol";
import {IPoolOffers} from "../interfaces/IPoolOffers.sol";
import {IServicers, Service, ServicerCause} from "../interfaces/IServicers.sol";
import {ITranche, TrancheKind} from "../interfaces/ITranche.sol";
import {PoolState} from "../interfaces/IWaterfall.sol";
import {Standings} from "../libraries/Standings.sol";

/// @title The servicers of pools
/// @notice See IServicers.
contract Servicers is IServicers {
    /// @inheritdoc IServicers
    uint16 public constant LEAST_COMPLETE_BPS = 9_500;

    /// @inheritdoc IServicers
    IMembership public immutable membership;
    /// @inheritdoc IServicers
    IAssetPools public pools;

    mapping(uint32 pool => Service) private _services;
    mapping(bytes32 vote => uint256 units) private _votes;
    mapping(bytes32 vote => mapping(address holder => bool)) private _voted;

    modifier onlyPools() {
        require(msg.sender == address(pools), IPlantCompany.NotPools(msg.sender));
        _;
    }

    constructor(IMembership membership_) {
        membership = membership_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IServicers
    function serviceOf(uint32 pool) external view returns (Service memory) {
        return _services[pool];
    }

    /// @inheritdoc IServicers
    function servicerOf(uint32 pool) external view returns (address) {
        return _services[pool].servicer;
    }

    /// @inheritdoc IServicers
    function quotingOf(uint32 pool) external view returns (address servicer, uint16 floorPrice) {
        PoolStage stage = pools.standingOf(pool).stage;
        bool sells = stage == PoolStage.Active || stage == PoolStage.Matured;
        (, floorPrice) = pools.offers().quotedBy(pool);
        if (!sells) return (address(0), floorPrice);
        address current = membership.currentOf(_services[pool].servicer);
        if (membership.isActive(current, 0)) servicer = current;
    }

    /// @inheritdoc IServicers
    function causeOf(uint32 pool) public view returns (ServicerCause) {
        Service storage s = _services[pool];
        if (s.incomplete) return ServicerCause.Incomplete;
        if (s.missed > 1) return ServicerCause.Missed;
        return s.uncovered > 1 ? ServicerCause.Uncovered : ServicerCause.None;
    }

    /// @inheritdoc IServicers
    function votesOf(uint32 pool, address servicer) external view returns (uint256) {
        return _votes[_voteFor(pool, pools.standingOf(pool).closed, _services[pool].term, servicer)];
    }

    // ----------------------------------------------------------------------------------------------------- pools

    /// @inheritdoc IServicers
    function setPools() external {
        require(address(pools) == address(0), PoolsKnown(pools));
        pools = IAssetPools(msg.sender);
    }

    /// @inheritdoc IServicers
    function appoint(uint32 pool, address servicer) external onlyPools {
        _services[pool].servicer = servicer;
        emit ServicerAppointed(pool, servicer);
    }

    /// @inheritdoc IServicers
    function note(uint32 pool, uint16 completeBps, bool missed, bool uncovered)
        external
        onlyPools
        returns (address servicer)
    {
        Service storage s = _services[pool];
        servicer = s.servicer;
        if (completeBps < LEAST_COMPLETE_BPS) s.incomplete = true;
        if (missed) ++s.missed;
        if (uncovered) ++s.uncovered;
    }

    // -------------------------------------------------------------------------------------------------- investors

    /// @inheritdoc IServicers
    function voteServicer(uint32 pool, address holder, address servicer) external {
        PoolStanding memory standing = pools.standingOf(pool);
        PoolState memory state = pools.stateOf(pool);
        bool serves =
            standing.stage == PoolStage.Active || (standing.stage == PoolStage.Matured && _isOwedAnything(state));
        require(serves, IAssetPools.WrongPoolStage(pool, standing.stage));
        require(membership.currentOf(holder) == msg.sender, NotHolder(holder, msg.sender));
        // Contracts of the market are always active, but nobody's, and the Vault cannot even be paid.
        require(membership.requireActive(servicer, 0) != 0, Standings.NotMember(servicer));
        Service storage s = _services[pool];
        uint32 owner = _ownerIdOf(servicer);
        bool isApart = owner != _ownerIdOf(s.servicer) && owner != _ownerIdOf(pools.offers().ownerOf(pool));
        require(isApart, IPoolOffers.NotApart(servicer));
        ServicerCause cause = causeOf(pool);
        require(cause != ServicerCause.None, NoCause(pool));
        ITranche tranche = pools.tranchesOf(pool)[uint256(_votingOf(state))];
        uint256 units = tranche.unitsAt(holder, standing.record);
        require(units != 0, NoUnitsToVote(holder));
        bytes32 vote = _voteFor(pool, standing.closed, s.term, servicer);
        require(!_voted[vote][holder], VotedAlready(holder));
        _voted[vote][holder] = true;
        units += _votes[vote];
        _votes[vote] = units;
        emit ServicerVoted(pool, servicer, holder, uint96(units));
        if (2 * units <= tranche.issued()) return;
        emit ServicerReplaced(pool, s.servicer, servicer, cause);
        (s.servicer, s.term) = (servicer, s.term + 1);
        (s.incomplete, s.missed, s.uncovered) = (false, 0, 0);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _ownerIdOf(address account) private view returns (uint32) {
        return membership.standingOf(membership.currentOf(account)).owner;
    }

    /// @dev Each closing begins a vote anew, and so does each servicer.
    function _voteFor(uint32 pool, uint16 closed, uint16 term, address servicer) private pure returns (bytes32) {
        return keccak256(abi.encode(pool, closed, term, servicer));
    }

    function _isOwedAnything(PoolState memory state) private pure returns (bool) {
        return _votingOf(state) != TrancheKind.Junior;
    }

    /// @dev Whose holders vote: the first tranche that is still owed something.
    function _votingOf(PoolState memory state) private pure returns (TrancheKind) {
        if (state.senior != 0 || state.seniorArrears != 0) return TrancheKind.Senior;
        return state.mezz != 0 || state.mezzArrears != 0 ? TrancheKind.Mezz : TrancheKind.Junior;
    }
}
