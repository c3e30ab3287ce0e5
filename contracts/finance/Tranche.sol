// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {ITranche, ShareCursor, TrancheKind} from "../interfaces/ITranche.sol";
import {Roles} from "../libraries/Roles.sol";
import {Shares} from "../libraries/Shares.sol";
import {MemberToken} from "../tokens/MemberToken.sol";

/// @title The units of one tranche of a pool
/// @notice See ITranche. A clone has no constructor: what tells it from others is set when it begins. Its name must be the
/// original's, as the domain of its permits is.
contract Tranche is ITranche, MemberToken {
    using Checkpoints for Checkpoints.Trace208;

    string private constant NAME = "Wattbook Tranche";

    /// @inheritdoc ITranche
    uint256 public constant MOST_HOLDERS = 10_000;

    /// @inheritdoc ITranche
    address public issuer;
    /// @inheritdoc ITranche
    uint40 public activeSince;
    /// @inheritdoc ITranche
    uint32 public pool;
    /// @inheritdoc ITranche
    TrancheKind public kind;
    /// @inheritdoc ITranche
    address public originator;
    /// @inheritdoc ITranche
    uint256 public issued;
    /// @inheritdoc ITranche
    mapping(address holder => uint256) public placeOf;

    address[] private _holders;
    mapping(address holder => Checkpoints.Trace208) private _units;

    modifier onlyIssuer() {
        require(msg.sender == issuer, NotIssuer(msg.sender));
        _;
    }

    constructor(IMembership membership_) ERC20(NAME, "") ERC20Permit(NAME) MemberToken(membership_) {
        issuer = address(this);
    }

    /// @inheritdoc ITranche
    function begin(uint32 pool_, TrancheKind kind_, address originator_) external {
        require(issuer == address(0), TrancheKnown(issuer));
        (issuer, pool, kind, originator) = (msg.sender, pool_, kind_, originator_);
        emit TrancheBegun(msg.sender, pool_, kind_, originator_);
    }

    /// @inheritdoc ITranche
    function mint(address to, uint96 amount) external onlyIssuer {
        require(activeSince == 0, UnitsIssued());
        _requireHolder(to);
        _mint(to, amount);
    }

    /// @inheritdoc ITranche
    function activate() external onlyIssuer {
        require(activeSince == 0, UnitsIssued());
        (activeSince, issued) = (uint40(block.timestamp), totalSupply());
        emit TrancheActivated(totalSupply());
    }

    /// @inheritdoc ITranche
    function burn(address from, uint256 amount) external onlyIssuer {
        _burn(from, amount);
    }

    // --------------------------------------------------------------------------------------------------- read only

    function name() public pure override returns (string memory) {
        return NAME;
    }

    function symbol() public view override returns (string memory) {
        string[3] memory letters = ["S", "M", "J"];
        return string.concat("WB", letters[uint256(kind)], Strings.toString(pool));
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc ITranche
    function holderCount() external view returns (uint256) {
        return _holders.length;
    }

    /// @inheritdoc ITranche
    function holderAt(uint256 place) external view returns (address) {
        return _holders[place];
    }

    /// @inheritdoc ITranche
    function unitsAt(address holder, uint40 time) external view returns (uint256) {
        return _units[holder].upperLookupRecent(_recordOf(time));
    }

    /// @inheritdoc ITranche
    function sharesOf(uint128 amount, uint40 time, ShareCursor calldata cursor, uint256 most)
        external
        view
        returns (address[] memory holders, uint256[] memory shares, ShareCursor memory next)
    {
        uint48 record = _recordOf(time);
        uint256 count = _holders.length - cursor.place;
        if (count > most) count = most;
        (holders, shares) = (new address[](count), new uint256[](count));
        (uint256 before, uint256 total) = (cursor.before, issued);
        for (uint256 i = 0; i < count; ++i) {
            holders[i] = _holders[cursor.place + i];
            uint256 units = _units[holders[i]].upperLookupRecent(record);
            shares[i] = Shares.cumfloor(before, units, amount, total);
            before += units;
        }
        next = ShareCursor(uint16(cursor.place + count), uint96(before));
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Where the key of an account was lost its place is taken by another's, full or not: that is no new holder.
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        if (amount == 0) return;
        if (from != address(0)) _record(from);
        if (to == address(0)) return;
        _record(to);
        if (placeOf[to] != 0) return;
        _holders.push(to);
        placeOf[to] = _holders.length;
    }

    function _record(address holder) private {
        _units[holder].push(uint48(block.timestamp), uint208(balanceOf(holder)));
    }

    /// @dev In the second in which they were issued units do not move yet, so that who had them then is known for good.
    function _requireTransfer(address operator, address from, address to) internal view override {
        super._requireTransfer(operator, from, to);
        require(activeSince != 0 && block.timestamp > activeSince, UnitsStand());
        _requireHolder(to);
    }

    function _requireHolder(address to) private view {
        bool kept = kind == TrancheKind.Junior && to == membership.currentOf(originator);
        if (!kept) membership.requireActive(to, Roles.INVESTOR);
        require(placeOf[to] != 0 || _holders.length < MOST_HOLDERS, TooManyHolders());
    }

    /// @dev The second at whose end counts who has units. None is earlier than the one in which they were issued.
    function _recordOf(uint40 time) private view returns (uint48) {
        require(activeSince != 0, UnitsStand());
        uint40 record = time < activeSince ? activeSince : time;
        require(record < block.timestamp, NotOver(record));
        return record;
    }
}
