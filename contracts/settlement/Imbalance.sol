// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {Balance, Delivery, IImbalance, Statement} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPositionSource} from "../interfaces/IPositionSource.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Facts} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Deviations} from "../libraries/Deviations.sol";
import {Moves} from "../libraries/Moves.sol";
import {Parts} from "../libraries/Parts.sol";
import {Statements} from "../libraries/Statements.sol";
import {Deliveries} from "./Deliveries.sol";

/// @title Delivered against sold
/// @notice See IImbalance. Two layers: Deliveries counts, this one pays. No money stays here: what an account's trades bring
/// in, and what is taken for imbalances, is paid out in the same call.
contract Imbalance is Deliveries, Governed {
    /// @notice A call's slot, its accounts, all their names, and the money that moves.
    struct Round {
        uint256 key;
        uint16 zone;
        Carrier carrier;
        uint40 start;
        bool late;
        bytes32 book;
        Facts facts;
        Account[] accounts;
        address[] names;
        uint256[] owners;
        uint256[][] parts;
        address[][] payees;
        uint256 payeeCount;
        int256 difference;
        int256 newTraders;
        int256 surplus;
        uint256 network;
        uint256 platform;
        uint256 fund;
    }

    /// @notice An account's trades, and what it gets and pays.
    /// @param account who
    /// @param incomplete whether readings are missing
    /// @param firstName place of its first name, which is its own
    /// @param names how many names it has
    /// @param sold Wh
    /// @param bought Wh
    /// @param gross uPT due for what was sold
    /// @param own what of that is its own, the shares of others being taken off
    /// @param others what of that goes to payees that it named
    /// @param margin uPT
    /// @param charge uPT that it owes and that its trades do not cover
    /// @param fromOthers what its named payees give up for what it owes
    /// @param nothingNew whether it was settled with just this before
    /// @param statement what is told of it
    struct Account {
        address account;
        bool incomplete;
        uint256 firstName;
        uint256 names;
        uint256 sold;
        uint256 bought;
        uint256 gross;
        uint256 own;
        uint256 others;
        uint256 margin;
        uint256 charge;
        uint256 fromOthers;
        bool nothingNew;
        Statement statement;
    }

    /// @inheritdoc IImbalance
    uint40 public constant PATIENCE = 10 days;
    uint256 private constant WHOLE = 10_000;
    /// @dev How many days before a slot are looked at for what an account usually takes.
    uint256 private constant DAYS = 7;

    /// @inheritdoc IImbalance
    IMembership public immutable membership;
    /// @inheritdoc IImbalance
    IVault public immutable vault;
    address private immutable _commonFund;
    address private immutable _platform;
    address private immutable _pool;

    IPositionSource[] private _sources;

    constructor(IReadings readings_, IProduction production_, address authority_)
        Deliveries(readings_, production_)
        Governed(authority_)
    {
        vault = readings_.vault();
        membership = vault.membership();
        _commonFund = vault.purseAccount(Purse.CommonFund);
        _platform = vault.purseAccount(Purse.Platform);
        _pool = vault.purseAccount(Purse.Pool);
    }

    /// @inheritdoc IImbalance
    function sources() external view returns (IPositionSource[] memory) {
        return _sources;
    }

    /// @inheritdoc IImbalance
    function addSource(IPositionSource source) external onlyAuthority {
        IPositionSource[] memory known = _sources;
        for (uint256 i = 0; i < known.length; ++i) {
            require(known[i] != source, SourceKnown(source));
        }
        _sources.push(source);
        emit SourceAdded(source);
    }

    // -------------------------------------------------------------------------------------------------- settling

    /// @inheritdoc IImbalance
    function settle(uint16 zone, Carrier carrier, uint40 slotStart, address[] calldata accounts) external {
        Round memory r;
        (r.zone, r.carrier, r.start) = (zone, carrier, slotStart);
        r.key = _slotKey(zone, carrier, slotStart);
        r.facts = zones.factsAt(zone, carrier, slotStart);
        r.book = keccak256(abi.encode(carrier, zones.zoneOf(zone), slotStart));
        uint40 end = slotStart + zones.slotSeconds(zone, carrier);
        require(block.timestamp >= end, SlotNotOver(r.book, end));
        r.late = block.timestamp >= end + PATIENCE;
        _call(r, accounts);
        if (r.accounts.length == 0) return;
        _takeOver(r);
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            _reckon(r, r.accounts[i]);
        }
        _collect(r);
        _balance(r);
        _payOut(r);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Those who can be settled, with all their names.
    function _call(Round memory r, address[] calldata accounts) private {
        uint256[] memory counts;
        (r.names, counts) = membership.namesOf(accounts);
        uint256[] memory expected = meters.countsAt(r.names, r.zone, r.carrier, r.start);
        r.accounts = new Account[](accounts.length);
        r.owners = new uint256[](r.names.length);
        (uint256 found, uint256 name, uint256 kept) = (0, 0, 0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            require(i == 0 || accounts[i - 1] < account, AccountsOutOfOrder(account));
            require(counts[i] != 0, NotSettledByItself(account));
            (uint256 read, uint256 due) = (0, 0);
            for (uint256 k = name; k < name + counts[i]; ++k) {
                read += _deliveries[r.key][r.names[k]].devices;
                due += expected[k];
            }
            if (read >= due || r.late) {
                Account memory a = r.accounts[found];
                (a.account, a.incomplete, a.firstName, a.names) = (account, read < due, kept, counts[i]);
                for (uint256 k = 0; k < counts[i]; ++k) {
                    (r.names[kept], r.owners[kept]) = (r.names[name + k], found);
                    ++kept;
                }
                ++found;
            } else {
                emit AccountWaits(r.book, account, read, due);
            }
            name += counts[i];
        }
        _keepFirst(r.accounts, found);
        _keepFirst(r.names, kept);
    }

    /// @dev Takes the trades of all over, with their money.
    function _takeOver(Round memory r) private {
        uint256 count = _sources.length;
        r.parts = new uint256[][](count);
        r.payees = new address[][](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256[] memory parts = _sources[i].handOver(r.book, r.names);
            r.parts[i] = parts;
            r.payees[i] = _payeesOf(parts);
            for (uint256 k = 0; k < parts.length; ++k) {
                _addTrade(r, r.accounts[r.owners[Parts.place(parts[k])]], parts[k], r.payees[i][k]);
            }
        }
    }

    /// @dev Who was named to be paid for what is delivered, for each trade.
    function _payeesOf(uint256[] memory parts) private view returns (address[] memory) {
        uint32[] memory devices = new uint32[](parts.length);
        for (uint256 k = 0; k < parts.length; ++k) {
            devices[k] = Parts.device(parts[k]);
        }
        return parts.length == 0 ? new address[](0) : meters.namedPayeesOf(devices);
    }

    /// @dev Adds a trade to what is known of an account.
    function _addTrade(Round memory r, Account memory a, uint256 part, address payee) private pure {
        if (!Parts.isSold(part)) {
            a.bought += Parts.wh(part);
            return;
        }
        a.sold += Parts.wh(part);
        a.margin += Parts.margin(part);
        if (Parts.due(part) == 0) return;
        a.gross += Parts.due(part);
        uint256 own = _share(r, a, part);
        if (payee == address(0)) {
            a.own += own;
        } else {
            a.others += own;
            ++r.payeeCount;
        }
    }

    /// @dev Takes off what of a trade's price is others'.
    function _share(Round memory r, Account memory a, uint256 part) private pure returns (uint256 own) {
        (uint256 network, uint256 platform, uint256 fund) = _shares(r.facts, part);
        r.network += network;
        r.platform += platform;
        r.fund += fund;
        Statement memory s = a.statement;
        s.network += uint64(network);
        s.platform += uint64(platform);
        s.fund += uint64(fund);
        return Parts.due(part) - network - platform - fund;
    }

    /// @dev Wheeling is paid of what platform and fund leave, and no more than that.
    function _shares(Facts memory facts, uint256 part)
        private
        pure
        returns (uint256 network, uint256 platform, uint256 fund)
    {
        uint256 due = Parts.due(part);
        platform = due * facts.platformBps / WHOLE;
        fund = due * facts.fundBps / WHOLE;
        network = facts.wheeling == 0
            ? due * facts.networkBps / WHOLE
            : Math.min(Parts.wh(part) * facts.wheeling, due - platform - fund);
    }

    /// @dev What an account gets or owes for its imbalance, less what it was settled with before under any of its names.
    function _reckon(Round memory r, Account memory a) private {
        Delivery memory d = _merged(r, a);
        int256 position = int256(a.sold) - int256(a.bought);
        uint256 withdrawn = a.incomplete ? _estimated(r, a, d.withdrawn) : d.withdrawn;
        (int256 difference, int256 cash) = Deviations.cashFor(_factsFor(r, a.account), d.injected, withdrawn, position);
        r.difference += difference;
        Statement memory s = a.statement;
        s.cash += int128(cash);
        a.nothingNew = d.settled && d.settledInjected == d.injected && d.settledWithdrawn == withdrawn
            && d.settledPosition == position;
        (s.injected, s.withdrawn) = (d.injected, uint40(withdrawn));
        (s.sold, s.bought, s.due) = (uint40(a.sold), uint40(a.bought), uint64(a.gross));
        (d.settled, d.settledInjected, d.settledWithdrawn, d.settledPosition) =
        (true, d.injected, uint40(withdrawn), int48(position));
        _deliveries[r.key][a.account] = d;
        if (position != 0) ++r.newTraders;
        if (s.cash >= 0) return;
        a.charge = uint256(uint128(-s.cash));
        uint256 covered = a.margin + a.own;
        if (a.charge <= covered) {
            a.charge = 0;
            return;
        }
        a.charge -= covered;
        a.fromOthers = a.charge < a.others ? a.charge : a.others;
        a.charge -= a.fromOthers;
    }

    /// @dev What was counted under all names; what was settled before is taken back in the account's statement.
    function _merged(Round memory r, Account memory a) private returns (Delivery memory d) {
        bool seen = false;
        for (uint256 k = 0; k < a.names; ++k) {
            address name = r.names[a.firstName + k];
            Delivery memory one = _deliveries[r.key][name];
            if (one.settled) {
                (int256 difference, int256 cash) = Deviations.cashFor(
                    _factsFor(r, a.account), one.settledInjected, one.settledWithdrawn, one.settledPosition
                );
                r.difference -= difference;
                a.statement.cash -= int128(cash);
                (d.settledInjected, d.settledWithdrawn) = (one.settledInjected, one.settledWithdrawn);
                (d.settled, d.settledPosition) = (!seen, one.settledPosition);
                seen = true;
                if (one.settledPosition != 0) --r.newTraders;
            }
            d.injected += one.injected;
            d.withdrawn += one.withdrawn;
            d.devices += one.devices;
            if (k != 0) delete _deliveries[r.key][name];
        }
    }

    /// @dev No less than was bought, and than the account took on average at the same time of the days before.
    function _estimated(Round memory r, Account memory a, uint256 known) private view returns (uint256 withdrawn) {
        withdrawn = known;
        if (a.bought > a.sold && a.bought - a.sold > withdrawn) withdrawn = a.bought - a.sold;
        (uint256 sum, uint256 count) = (0, 0);
        for (uint256 day = 1; day <= DAYS; ++day) {
            Delivery storage d = _deliveries[r.key - day * 1 days][a.account];
            if (d.devices == 0) continue;
            sum += d.withdrawn;
            ++count;
        }
        if (count != 0 && sum / count > withdrawn) withdrawn = sum / count;
    }

    /// @dev The pool trades with the grid what members did not take or serve; it has no band to keep within.
    function _factsFor(Round memory r, address account) private view returns (Facts memory facts) {
        facts = r.facts;
        if (account != _pool) return facts;
        facts = abi.decode(abi.encode(facts), (Facts));
        facts.bandBps = uint16(WHOLE);
    }

    /// @dev Takes from free balances what trades do not cover. What is not there is recorded as a debt to the common fund.
    function _collect(Round memory r) private {
        uint256 count = 0;
        uint256[] memory moves = new uint256[](r.accounts.length);
        uint256[] memory owners = new uint256[](r.accounts.length);
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Account memory a = r.accounts[i];
            if (a.charge == 0) continue;
            uint256 free = vault.accountOf(a.account).free;
            uint256 taken = a.charge < free ? a.charge : free;
            a.statement.unpaid = uint64(a.charge - taken);
            (moves[count], owners[count]) = (Moves.pack(a.account, int256(taken)), i);
            ++count;
        }
        if (count == 0) return;
        _keepFirst(moves, count);
        uint256[] memory refused = vault.adjustEach(moves);
        for (uint256 i = 0; i < refused.length; ++i) {
            Account memory a = r.accounts[owners[refused[i]]];
            a.statement.unpaid = uint64(a.charge);
        }
        for (uint256 i = 0; i < count; ++i) {
            Account memory a = r.accounts[owners[i]];
            uint128 unpaid = a.statement.unpaid;
            if (unpaid != 0) vault.recordDebt(a.account, _commonFund, unpaid);
        }
    }

    /// @dev Trades with the grid what the accounts are over or short together, with what was settled before. What is left
    /// is the common fund's, which bears what was not paid; if it cannot, the balancing account does.
    function _balance(Round memory r) private {
        Balance storage b = _balances[r.key];
        int256 before = b.difference;
        b.difference = int64(before + r.difference);
        b.traders = uint32(uint256(int256(uint256(b.traders)) + r.newTraders));
        int256 toGrid = Deviations.toGrid(r.facts, before + r.difference) - Deviations.toGrid(r.facts, before);
        int256 toFund = -toGrid;
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Statement memory s = r.accounts[i].statement;
            toFund -= s.cash + int256(uint256(s.unpaid));
        }
        emit SlotBalanced(r.book, r.difference, toGrid, toFund);
        toFund += int256(r.fund);
        if (toFund < 0) {
            toGrid += toFund + int256(_takeFrom(_commonFund, uint256(-toFund)));
            toFund = 0;
        }
        if (toGrid < 0) vault.lockMore(r.facts.balancing, uint128(uint256(-toGrid)));
        (r.surplus, r.fund) = (toGrid > 0 ? toGrid : int256(0), uint256(toFund));
    }

    /// @dev As much of an amount as an account has free and lets this module take.
    function _takeFrom(address account, uint256 amount) private returns (uint256 taken) {
        uint256 free = vault.accountOf(account).free;
        taken = amount < free ? amount : free;
        uint256[] memory moves = new uint256[](1);
        moves[0] = Moves.pack(account, int256(taken));
        if (vault.adjustEach(moves).length != 0) taken = 0;
    }

    function _payOut(Round memory r) private {
        uint256[] memory moves = new uint256[](r.accounts.length + r.payeeCount + 4);
        uint256 count = _payPayees(r, moves);
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Account memory a = r.accounts[i];
            int256 amount = int256(a.margin + a.own) + a.statement.cash;
            if (amount > 0) moves[count++] = Moves.pack(a.account, -amount);
            if (!a.nothingNew) emit AccountSettled(r.book, a.account, Statements.pack(a.statement));
        }
        if (r.network != 0) moves[count++] = Moves.pack(r.facts.network, -int256(r.network));
        if (r.platform != 0) moves[count++] = Moves.pack(_platform, -int256(r.platform));
        if (r.fund != 0) moves[count++] = Moves.pack(_commonFund, -int256(r.fund));
        if (r.surplus != 0) moves[count++] = Moves.pack(r.facts.balancing, -r.surplus);
        _keepFirst(moves, count);
        if (count != 0) vault.adjustEach(moves);
    }

    /// @dev Pays those who were named for what devices deliver, less what the owner's imbalance takes of it.
    function _payPayees(Round memory r, uint256[] memory moves) private pure returns (uint256 count) {
        if (r.payeeCount == 0) return 0;
        for (uint256 i = 0; i < r.parts.length; ++i) {
            for (uint256 k = 0; k < r.parts[i].length; ++k) {
                if (r.payees[i][k] == address(0)) continue;
                uint256 part = r.parts[i][k];
                Account memory a = r.accounts[r.owners[Parts.place(part)]];
                (uint256 network, uint256 platform, uint256 fund) = _shares(r.facts, part);
                uint256 amount = Parts.due(part) - network - platform - fund;
                uint256 taken = a.fromOthers < amount ? a.fromOthers : amount;
                a.fromOthers -= taken;
                if (amount != taken) moves[count++] = Moves.pack(r.payees[i][k], -int256(amount - taken));
            }
        }
    }

    function _keepFirst(Account[] memory list, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _keepFirst(uint256[] memory list, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _keepFirst(address[] memory list, uint256 count) private pure {
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }
}
