// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {IElections, Poll} from "../interfaces/IElections.sol";
import {ISeats} from "../interfaces/ISeats.sol";
import {IValidatorSet} from "../interfaces/IValidatorSet.sol";
import {IWatch, Verdict} from "../interfaces/IWatch.sol";
import {Lists} from "../libraries/Lists.sol";

/// @title The validators' seats from epoch to epoch
/// @notice See ISeats. As nobody else feeds ValidatorSet, who has a seat there is known here.
abstract contract Seats is ISeats, Governed {
    using Lists for address[];

    struct Seat {
        bool taken;
        bool leaving;
        bool abnormal;
        uint32 leftIn;
    }

    /// @inheritdoc ISeats
    IElections public immutable elections;
    /// @inheritdoc ISeats
    IValidatorSet public immutable validatorSet;
    uint256 private immutable _least;
    uint256 private immutable _epochLength;

    // One word.
    /// @inheritdoc ISeats
    address public watch;
    /// @inheritdoc ISeats
    uint32 public openedEpoch;
    /// @inheritdoc ISeats
    uint32 public changes;
    uint8 private _electedLeft;
    uint8 private _removedLeft;
    uint8 private _seatCount;
    uint8 private _seatsElected;

    address[] private _target;
    address[] private _standby;
    address[] private _leaving;
    mapping(address account => Seat) private _seats;
    /// @dev After how many changes an account got a seat, and lost it, in turn.
    mapping(address account => uint32[]) private _history;

    modifier onlyWatch() {
        require(msg.sender == watch, NotWatch(msg.sender));
        _;
    }

    constructor(IElections elections_, IValidatorSet validatorSet_) {
        elections = elections_;
        _epochLength = elections_.points().epochLength();
        validatorSet = validatorSet_;
        _least = validatorSet_.LEAST();
        address[] memory founders = validatorSet_.getValidators();
        for (uint256 i = 0; i < founders.length; ++i) {
            _seats[founders[i]].taken = true;
            _history[founders[i]].push(0);
        }
        _target = founders;
        _seatCount = _seatsElected = uint8(founders.length);
        _allow();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ISeats
    function currentEpoch() public view returns (uint32) {
        return uint32(block.timestamp / _epochLength);
    }

    /// @inheritdoc ISeats
    function changesLeft() external view returns (uint256 byElection, uint256 byRemoval) {
        return (_electedLeft, _removedLeft);
    }

    /// @inheritdoc ISeats
    function seatsElected() external view returns (uint256) {
        return _seatsElected;
    }

    /// @inheritdoc ISeats
    function target() external view returns (address[] memory) {
        return _target;
    }

    /// @inheritdoc ISeats
    function standby() external view returns (address[] memory) {
        return _standby;
    }

    /// @inheritdoc ISeats
    function leaving() external view returns (address[] memory) {
        return _leaving;
    }

    /// @inheritdoc ISeats
    function isSeated(address account) public view returns (bool) {
        return _seats[account].taken;
    }

    /// @inheritdoc ISeats
    function isLeaving(address account) external view returns (bool) {
        return _seats[account].leaving;
    }

    /// @inheritdoc ISeats
    function isAbnormal(address account) external view returns (bool) {
        return _seats[account].abnormal;
    }

    /// @inheritdoc ISeats
    function isFree(address account, uint32 since) external view returns (bool) {
        Seat memory s = _seats[account];
        uint256 last = s.leftIn > since ? s.leftIn : since;
        return !s.taken && currentEpoch() > last + 1 && !isAccused(account);
    }

    /// @inheritdoc ISeats
    function isAccused(address account) public view returns (bool) {
        return watch != address(0) && IWatch(watch).verdictOf(account) == Verdict.Open;
    }

    /// @inheritdoc ISeats
    function seatCount() public view returns (uint256) {
        return _seatCount;
    }

    /// @inheritdoc ISeats
    function wasSeated(address account, uint32 change) public view returns (bool) {
        uint32[] storage history = _history[account];
        uint256 i = history.length;
        while (i != 0 && history[i - 1] > change) --i;
        return i % 2 == 1;
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc ISeats
    function setWatch(address watch_) external onlyAuthority {
        require(watch == address(0), WatchAlreadySet(watch));
        watch = watch_;
        emit WatchSet(watch_);
    }

    /// @inheritdoc ISeats
    function readmit(address account) external onlyAuthority {
        Seat storage s = _seats[account];
        require(s.abnormal && !s.leaving, NotAbnormal(account));
        s.abnormal = false;
        emit Readmitted(account);
    }

    // ------------------------------------------------------------------------------------------------------ watch

    /// @inheritdoc ISeats
    function condemn(address account, bool toSlash) external onlyWatch returns (bool slashed) {
        Seat storage s = _seats[account];
        if (!s.abnormal) {
            s.abnormal = true;
            _takeOff(_target, account);
            _takeOff(_standby, account);
            if (s.taken) {
                s.leaving = true;
                _leaving.push(account);
            }
        }
        if (!s.taken) s.leftIn = currentEpoch();
        slashed = toSlash && elections.slash(account);
        emit Condemned(account, slashed);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ISeats
    function openEpoch() external {
        uint32 epoch = currentEpoch();
        require(openedEpoch < epoch, EpochIsOpen(epoch));
        Poll memory p = elections.pollOf(epoch - 1);
        require(p.counted == p.votes, IElections.NotCounted(epoch - 1, p.votes - p.counted));
        _aimAt(epoch - 1);
        _allow();
        emit EpochOpened(epoch, _seatsElected, _target, _standby);
    }

    /// @inheritdoc ISeats
    function changeSeat() external returns (bool changed) {
        uint32 epoch = currentEpoch();
        require(openedEpoch == epoch, EpochNotOpened(epoch));
        require(validatorSet.changedIn() != block.number, IValidatorSet.OneABlock(block.number));
        return _remove() || _seat();
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Told when an account gets a seat or loses it.
    function _onSeat(address account, bool taken) internal virtual;

    /// @dev Whom the votes of an epoch elect, but for the condemned.
    function _aimAt(uint32 epoch) private {
        (address[] memory order, uint256 elected) = elections.orderOf(epoch);
        uint256 found = 0;
        for (uint256 i = 0; i < order.length; ++i) {
            if (!_seats[order[i]].abnormal) order[found++] = order[i];
        }
        uint256 seated = found < elected ? found : elected;
        if (seated < _least) return;
        delete _target;
        delete _standby;
        for (uint256 i = 0; i < found; ++i) {
            (i < seated ? _target : _standby).push(order[i]);
        }
        _seatsElected = uint8(elected);
    }

    /// @dev Half of those that may fail at once, by election and by removal each.
    function _allow() private {
        uint256 half = (uint256(_seatCount) - 1) / 6;
        _electedLeft = _removedLeft = half == 0 ? 1 : uint8(half);
        openedEpoch = currentEpoch();
    }

    /// @dev The first who is leaving makes room for the first who waits, or for nobody if more than the least stay.
    function _remove() private returns (bool) {
        if (_leaving.length == 0 || _removedLeft == 0) return false;
        address coming = _seatCount <= _seatsElected ? _firstWaiting() : address(0);
        if (coming == address(0) && _seatCount == _least) return false;
        address going = _leaving[0];
        if (coming != address(0) && _takeOff(_standby, coming)) _target.push(coming);
        _takeOff(_leaving, going);
        --_removedLeft;
        _change(going, coming);
        return true;
    }

    /// @dev One seat nearer to what was elected.
    function _seat() private returns (bool) {
        if (_electedLeft == 0) return false;
        address coming = _firstUnseated(_target);
        address going = _lastUnwanted();
        if (going == address(0)) {
            if (coming == address(0) || _seatCount >= _seatsElected) return false;
        } else if (coming == address(0) && _seatCount == _least) {
            return false;
        }
        --_electedLeft;
        _change(going, coming);
        return true;
    }

    /// @dev Those elected who wait for their seats come before those standing by.
    function _firstWaiting() private view returns (address found) {
        found = _firstUnseated(_target);
        if (found == address(0)) found = _firstUnseated(_standby);
    }

    /// @dev Since the election he may have resigned, say.
    function _firstUnseated(address[] storage list) private view returns (address) {
        uint256 length = list.length;
        for (uint256 i = 0; i < length; ++i) {
            if (!_seats[list[i]].taken && elections.stands(list[i])) return list[i];
        }
        return address(0);
    }

    /// @dev The last validator who was not elected; who is leaving goes by removal.
    function _lastUnwanted() private view returns (address) {
        address[] memory validators = validatorSet.getValidators();
        address[] memory wanted = _target;
        for (uint256 i = validators.length; i != 0; --i) {
            address one = validators.at(i - 1);
            if (!_isIn(wanted, one) && !_seats[one].leaving) return one;
        }
        return address(0);
    }

    function _isIn(address[] memory list, address one) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list.at(i) == one) return true;
        }
        return false;
    }

    /// @dev The others keep their order.
    function _takeOff(address[] storage list, address one) private returns (bool) {
        uint256 length = list.length;
        uint256 i = 0;
        while (i < length && list[i] != one) ++i;
        if (i == length) return false;
        for (; i + 1 < length; ++i) {
            list[i] = list[i + 1];
        }
        list.pop();
        return true;
    }

    /// @dev Zero stands for nobody.
    function _change(address going, address coming) private {
        ++changes;
        if (going != address(0)) {
            Seat storage s = _seats[going];
            (s.taken, s.leaving, s.leftIn) = (false, false, currentEpoch());
            _history[going].push(changes);
            _onSeat(going, false);
        }
        if (coming != address(0)) {
            _seats[coming].taken = true;
            _history[coming].push(changes);
            _onSeat(coming, true);
        }
        if (going == address(0)) {
            ++_seatCount;
            validatorSet.add(coming);
        } else if (coming == address(0)) {
            --_seatCount;
            validatorSet.remove(going);
        } else {
            validatorSet.replace(going, coming);
        }
    }
}
