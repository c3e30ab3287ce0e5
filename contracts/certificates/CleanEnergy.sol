// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IClaims} from "../interfaces/IClaims.sol";
import {ICleanEnergy, Retirement, Withdrawal} from "../interfaces/ICleanEnergy.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMemberToken} from "../interfaces/IMemberToken.sol";
import {Device, Direction, IMeters} from "../interfaces/IMeters.sol";
import {Mark} from "../interfaces/IOrigins.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Slice, Slices} from "../libraries/Slices.sol";
import {Place, Sums, Totals} from "../libraries/Sums.sol";
import {Origins} from "./Origins.sol";

/// @title Clean energy, Wh by Wh
/// @notice See ICleanEnergy.
contract CleanEnergy is ICleanEnergy, Origins, ERC1155, SignedActions, Governed {
    using Sums for Sums.Words;

    bytes32 public constant ISSUE_SLICE_TYPEHASH = keccak256(
        "IssueSlice(address signer,uint32 device,uint40 since,uint40 until,uint40 wh,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant TRANSFER_SLICE_TYPEHASH =
        keccak256("TransferSlice(address signer,address to,uint256 id,uint256 amount,uint256 nonce,uint256 deadline)");
    bytes32 public constant RETIRE_SLICE_TYPEHASH = keccak256(
        "RetireSlice(address signer,uint256 id,uint256 wh,address beneficiary,uint40 since,uint40 until,string purpose,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant WITHDRAWAL_TYPEHASH =
        keccak256("Withdrawal(address register,uint32 device,uint64 wh,bytes32 evidence)");

    /// @inheritdoc ICleanEnergy
    uint40 public constant VALIDITY = 730 days;
    /// @inheritdoc ICleanEnergy
    uint40 public constant WHOLE_WH = 1_000_000;

    /// @inheritdoc ICleanEnergy
    IReadings public immutable readings;
    /// @inheritdoc ICleanEnergy
    address public certificates;
    /// @inheritdoc ICleanEnergy
    address public batteries;
    /// @inheritdoc ICleanEnergy
    uint16 public maxTransfers;
    /// @inheritdoc ICleanEnergy
    mapping(bytes32 structHash => bool) public isWithdrawn;
    /// @inheritdoc IClaims
    mapping(address account => mapping(uint256 id => uint256)) public claimedBalanceOf;

    Sums.Words private _sums;

    modifier onlyPart(address part) {
        _requirePart(part);
        _;
    }

    constructor(IProduction production_, address authority_)
        Origins(production_)
        Governed(authority_)
        ERC1155("")
        EIP712("Wattbook Clean Energy", "1")
    {
        readings = production_.readings();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ICleanEnergy
    function totals() external view returns (Totals memory) {
        return _sums.read();
    }

    /// @inheritdoc ICleanEnergy
    function sliceOf(uint256 id) external pure returns (Slice memory) {
        return Slices.unpack(id);
    }

    /// @inheritdoc IClaims
    function claimedBalanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory claimed)
    {
        require(accounts.length == ids.length, ERC1155InvalidArrayLength(ids.length, accounts.length));
        claimed = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            claimed[i] = claimedBalanceOf[accounts[i]][ids[i]];
        }
    }

    /// @notice Nothing: an id says all of a slice by itself.
    function uri(uint256) public pure override returns (string memory) {
        return "";
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc ICleanEnergy
    function setParts(address certificates_, address batteries_) external onlyAuthority {
        require(certificates_ != address(0) && batteries_ != address(0), ZeroAddress());
        require(certificates == address(0), PartsAlreadySet(certificates));
        (certificates, batteries) = (certificates_, batteries_);
        emit PartsSet(certificates_, batteries_);
    }

    /// @inheritdoc ICleanEnergy
    function setMaxTransfers(uint16 maxTransfers_) external onlyAuthority {
        maxTransfers = maxTransfers_;
        emit MaxTransfersSet(maxTransfers_);
    }

    // -------------------------------------------------------------------------------------------------- producers

    /// @inheritdoc ICleanEnergy
    function issue(uint32 device, uint40 since, uint40 until, uint40 wh) external returns (uint256 id) {
        return _issue(msg.sender, device, since, until, wh);
    }

    /// @inheritdoc ICleanEnergy
    function issueSigned(uint32 device, uint40 since, uint40 until, uint40 wh, Signed calldata auth)
        external
        returns (uint256 id)
    {
        _useSigned(
            auth,
            keccak256(
                abi.encode(ISSUE_SLICE_TYPEHASH, auth.signer, device, since, until, wh, auth.nonce, auth.deadline)
            )
        );
        return _issue(auth.signer, device, since, until, wh);
    }

    /// @inheritdoc ICleanEnergy
    function lapse(uint32 device, uint40 since, uint40 until, uint40 wh) external {
        (Slice memory s,) = _next(device, since, until, wh);
        s.expires = until + VALIDITY;
        uint256 id = Slices.pack(s);
        require(block.timestamp >= s.expires, NotExpired(id, s.expires));
        _sums.take(Place.Expired, wh);
        emit SliceLapsed(device, id);
    }

    // ---------------------------------------------------------------------------------------------------- holders

    /// @inheritdoc ICleanEnergy
    function transferSigned(address to, uint256 id, uint256 amount, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(TRANSFER_SLICE_TYPEHASH, auth.signer, to, id, amount, auth.nonce, auth.deadline))
        );
        _requireMovable(id);
        membership.checkTransfer(auth.signer, auth.signer, to);
        _move(auth.signer, to, id, amount);
    }

    /// @inheritdoc ICleanEnergy
    function retire(uint256 id, uint256 wh, Retirement calldata retirement) external {
        _retire(msg.sender, id, wh, retirement);
    }

    /// @inheritdoc ICleanEnergy
    function retireSigned(uint256 id, uint256 wh, Retirement calldata retirement, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(
                abi.encode(
                    RETIRE_SLICE_TYPEHASH,
                    auth.signer,
                    id,
                    wh,
                    retirement.beneficiary,
                    retirement.since,
                    retirement.until,
                    keccak256(bytes(retirement.purpose)),
                    auth.nonce,
                    auth.deadline
                )
            )
        );
        _retire(auth.signer, id, wh, retirement);
    }

    /// @inheritdoc IClaims
    function safeTransferAndClaimFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes calldata,
        bytes calldata claimData
    ) external {
        bool may = from == msg.sender || isApprovedForAll(from, msg.sender);
        require(may, ERC1155MissingApprovalForAll(msg.sender, from));
        (string memory purpose, uint40 since, uint40 until) = abi.decode(claimData, (string, uint40, uint40));
        _retire(from, id, value, Retirement(to, since, until, purpose));
    }

    /// @inheritdoc ICleanEnergy
    function exportSlices(uint256[] calldata ids, uint256[] calldata amounts, string calldata destination) external {
        _requireSpender(msg.sender);
        for (uint256 i = 0; i < ids.length; ++i) {
            _requireGood(ids[i]);
        }
        ERC1155._update(msg.sender, address(0), ids, amounts);
        _sums.move(Place.Slices, Place.Exported, _sum(amounts));
        emit SlicesExported(msg.sender, ids, amounts, destination);
    }

    /// @inheritdoc ICleanEnergy
    function expire(address holder, uint256[] calldata ids) external {
        uint256[] memory amounts = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 expires = Slices.expires(ids[i]);
            require(block.timestamp >= expires, NotExpired(ids[i], expires));
            // Burned one by one, so that one that is named twice counts once.
            amounts[i] = balanceOf(holder, ids[i]);
            _move(holder, address(0), ids[i], amounts[i]);
        }
        _sums.move(Place.Slices, Place.Expired, _sum(amounts));
        emit SlicesExpired(holder, ids, amounts);
    }

    /// @inheritdoc ICleanEnergy
    function recoverSlices(address account, uint256[] calldata ids) external {
        address replacement = membership.currentOf(account);
        require(replacement != account, IMemberToken.NotReplaced(account));
        for (uint256 i = 0; i < ids.length; ++i) {
            _move(account, replacement, ids[i], balanceOf(account, ids[i]));
        }
        emit SlicesRecovered(account, replacement, ids);
    }

    // -------------------------------------------------------------------------------------------------- attesters

    /// @inheritdoc ICleanEnergy
    function withdraw(Withdrawal calldata withdrawal, ShortSignature[] calldata signatures) external {
        (uint32 device, uint64 wh) = (withdrawal.device, withdrawal.wh);
        require(wh != 0, IMemberToken.ZeroAmount());
        bytes32 structHash = keccak256(abi.encode(WITHDRAWAL_TYPEHASH, address(this), withdrawal));
        require(!isWithdrawn[structHash], WithdrawalKnown(device, withdrawal.evidence));
        isWithdrawn[structHash] = true;
        readings.requireAttested(structHash, signatures);
        _know(device);
        _marks[device].debt += wh;
        emit WithdrawalOrdered(device, wh, withdrawal.evidence);
        _payDebt(device);
    }

    // ------------------------------------------------------------------------------------------------------ parts

    /// @inheritdoc ICleanEnergy
    function turn(address holder, uint256[] calldata ids, uint256[] calldata amounts, Slice calldata out)
        external
        onlyPart(batteries)
        returns (uint256 id)
    {
        id = Slices.pack(out);
        ERC1155._update(holder, address(0), ids, amounts);
        _sums.move(Place.Slices, Place.Lost, _sum(amounts) - out.wh);
        _move(address(0), holder, id, out.wh);
    }

    /// @inheritdoc ICleanEnergy
    function takeWhole(address account, uint32 device, uint40 since, uint40 until)
        external
        onlyPart(certificates)
        returns (uint256 id, address owner, uint32 number)
    {
        (id, owner) = _take(account, device, since, until, WHOLE_WH);
        number = _sums.makeWhole(Place.Taken, WHOLE_WH);
    }

    /// @inheritdoc ICleanEnergy
    function wrapSlices(address holder, uint256[] calldata ids, uint256[] calldata amounts)
        external
        onlyPart(certificates)
        returns (uint32 number)
    {
        ERC1155._update(holder, address(0), ids, amounts);
        number = _sums.makeWhole(Place.Slices, WHOLE_WH);
    }

    /// @inheritdoc ICleanEnergy
    function unwrapSlices(address holder, uint256[] calldata ids, uint256[] calldata amounts)
        external
        onlyPart(certificates)
    {
        ERC1155._update(address(0), holder, ids, amounts);
        _sums.move(Place.Wholes, Place.Slices, WHOLE_WH);
    }

    /// @inheritdoc ICleanEnergy
    function endWhole(Place to) external onlyPart(certificates) {
        _sums.move(Place.Wholes, to, WHOLE_WH);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _issue(address account, uint32 device, uint40 since, uint40 until, uint40 wh)
        private
        returns (uint256 id)
    {
        address owner;
        (id, owner) = _take(account, device, since, until, wh);
        _sums.take(Place.Slices, wh);
        _move(address(0), owner, id, wh);
    }

    /// @dev Takes the next Wh off a device's counter for whom they belong to, as `account` asks.
    function _take(address account, uint32 device, uint40 since, uint40 until, uint40 wh)
        private
        returns (uint256 id, address owner)
    {
        membership.requireActive(account, 0);
        (Slice memory s, uint40 last) = _next(device, since, until, wh);
        owner = _ownerThroughout(device, since, last);
        require(account == owner || account == meters.ownerOf(device), IMeters.NotDeviceOwner(device, account));
        s.expires = since + _marks[device].slotSeconds + VALIDITY;
        id = Slices.pack(s);
        require(block.timestamp < s.expires, CertificateExpired(id, s.expires));
        emit SliceIssued(device, owner, id);
    }

    /// @dev Takes the next Wh off a device's counter: a slice without its expiry.
    function _next(uint32 device, uint40 since, uint40 until, uint40 wh) private returns (Slice memory s, uint40 last) {
        _know(device);
        _payDebt(device);
        s.first = _marks[device].mark;
        last = _requireMade(device, since, until, s.first, wh);
        (s.carrier, s.device) = (_marks[device].carrier, device);
        (s.since, s.until, s.wh) = (since, until, wh);
        _marks[device].mark = s.first + wh;
    }

    /// @dev What a device owes comes first.
    function _payDebt(uint32 device) private {
        Mark storage m = _marks[device];
        (uint64 mark, uint64 debt) = (m.mark, m.debt);
        if (debt == 0) return;
        uint64 left = production.totalOf(device) - mark;
        uint64 paid = left < debt ? left : debt;
        if (paid == 0) return;
        (m.mark, m.debt) = (mark + paid, debt - paid);
        _sums.take(Place.Withdrawn, paid);
        emit StockWithdrawn(device, mark, paid, debt - paid);
    }

    function _know(uint32 device) private {
        if (_marks[device].slotSeconds != 0) return;
        Device memory d = meters.deviceOf(device);
        require(_isPlant(d), NotCertifiable(device));
        _remember(device, d);
    }

    function _retire(address holder, uint256 id, uint256 wh, Retirement memory retirement) private {
        (address beneficiary, uint40 since, uint40 until) = (retirement.beneficiary, retirement.since, retirement.until);
        require(beneficiary != address(0) && since <= until, InvalidRetirement());
        require(wh != 0, IMemberToken.ZeroAmount());
        _requireSpender(holder);
        _requireGood(id);
        _move(holder, address(0), id, wh);
        claimedBalanceOf[beneficiary][id] += wh;
        _sums.move(Place.Slices, Place.Retired, wh);
        bytes memory claimData = abi.encode(retirement.purpose, since, until);
        emit ClaimSingle(holder, beneficiary, Slices.device(id), id, wh, claimData);
    }

    /// @dev Moves, mints or burns without asking or calling anybody.
    function _move(address from, address to, uint256 id, uint256 amount) private {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (id, amount);
        ERC1155._update(from, to, ids, amounts);
    }

    /// @dev Every ordinary transfer passes here; all else has rules of its own.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory amounts) internal override {
        for (uint256 i = 0; i < ids.length; ++i) {
            _requireMovable(ids[i]);
        }
        membership.checkTransfer(msg.sender, from, to);
        super._update(from, to, ids, amounts);
    }

    function _requireMovable(uint256 id) private view {
        require(maxTransfers == 0, SlicesStay(maxTransfers));
        _requireGood(id);
    }

    function _requirePart(address part) private view {
        require(msg.sender == part, NotPart(msg.sender));
    }

    function _requireGood(uint256 id) private view {
        uint256 expires = Slices.expires(id);
        require(block.timestamp < expires, CertificateExpired(id, expires));
    }

    /// @dev Clean energy leaves the market through its owner only, as money does.
    function _requireSpender(address account) private view {
        require(membership.payoutOf(account) == account, IMembership.SpendNotAllowed(account, address(0)));
    }

    /// @dev A device that was certified once stays so: what takes it out is its status.
    function _isPlant(Device memory d) private pure returns (bool) {
        bool makes = d.description.direction == Direction.Injection && !d.description.stores;
        return makes && d.description.clean && d.certifier != 0;
    }

    function _sum(uint256[] memory amounts) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < amounts.length; ++i) {
            sum += amounts[i];
        }
    }
}
