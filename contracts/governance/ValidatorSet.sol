// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IValidatorSet} from "../interfaces/IValidatorSet.sol";

/// @title The validators of the chain itself
/// @notice See IValidatorSet. All that it knows is in storage, as code in a first block comes without its constructor. Where
/// what is kept, wattbook/governance/validators.py knows too, which writes it into that block; it must not be moved.
contract ValidatorSet is IValidatorSet {
    /// @inheritdoc IValidatorSet
    uint256 public constant LEAST = 4;
    /// @inheritdoc IValidatorSet
    uint256 public constant MOST = 21;

    // One word.
    uint8 private _count;
    /// @inheritdoc IValidatorSet
    uint64 public changedIn;
    /// @inheritdoc IValidatorSet
    address public founder;

    /// @inheritdoc IValidatorSet
    address public feeder;
    /// @dev The first `_count` are validators, the others zero.
    address[MOST] private _seats;

    modifier onlyFeeder() {
        require(msg.sender == feeder, NotFeeder(msg.sender));
        _;
    }

    /// @dev For chains whose first block is made by others.
    constructor(address[] memory validators, address founder_) {
        require(founder_ != address(0), ZeroAddress());
        require(validators.length >= LEAST, TooFew(validators.length));
        founder = founder_;
        for (uint256 i = 0; i < validators.length; ++i) {
            _append(validators[i]);
        }
    }

    /// @inheritdoc IValidatorSet
    function getValidators() external view returns (address[] memory validators) {
        uint256 count = _count;
        validators = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            validators[i] = _seats[i];
        }
    }

    /// @inheritdoc IValidatorSet
    function setFeeder(address feeder_) external {
        require(msg.sender == founder, NotFounder(msg.sender));
        require(feeder == address(0), FeederAlreadySet(feeder));
        require(feeder_.code.length != 0, NoContract(feeder_));
        feeder = feeder_;
        emit FeederSet(feeder_);
    }

    /// @inheritdoc IValidatorSet
    function replace(address leaving, address coming) external onlyFeeder {
        _once();
        uint256 place = _placeOf(leaving);
        _requireNew(coming);
        _seats[place] = coming;
        emit SeatChanged(leaving, coming, _count);
    }

    /// @inheritdoc IValidatorSet
    function add(address coming) external onlyFeeder {
        _once();
        _append(coming);
    }

    /// @inheritdoc IValidatorSet
    function remove(address leaving) external onlyFeeder {
        _once();
        uint256 place = _placeOf(leaving);
        uint256 last = _count - 1;
        require(last >= LEAST, TooFew(last));
        for (; place < last; ++place) {
            _seats[place] = _seats[place + 1];
        }
        _seats[last] = address(0);
        _count = uint8(last);
        emit SeatChanged(leaving, address(0), last);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev The nodes of a network follow a set only if it changes by little at a time.
    function _once() private {
        require(changedIn != block.number, OneABlock(block.number));
        changedIn = uint64(block.number);
    }

    function _append(address coming) private {
        _requireNew(coming);
        uint256 count = _count;
        require(count < MOST, TooMany(count + 1));
        _seats[count] = coming;
        _count = uint8(count + 1);
        emit SeatChanged(address(0), coming, count + 1);
    }

    function _requireNew(address coming) private view {
        require(coming != address(0), ZeroAddress());
        require(_find(coming) == _count, AlreadySeated(coming));
    }

    function _placeOf(address leaving) private view returns (uint256 place) {
        place = _find(leaving);
        require(place != _count, NotSeated(leaving));
    }

    /// @dev The place of an account, as many as there are when it has none.
    function _find(address account) private view returns (uint256 place) {
        uint256 count = _count;
        while (place < count && _seats[place] != account) ++place;
    }
}
