// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {ICleanEnergy, Retirement} from "../interfaces/ICleanEnergy.sol";
import {
    Certificate,
    CertificateStatus,
    Contents,
    IGreenCertificates,
    Origin
} from "../interfaces/IGreenCertificates.sol";
import {IGoverned} from "../interfaces/IGoverned.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMemberToken} from "../interfaces/IMemberToken.sol";
import {Description, IMeters} from "../interfaces/IMeters.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {InTurn} from "../libraries/InTurn.sol";
import {Slice, Slices} from "../libraries/Slices.sol";
import {Place} from "../libraries/Sums.sol";

/// @title Certificates of 1 MWh of clean energy
/// @notice See IGreenCertificates. An ERC-721 of its own, as holder, expiry and number of transfers share a storage slot.
contract GreenCertificates is IGreenCertificates, IERC721Errors, ERC165, SignedActions, Governed {
    bytes32 public constant ISSUE_CERTIFICATE_TYPEHASH = keccak256(
        "IssueCertificate(address signer,uint32 device,uint40 since,uint40 until,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant TRANSFER_CERTIFICATE_TYPEHASH =
        keccak256("TransferCertificate(address signer,address to,uint256 id,uint256 nonce,uint256 deadline)");
    bytes32 public constant WRAP_SLICES_TYPEHASH =
        keccak256("WrapSlices(address signer,uint256[] ids,uint256[] amounts,uint256 nonce,uint256 deadline)");
    bytes32 public constant RETIRE_CERTIFICATE_TYPEHASH = keccak256(
        "RetireCertificate(address signer,uint256 id,address beneficiary,uint40 since,uint40 until,string purpose,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IGreenCertificates
    ICleanEnergy public immutable cleanEnergy;
    /// @inheritdoc IGreenCertificates
    IMembership public immutable membership;
    uint256 private immutable _wholeWh;

    /// @inheritdoc IGreenCertificates
    address public elections;

    mapping(uint256 id => Certificate) private _certificates;
    mapping(address holder => uint256) private _balances;
    mapping(uint256 id => address) private _approved;
    mapping(address holder => mapping(address operator => bool)) private _operators;

    modifier onlyElections() {
        require(msg.sender == elections, NotElections(msg.sender));
        _;
    }

    constructor(ICleanEnergy cleanEnergy_)
        EIP712("Wattbook Green Certificates", "1")
        Governed(IGoverned(address(cleanEnergy_)).authority())
    {
        cleanEnergy = cleanEnergy_;
        membership = cleanEnergy_.membership();
        _wholeWh = cleanEnergy_.WHOLE_WH();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IGreenCertificates
    function certificateOf(uint256 id) external view returns (Certificate memory) {
        return _certificates[id];
    }

    /// @inheritdoc IGreenCertificates
    function certificateId(Contents calldata contents) external pure returns (uint256) {
        return _idOf(contents.number, contents.ids, contents.amounts);
    }

    /// @inheritdoc IGreenCertificates
    function claimedBalanceOf(address account, uint256 id) external view returns (uint256) {
        Certificate memory c = _certificates[id];
        return c.status == CertificateStatus.Retired && c.holder == account ? _wholeWh : 0;
    }

    /// @inheritdoc IGreenCertificates
    function provenanceOf(uint256[] calldata ids) external view returns (Origin[] memory origins) {
        uint256 most = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            Slice memory s = Slices.unpack(ids[i]);
            most += (uint256(s.until) - s.since) / _slotSeconds(s.device);
        }
        origins = new Origin[](most);
        uint256 count = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            count = _trace(Slices.unpack(ids[i]), origins, count);
        }
        assembly ("memory-safe") {
            mstore(origins, count)
        }
    }

    /// @inheritdoc IERC721
    function balanceOf(address holder) external view returns (uint256) {
        require(holder != address(0), ERC721InvalidOwner(address(0)));
        return _balances[holder];
    }

    /// @inheritdoc IERC721
    function ownerOf(uint256 id) external view returns (address) {
        return _held(id).holder;
    }

    /// @inheritdoc IERC721
    function getApproved(uint256 id) external view returns (address) {
        _held(id);
        return _approved[id];
    }

    /// @inheritdoc IERC721
    function isApprovedForAll(address holder, address operator) external view returns (bool) {
        return _operators[holder][operator];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC165, IERC165) returns (bool) {
        return interfaceId == type(IERC721).interfaceId || super.supportsInterface(interfaceId);
    }

    // -------------------------------------------------------------------------------------------------- producers

    /// @inheritdoc IGreenCertificates
    function issue(uint32 device, uint40 since, uint40 until) external returns (uint256 id) {
        return _issue(msg.sender, device, since, until);
    }

    /// @inheritdoc IGreenCertificates
    function issueSigned(uint32 device, uint40 since, uint40 until, Signed calldata auth)
        external
        returns (uint256 id)
    {
        _useSigned(
            auth,
            keccak256(
                abi.encode(ISSUE_CERTIFICATE_TYPEHASH, auth.signer, device, since, until, auth.nonce, auth.deadline)
            )
        );
        return _issue(auth.signer, device, since, until);
    }

    // ---------------------------------------------------------------------------------------------------- holders

    /// @inheritdoc IGreenCertificates
    function wrap(uint256[] calldata ids, uint256[] calldata amounts) external returns (uint256 id) {
        return _wrap(msg.sender, ids, amounts);
    }

    /// @inheritdoc IGreenCertificates
    function wrapSigned(uint256[] calldata ids, uint256[] calldata amounts, Signed calldata auth)
        external
        returns (uint256 id)
    {
        _useSigned(
            auth,
            keccak256(
                abi.encode(
                    WRAP_SLICES_TYPEHASH,
                    auth.signer,
                    keccak256(abi.encodePacked(ids)),
                    keccak256(abi.encodePacked(amounts)),
                    auth.nonce,
                    auth.deadline
                )
            )
        );
        return _wrap(auth.signer, ids, amounts);
    }

    /// @inheritdoc IGreenCertificates
    function unwrap(Contents calldata contents) external {
        uint256 id = _idOf(contents.number, contents.ids, contents.amounts);
        Certificate memory c = _heldBy(msg.sender, id);
        _requireFree(id, c);
        _requireOwnName(msg.sender);
        // Slices that were sold wrapped would be sold again wrapped anew.
        uint16 limit = cleanEnergy.maxTransfers();
        require(limit == 0 || c.transfers == 0, TransferLimitReached(id, c.transfers));
        _unwrap(id, c, contents);
    }

    /// @inheritdoc IGreenCertificates
    function expire(Contents calldata contents) external {
        uint256 id = _idOf(contents.number, contents.ids, contents.amounts);
        Certificate memory c = _held(id);
        require(block.timestamp >= c.expires, ICleanEnergy.NotExpired(id, c.expires));
        // Its energy would vote again in another, or be no stake any more.
        _requireFree(id, c);
        _unwrap(id, c, contents);
    }

    /// @inheritdoc IGreenCertificates
    function retire(uint256 id, Retirement calldata retirement) external {
        _retire(msg.sender, id, retirement);
    }

    /// @inheritdoc IGreenCertificates
    function retireSigned(uint256 id, Retirement calldata retirement, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(
                abi.encode(
                    RETIRE_CERTIFICATE_TYPEHASH,
                    auth.signer,
                    id,
                    retirement.beneficiary,
                    retirement.since,
                    retirement.until,
                    keccak256(bytes(retirement.purpose)),
                    auth.nonce,
                    auth.deadline
                )
            )
        );
        _retire(auth.signer, id, retirement);
    }

    /// @inheritdoc IGreenCertificates
    function exportCertificate(uint256 id, string calldata destination) external {
        _requireSpender(msg.sender);
        _end(id, _good(msg.sender, id), msg.sender, CertificateStatus.Exported);
        emit CertificateExported(id, msg.sender, destination);
        cleanEnergy.endWhole(Place.Exported);
    }

    /// @inheritdoc IERC721
    function approve(address to, uint256 id) external {
        address holder = _held(id).holder;
        bool may = msg.sender == holder || _operators[holder][msg.sender];
        require(may, ERC721InvalidApprover(msg.sender));
        _approved[id] = to;
        emit Approval(holder, to, id);
    }

    /// @inheritdoc IERC721
    function setApprovalForAll(address operator, bool approved) external {
        require(operator != address(0), ERC721InvalidOperator(operator));
        _operators[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 id) public {
        address holder = _held(id).holder;
        bool may = msg.sender == holder || _operators[holder][msg.sender] || _approved[id] == msg.sender;
        require(may, ERC721InsufficientApproval(msg.sender, id));
        _transfer(msg.sender, from, to, id);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 id) external {
        transferFrom(from, to, id);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, id, "");
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address from, address to, uint256 id, bytes calldata data) external {
        transferFrom(from, to, id);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, id, data);
    }

    /// @inheritdoc IGreenCertificates
    function transferSigned(address to, uint256 id, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(TRANSFER_CERTIFICATE_TYPEHASH, auth.signer, to, id, auth.nonce, auth.deadline))
        );
        _transfer(auth.signer, auth.signer, to, id);
    }

    /// @inheritdoc IGreenCertificates
    function recoverCertificates(address account, uint256[] calldata ids) external {
        address replacement = membership.currentOf(account);
        require(replacement != account, IMemberToken.NotReplaced(account));
        for (uint256 i = 0; i < ids.length; ++i) {
            _give(ids[i], _heldBy(account, ids[i]), replacement);
        }
        emit CertificatesRecovered(account, replacement, ids);
    }

    // -------------------------------------------------------------------------------------------- stakes and votes

    /// @inheritdoc IGreenCertificates
    function setElections(address elections_) external onlyAuthority {
        require(elections == address(0), ElectionsAlreadySet(elections));
        elections = elections_;
        emit ElectionsSet(elections_);
    }

    /// @inheritdoc IGreenCertificates
    function lock(address holder, uint256[] calldata ids, uint32 until)
        external
        onlyElections
        returns (uint40 expires)
    {
        expires = type(uint40).max;
        for (uint256 i = 0; i < ids.length; ++i) {
            Certificate memory c = _good(holder, ids[i]);
            c.lockedUntil = until;
            _certificates[ids[i]] = c;
            if (c.expires < expires) expires = c.expires;
        }
        emit CertificatesLocked(holder, ids, until);
    }

    /// @inheritdoc IGreenCertificates
    function release(uint256[] calldata ids) external onlyElections {
        for (uint256 i = 0; i < ids.length; ++i) {
            _certificates[ids[i]].lockedUntil = 0;
        }
        emit CertificatesReleased(ids);
    }

    /// @inheritdoc IGreenCertificates
    function slash(uint256[] calldata ids) external onlyElections {
        for (uint256 i = 0; i < ids.length; ++i) {
            Certificate memory c = _held(ids[i]);
            address holder = c.holder;
            _end(ids[i], c, holder, CertificateStatus.Slashed);
            emit CertificateSlashed(ids[i], holder);
            cleanEnergy.endWhole(Place.Expired);
        }
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _issue(address account, uint32 device, uint40 since, uint40 until) private returns (uint256 id) {
        (uint256 slice, address owner, uint32 number) = cleanEnergy.takeWhole(account, device, since, until);
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (slice, _wholeWh);
        return _make(owner, cleanEnergy.sliceOf(slice).expires, number, ids, amounts);
    }

    function _wrap(address holder, uint256[] calldata ids, uint256[] calldata amounts) private returns (uint256 id) {
        _requireOwnName(holder);
        (uint256[] memory used, uint256[] memory taken, uint256 expires) = InTurn.take(ids, amounts, _wholeWh);
        uint32 number = cleanEnergy.wrapSlices(holder, used, taken);
        return _make(holder, expires, number, used, taken);
    }

    /// @dev A lost key cannot go on changing what its successor would take over.
    function _requireOwnName(address holder) private view {
        membership.payoutOf(holder);
    }

    function _make(address holder, uint256 expires, uint32 number, uint256[] memory ids, uint256[] memory amounts)
        private
        returns (uint256 id)
    {
        id = _idOf(number, ids, amounts);
        _certificates[id] = Certificate(holder, uint40(expires), 0, CertificateStatus.Held, 0);
        ++_balances[holder];
        emit Transfer(address(0), holder, id);
        emit CertificateMade(id, number, holder, uint40(expires), ids, amounts);
    }

    function _unwrap(uint256 id, Certificate memory c, Contents calldata contents) private {
        _end(id, c, c.holder, CertificateStatus.Unwrapped);
        emit CertificateUnwrapped(id, c.holder);
        cleanEnergy.unwrapSlices(c.holder, contents.ids, contents.amounts);
    }

    function _retire(address holder, uint256 id, Retirement calldata retirement) private {
        (address beneficiary, uint40 since, uint40 until) = (retirement.beneficiary, retirement.since, retirement.until);
        require(beneficiary != address(0) && since <= until, ICleanEnergy.InvalidRetirement());
        _requireSpender(holder);
        _end(id, _good(holder, id), beneficiary, CertificateStatus.Retired);
        emit CertificateRetired(id, holder, beneficiary, since, until, retirement.purpose);
        cleanEnergy.endWhole(Place.Retired);
    }

    /// @dev Nobody's any more; its word stays, so that its id is never used again.
    function _end(uint256 id, Certificate memory c, address last, CertificateStatus status) private {
        address holder = c.holder;
        --_balances[holder];
        (c.holder, c.status) = (last, status);
        _certificates[id] = c;
        delete _approved[id];
        emit Transfer(holder, address(0), id);
    }

    function _transfer(address operator, address from, address to, uint256 id) private {
        require(to != address(0), ERC721InvalidReceiver(to));
        Certificate memory c = _good(from, id);
        uint16 limit = cleanEnergy.maxTransfers();
        require(limit == 0 || c.transfers < limit, TransferLimitReached(id, c.transfers));
        membership.checkTransfer(operator, from, to);
        if (c.transfers != type(uint16).max) ++c.transfers;
        _give(id, c, to);
    }

    function _give(uint256 id, Certificate memory c, address to) private {
        address from = c.holder;
        --_balances[from];
        ++_balances[to];
        c.holder = to;
        _certificates[id] = c;
        delete _approved[id];
        emit Transfer(from, to, id);
    }

    function _held(uint256 id) private view returns (Certificate memory c) {
        c = _certificates[id];
        require(c.status == CertificateStatus.Held, ERC721NonexistentToken(id));
    }

    function _heldBy(address holder, uint256 id) private view returns (Certificate memory c) {
        c = _held(id);
        require(c.holder == holder, ERC721IncorrectOwner(holder, id, c.holder));
    }

    function _good(address holder, uint256 id) private view returns (Certificate memory c) {
        c = _heldBy(holder, id);
        require(block.timestamp < c.expires, ICleanEnergy.CertificateExpired(id, c.expires));
        _requireFree(id, c);
    }

    function _requireFree(uint256 id, Certificate memory c) private view {
        require(block.timestamp >= c.lockedUntil, CertificateLocked(id, c.lockedUntil));
    }

    /// @dev As with slices.
    function _requireSpender(address account) private view {
        require(membership.payoutOf(account) == account, IMembership.SpendNotAllowed(account, address(0)));
    }

    /// @dev Adds what of a slice was made in which slot.
    function _trace(Slice memory s, Origin[] memory origins, uint256 count) private view returns (uint256) {
        IProduction production = cleanEnergy.production();
        uint256 length = _slotSeconds(s.device);
        uint256 end = uint256(s.first) + s.wh;
        uint256 counter = production.countedUntil(s.device, s.since);
        for (uint256 start = s.since; start < s.until && counter < end; start += length) {
            uint256 begun = counter < s.first ? s.first : counter;
            counter += production.countedIn(s.device, uint40(start));
            uint256 done = counter < end ? counter : end;
            if (done > begun) origins[count++] = Origin(s.device, uint40(start), uint64(done - begun));
        }
        return count;
    }

    function _slotSeconds(uint32 device) private view returns (uint256) {
        IMeters meters = cleanEnergy.meters();
        Description memory its = meters.deviceOf(device).description;
        return meters.zones().slotSeconds(its.zone, its.carrier);
    }

    function _idOf(uint32 number, uint256[] memory ids, uint256[] memory amounts) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(number, ids, amounts)));
    }
}
