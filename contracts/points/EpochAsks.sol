// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEpochAsks, Asks} from "../interfaces/IEpochAsks.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {Lists} from "../libraries/Lists.sol";
import {Shares} from "../libraries/Shares.sol";

/// @title Base of the rules that say who earns points
/// @notice See IEpochAsks. An ask is one word: the account and, above it, the points.
abstract contract EpochAsks is IEpochAsks {
    using Lists for address[];
    using Lists for uint256[];

    uint256 private constant PLACE_BITS = 32;
    uint256 private constant ACCOUNT_BITS = 160;

    /// @inheritdoc IEpochAsks
    IPowerPoints public immutable points;
    /// @inheritdoc IEpochAsks
    uint16 public immutable reason;
    uint40 private immutable _epochLength;

    mapping(uint256 epoch => Asks) private _epochs;
    mapping(uint256 epochAndPlace => uint256) private _asks;
    /// @dev Where an account asked last. No epoch of ours is the first of Unix time, so zero stands for nowhere.
    mapping(address account => uint256 epochAndPlace) private _lastOf;

    constructor(IPowerPoints points_, uint16 reason_) {
        points = points_;
        reason = reason_;
        _epochLength = points_.epochLength();
    }

    /// @inheritdoc IEpochAsks
    function asksOf(uint32 epoch) external view returns (Asks memory) {
        return _epochs[epoch];
    }

    /// @inheritdoc IEpochAsks
    function askAt(uint32 epoch, uint32 place) external view returns (address account, uint256 amount) {
        uint256 ask = _asks[_placeOf(epoch, place)];
        return (address(uint160(ask)), ask >> ACCOUNT_BITS);
    }

    /// @inheritdoc IEpochAsks
    function grant(uint32 epoch, uint256 count) external {
        require(epoch < _epoch(), EpochNotOver(epoch, uint32(_epoch())));
        Asks memory a = _epochs[epoch];
        uint256 first = a.granted;
        if (count > a.accounts - first) count = a.accounts - first;
        if (count == 0) return;
        uint256 budget = points.budgetOf(reason, epoch);
        address[] memory accounts = new address[](count);
        uint256[] memory amounts = new uint256[](count);
        uint256 found = 0;
        for (uint256 place = first; place < first + count; ++place) {
            uint256 ask = _asks[_placeOf(epoch, place)];
            uint256 amount = ask >> ACCOUNT_BITS;
            uint256 share = a.asked <= budget ? amount : Shares.cumfloor(a.passed, amount, budget, a.asked);
            a.passed += uint96(amount);
            if (share == 0) continue;
            (accounts[found], amounts[found]) = (address(uint160(ask)), share);
            ++found;
        }
        a.granted = uint32(first + count);
        _epochs[epoch] = a;
        emit PointsGranted(epoch, first, count);
        if (found == 0) return;
        accounts.cut(found);
        amounts.cut(found);
        points.issue(reason, keccak256(abi.encode(address(this), epoch, first)), epoch, accounts, amounts);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev The account was ever admitted, or granting would stop at it.
    function _ask(address account, uint256 amount) internal {
        uint256 epoch = _epoch();
        Asks storage a = _epochs[epoch];
        uint256 place = _lastOf[account];
        if (place >> PLACE_BITS == epoch) {
            _asks[place] += amount << ACCOUNT_BITS;
        } else {
            place = _placeOf(epoch, a.accounts++);
            _lastOf[account] = place;
            _asks[place] = uint256(uint160(account)) | amount << ACCOUNT_BITS;
        }
        a.asked += uint96(amount);
        emit PointsAsked(uint32(epoch), account, amount);
    }

    function _epoch() private view returns (uint256) {
        return block.timestamp / _epochLength;
    }

    function _placeOf(uint256 epoch, uint256 place) private pure returns (uint256) {
        return epoch << PLACE_BITS | place;
    }
}
