// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {IDeposits} from "../interfaces/IDeposits.sol";
import {Balance, Counted, IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPositionSource, TradedSlot} from "../interfaces/IPositionSource.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Facts} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {DeliveryWords} from "../libraries/DeliveryWords.sol";
import {Deviations} from "../libraries/Deviations.sol";
import {Lists} from "../libraries/Lists.sol";
import {Moves} from "../libraries/Moves.sol";
import {Parts} from "../libraries/Parts.sol";
import {Statements} from "../libraries/Statements.sol";
import {Deliveries} from "./Deliveries.sol";

/// @title Delivered against sold
/// @notice See IImbalance. Two layers: Deliveries counts, this one pays. No money stays here: what an account's trades bring
/// in, and what is taken for imbalances, is paid out in the same call.
contract Imbalance is Deliveries, Governed {
    using DeliveryWords for uint256;
    using Lists for address[];
    using Lists for uint256[];

    /// @notice A call's slot, its accounts, all their names with what was counted under each, and the money that moves.
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
        uint256[] counted;
        uint256[][] parts;
        address[][] payees;
        uint256 payeeCount;
        int256 difference;
        int256 newTraders;
        int256 toBalancing;
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
    /// @param again whether it was settled before
    /// @param nothingNew whether it was settled with just this before
    /// @param injected Wh
    /// @param withdrawn Wh, as far as it is known or has to be estimated
    /// @param network what of what is due is the network's
    /// @param platform the platform's
    /// @param fund the common fund's
    /// @param cash what it gets for its imbalance, or pays when negative, beside what it was settled with before
    /// @param unpaid what of that could not be taken
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
        bool again;
        bool nothingNew;
        uint256 injected;
        uint256 withdrawn;
        uint256 network;
        uint256 platform;
        uint256 fund;
        int256 cash;
        uint256 unpaid;
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
    /// @inheritdoc IImbalance
    IDeposits public immutable deposits;
    address private immutable _commonFund;
    address private immutable _platform;
    address private immutable _pool;

    IPositionSource[] private _sources;

    constructor(IReadings readings_, IProduction production_, IDeposits deposits_, address authority_)
        Deliveries(readings_, production_)
        Governed(authority_)
    {
        vault = readings_.vault();
        membership = vault.membership();
        deposits = deposits_;
        _commonFund = vault.purseAccount(Purse.CommonFund);
        _platform = vault.purseAccount(Purse.Platform);
        _pool = vault.purseAccount(Purse.Pool);
    }

    /// @inheritdoc IImbalance
    function sources() external view returns (IPositionSource[] memory) {
        return _sources;
    }

    /// @inheritdoc IImbalance
    function countedOf(TradedSlot calldata slot, address account) external view returns (Counted memory c) {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        (address[] memory names,) = membership.namesOf(accounts);
        uint256[] memory expected = meters.countsAt(names, slot.zone, slot.carrier, slot.start);
        uint256[] memory counted = _countedUnder(names, _slotKey(slot.zone, slot.carrier, slot.start));
        IPositionSource[] memory all = _sources;
        (uint256 sum, uint256 due) = (0, 0);
        for (uint256 k = 0; k < names.length; ++k) {
            sum = sum.plus(counted.at(k));
            due += expected.at(k);
            for (uint256 i = 0; i < all.length; ++i) {
                if (address(all[i]) == msg.sender) continue;
                (uint256 sold, uint256 bought) = all[i].tradesOf(slot.book, names.at(k));
                (c.sold, c.bought) = (c.sold + sold, c.bought + bought);
            }
        }
        Facts memory facts = zones.factsAt(slot.zone, slot.carrier, slot.start);
        c.arrived = sum.injected() * (WHOLE - facts.lossBps) / WHOLE;
        c.withdrawn = sum.withdrawn();
        uint256 end = slot.start + zones.slotSeconds(slot.zone, slot.carrier);
        c.silent = sum.devices() < due;
        c.complete = block.timestamp >= end && (!c.silent || block.timestamp >= end + PATIENCE);
    }

    // -------------------------------------------------------------------------------------------------- authority

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
        (address[] memory names, uint256[] memory counts) = membership.namesOf(accounts);
        uint256[] memory expected = meters.countsAt(names, r.zone, r.carrier, r.start);
        uint256[] memory counted = _countedUnder(names, r.key);
        uint256[] memory owners = new uint256[](names.length);
        r.accounts = new Account[](accounts.length);
        (uint256 found, uint256 name, uint256 kept, address last) = (0, 0, 0, address(0));
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            uint256 count = counts.at(i);
            require(i == 0 || last < account, AccountsOutOfOrder(account));
            last = account;
            if (count == 0) {
                emit AccountSkipped(r.book, account);
                continue;
            }
            (uint256 read, uint256 due) = (0, 0);
            for (uint256 k = name; k < name + count; ++k) {
                read += counted.at(k).devices();
                due += expected.at(k);
            }
            if (read >= due || r.late) {
                Account memory a = r.accounts[found];
                (a.account, a.incomplete, a.firstName, a.names) = (account, read < due, kept, count);
                for (uint256 k = name; k < name + count; ++k) {
                    names.put(kept, names.at(k));
                    counted.put(kept, counted.at(k));
                    owners.put(kept++, found);
                }
                ++found;
            } else {
                emit AccountWaits(r.book, account, read, due);
            }
            name += count;
        }
        _keepFirst(r.accounts, found);
        names.cut(kept);
        (r.names, r.owners, r.counted) = (names, owners, counted);
    }

    function _countedUnder(address[] memory names, uint256 key) private view returns (uint256[] memory counted) {
        mapping(address name => uint256) storage deliveries = _deliveries[key];
        counted = new uint256[](names.length);
        for (uint256 k = 0; k < names.length; ++k) {
            counted.put(k, deliveries[names.at(k)]);
        }
    }

    /// @dev Takes the trades of all over, with their money.
    function _takeOver(Round memory r) private {
        uint256 count = _sources.length;
        r.parts = new uint256[][](count);
        r.payees = new address[][](count);
        TradedSlot memory slot = TradedSlot(r.zone, r.carrier, r.start, r.book);
        for (uint256 i = 0; i < count; ++i) {
            uint256[] memory parts = _sources[i].handOver(slot, r.names);
            address[] memory payees = _payeesOf(r, parts);
            (r.parts[i], r.payees[i]) = (parts, payees);
            for (uint256 k = 0; k < parts.length; ++k) {
                uint256 part = parts.at(k);
                _addTrade(r, r.accounts[r.owners[Parts.place(part)]], part, payees.at(k));
            }
        }
    }

    /// @dev Who was named to be paid for what is delivered, for each trade.
    function _payeesOf(Round memory r, uint256[] memory parts) private view returns (address[] memory) {
        if (parts.length == 0) return new address[](0);
        uint32[] memory devices = new uint32[](parts.length);
        address[] memory sellers = new address[](parts.length);
        for (uint256 k = 0; k < parts.length; ++k) {
            uint256 part = parts.at(k);
            devices[k] = Parts.device(part);
            sellers.put(k, r.accounts[r.owners.at(Parts.place(part))].account);
        }
        return meters.namedPayeesOf(devices, sellers);
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
        a.network += network;
        a.platform += platform;
        a.fund += fund;
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
        mapping(address name => uint256) storage deliveries = _deliveries[r.key];
        Facts memory facts = _factsFor(r, a.account);
        uint256 d = _merged(r, a, facts, deliveries);
        int256 position = int256(a.sold) - int256(a.bought);
        a.injected = d.injected();
        a.withdrawn = a.incomplete ? _estimated(r, a, d.withdrawn()) : d.withdrawn();
        (int256 difference, int256 cash) = Deviations.cashFor(facts, a.injected, a.withdrawn, position);
        r.difference += difference;
        a.cash += cash;
        if (position != 0) ++r.newTraders;
        uint256 settled = d.settledWith(a.withdrawn, position);
        a.nothingNew = settled == d;
        deliveries[a.account] = settled;
        if (a.cash >= 0) return;
        a.charge = uint256(-a.cash);
        uint256 covered = a.margin + a.own;
        if (a.charge <= covered) {
            a.charge = 0;
            return;
        }
        a.charge -= covered;
        a.fromOthers = Math.min(a.charge, a.others);
        a.charge -= a.fromOthers;
    }

    /// @dev What was counted under all names; what was settled before is taken back in the account's cash.
    function _merged(
        Round memory r,
        Account memory a,
        Facts memory facts,
        mapping(address name => uint256) storage deliveries
    ) private returns (uint256 d) {
        for (uint256 k = 0; k < a.names; ++k) {
            uint256 one = r.counted[a.firstName + k];
            if (one.isSettled()) {
                int256 position = one.settledPosition();
                (int256 difference, int256 cash) =
                    Deviations.cashFor(facts, one.settledInjected(), one.settledWithdrawn(), position);
                r.difference -= difference;
                a.cash -= cash;
                if (position != 0) --r.newTraders;
                a.again = true;
            }
            if (k == 0) {
                d = one;
            } else if (one != 0) {
                uint256 settlement = d.isSettled() ? d : one;
                // Two that were settled each by itself were never settled as one.
                if (d.isSettled() && one.isSettled()) settlement = 0;
                d = d.plus(one).withSettlementOf(settlement);
                delete deliveries[r.names[a.firstName + k]];
            }
        }
    }

    /// @dev No less than was bought, and than the account took on average at the same time of the days before.
    function _estimated(Round memory r, Account memory a, uint256 known) private view returns (uint256 withdrawn) {
        withdrawn = known;
        if (a.bought > a.sold && a.bought - a.sold > withdrawn) withdrawn = a.bought - a.sold;
        (uint256 sum, uint256 count) = (0, 0);
        for (uint256 day = 1; day <= DAYS; ++day) {
            bool told = false;
            for (uint256 k = 0; k < a.names; ++k) {
                uint256 d = _deliveries[r.key - day * 1 days][r.names[a.firstName + k]];
                if (d.devices() == 0 && !d.isSettled()) continue;
                // What was estimated then counts too, or a meter that stays silent would pay in the end.
                sum += Math.max(d.withdrawn(), d.settledWithdrawn());
                told = true;
            }
            if (told) ++count;
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

    /// @dev Takes from free balances what trades do not cover, and what is not there from deposits.
    function _collect(Round memory r) private {
        uint256 count = 0;
        uint256[] memory moves = new uint256[](r.accounts.length);
        uint256[] memory owners = new uint256[](r.accounts.length);
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Account memory a = r.accounts[i];
            if (a.charge == 0) continue;
            moves.put(count, Moves.pack(a.account, int256(a.charge)));
            owners.put(count++, i);
        }
        if (count == 0) return;
        moves.cut(count);
        uint256[] memory refused = vault.adjustEach(moves);
        for (uint256 i = 0; i < refused.length; ++i) {
            Account memory a = r.accounts[owners[refused[i]]];
            uint256 short = a.charge - _takeFrom(a.account, a.charge);
            a.unpaid = short - deposits.draw(a.account, short);
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
            Account memory a = r.accounts[i];
            toFund -= a.cash + int256(a.unpaid);
        }
        emit SlotBalanced(r.book, r.difference, toGrid, toFund);
        toFund += int256(r.fund);
        uint256 borne = 0;
        if (toFund < 0) {
            borne = uint256(-toFund) - _takeFrom(_commonFund, uint256(-toFund));
            toGrid -= int256(borne);
            toFund = 0;
        }
        _recordDebts(r, borne);
        if (toGrid < 0) vault.lockMore(r.facts.balancing, uint128(uint256(-toGrid)));
        (r.toBalancing, r.fund) = (toGrid > 0 ? toGrid : int256(0), uint256(toFund));
    }

    /// @dev What was not paid is owed to who bore it: the balancing account as far as it did, else the common fund.
    function _recordDebts(Round memory r, uint256 borne) private {
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Account memory a = r.accounts[i];
            if (a.unpaid == 0) continue;
            uint256 part = Math.min(borne, a.unpaid);
            borne -= part;
            if (part != 0) vault.recordDebt(a.account, r.facts.balancing, uint128(part));
            if (part != a.unpaid) vault.recordDebt(a.account, _commonFund, uint128(a.unpaid - part));
        }
    }

    /// @dev What an account is given back it may never have paid: that goes to whom it owes it.
    function _repay(Round memory r, Account memory a) private returns (int256 repaid) {
        if (!a.again || a.cash <= 0) return 0;
        uint128 left = uint128(uint256(a.cash));
        for (uint256 k = 0; k < a.names && left != 0; ++k) {
            address name = r.names[a.firstName + k];
            left -= vault.repay(name, r.facts.balancing, left);
            if (left != 0) left -= vault.repay(name, _commonFund, left);
        }
        return a.cash - int256(uint256(left));
    }

    /// @dev As much of an amount as an account has free and lets this module take.
    function _takeFrom(address account, uint256 amount) private returns (uint256 taken) {
        taken = Math.min(amount, vault.accountOf(account).free);
        uint256[] memory moves = new uint256[](1);
        moves[0] = Moves.pack(account, int256(taken));
        if (vault.adjustEach(moves).length != 0) taken = 0;
    }

    function _payOut(Round memory r) private {
        uint256[] memory moves = new uint256[](r.accounts.length + r.payeeCount + 4);
        uint256 count = _payPayees(r, moves);
        for (uint256 i = 0; i < r.accounts.length; ++i) {
            Account memory a = r.accounts[i];
            int256 amount = int256(a.margin + a.own) + a.cash - _repay(r, a);
            if (amount > 0) moves.put(count++, Moves.pack(a.account, -amount));
            if (!a.nothingNew) emit AccountSettled(r.book, a.account, _told(a));
        }
        if (r.network != 0) moves[count++] = Moves.pack(r.facts.network, -int256(r.network));
        if (r.platform != 0) moves[count++] = Moves.pack(_platform, -int256(r.platform));
        if (r.fund != 0) moves[count++] = Moves.pack(_commonFund, -int256(r.fund));
        if (r.toBalancing != 0) moves[count++] = Moves.pack(r.facts.balancing, -r.toBalancing);
        moves.cut(count);
        if (count != 0) vault.adjustEach(moves);
    }

    function _told(Account memory a) private pure returns (uint256[3] memory words) {
        words[0] = Statements.energy(a.injected, a.withdrawn, a.sold, a.bought);
        words[1] = Statements.shares(a.gross, a.network, a.platform, a.fund);
        words[2] = Statements.cash(a.cash, a.unpaid);
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
                uint256 taken = Math.min(a.fromOthers, amount);
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
}
