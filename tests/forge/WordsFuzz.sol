// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Book, BookState, OrderState, Position, SizeClass} from "../../contracts/interfaces/IAuction.sol";
import {Area, Refund, SubscriptionState} from "../../contracts/interfaces/IEnergyPackages.sol";
import {Kind} from "../../contracts/interfaces/ITariffs.sol";
import {Account, Module, ModuleStatus} from "../../contracts/interfaces/IVault.sol";
import {Quality, ReadingRefusal, Trust} from "../../contracts/interfaces/IReadings.sol";
import {BookWords} from "../../contracts/libraries/BookWords.sol";
import {Carrier} from "../../contracts/libraries/Carriers.sol";
import {DeliveryWords} from "../../contracts/libraries/DeliveryWords.sol";
import {Draws} from "../../contracts/libraries/Draws.sol";
import {Fills} from "../../contracts/libraries/Fills.sol";
import {Intervals} from "../../contracts/libraries/Intervals.sol";
import {Lots} from "../../contracts/libraries/Lots.sol";
import {Moves} from "../../contracts/libraries/Moves.sol";
import {OrderWords} from "../../contracts/libraries/OrderWords.sol";
import {Parts} from "../../contracts/libraries/Parts.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Slice, Slices} from "../../contracts/libraries/Slices.sol";
import {Status} from "../../contracts/libraries/Standings.sol";
import {SubscriptionWords} from "../../contracts/libraries/SubscriptionWords.sol";
import {SuppliedWords} from "../../contracts/libraries/SuppliedWords.sol";
import {Unit, UnitIds} from "../../contracts/libraries/UnitIds.sol";
import {VaultWords} from "../../contracts/libraries/VaultWords.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title What is put into a word comes out of it, and changing one part changes no other
contract WordsFuzz is Fuzzed {
    using VaultWords for Account;
    using VaultWords for Module;
    using VaultWords for uint256;

    Account private _account;
    Module private _module;

    function testFuzz_book(uint232 drawn, uint8 carrier, uint8 state) external pure {
        uint256 word = _with(drawn, carrier, uint256(type(Carrier).max), 232);
        word = _with(word, state, uint256(type(BookState).max), 240);
        Book memory book = BookWords.unpack(word);
        assert(BookWords.pack(book) == word);
        if (book.commits == type(uint16).max) return;
        ++book.commits;
        assert(BookWords.withMore(word, 1) == BookWords.pack(book));
    }

    function testFuzz_order(address trader, uint40[2] calldata wh, uint16 price, uint8 number, uint32 device)
        external
        pure
    {
        (number, device) = (number % 16, device % uint32(Words.MAX_DEVICE + 1));
        uint256 index = wh[1] % Words.MAX_ORDERS;
        uint256 word = Words.withQty(Words.withIndex(Words.sell(trader, wh[0], price, number, device), index), wh[1]);
        assert(Words.trader(word) == trader && Words.qty(word) == wh[1] && Words.price(word) == price);
        assert(Words.isSell(word) && Words.number(word) == number && Words.device(word) == device);
        assert(Words.index(word) == index);
        assert(Words.orderId(word) == (uint256(uint160(trader)) | uint256(number) << 160));
    }

    function testFuzz_orderState(bytes32 seal, uint16 place, uint8 class, uint208 content) external pure {
        SizeClass size = SizeClass(class % 4);
        uint256 word = OrderWords.committed(seal, place, size);
        assert(OrderWords.isSealed(word) && OrderWords.isSealedBy(word, seal));
        assert(!OrderWords.isSealedBy(word, bytes32(uint256(seal) ^ 1 << place % 208)));
        word = OrderWords.settled(word, content);
        assert(OrderWords.content(word) == content && OrderWords.status(word) == OrderState.Settled);
        assert(OrderWords.place(word) == place && OrderWords.sizeClass(word) == size);
        assert(OrderWords.ceiling(word) == 10_000 * 10 ** uint256(size));
    }

    function testFuzz_position(Position calldata position) external pure {
        assert(_same(abi.encode(position), abi.encode(Positions.unpack(Positions.pack(position)))));
    }

    /// @dev What two fills give together is in their sum, as long as nobody gets more than a word holds.
    function testFuzz_fill(uint32[2] calldata wh, uint56[2] calldata amount, uint56[2] calldata fee) external pure {
        uint256 fill = Fills.plus(Fills.pack(wh[0], amount[0], fee[0]), Fills.pack(wh[1], amount[1], fee[1]));
        assert(Fills.wh(fill) == uint256(wh[0]) + wh[1]);
        assert(Fills.amount(fill) == uint256(amount[0]) + amount[1]);
        assert(Fills.fee(fill) == uint256(fee[0]) + fee[1]);
    }

    function testFuzz_move(address account, int96 amount) external pure {
        uint256 move = Moves.pack(account, amount);
        assert(Moves.account(move) == account && Moves.amount(move) == amount);
    }

    function testFuzz_draw(address holder, uint32 device, uint40 wh) external pure {
        uint256 draw = Draws.pack(holder, device, wh);
        assert(Draws.holder(draw) == holder && Draws.device(draw) == device && Draws.wh(draw) == wh);
    }

    function testFuzz_part(uint40 wh, uint64 due, uint64 margin, uint32 device, uint16 place) external pure {
        uint256 part = Parts.under(Parts.sold(wh, due, margin, device), place);
        assert(Parts.money(part) == uint256(due) + margin && Parts.due(part) == due && Parts.isSold(part));
        uint256 rest = Parts.withoutMoney(part);
        assert(Parts.money(rest) == 0 && Parts.wh(rest) == wh && Parts.device(rest) == device);
        assert(Parts.place(rest) == place && Parts.isSold(rest));
    }

    function testFuzz_lot(uint96[2] calldata money, uint32 price, uint32 time) external pure {
        uint256 lot = Lots.pack(money[0], price, time);
        assert(Lots.left(lot) == money[0]);
        lot = Lots.withLeft(lot, money[1]);
        assert(Lots.paid(lot) == money[0] && Lots.left(lot) == money[1]);
        assert(Lots.price(lot) == price && Lots.time(lot) == time);
    }

    function testFuzz_slice(Slice memory slice) external pure {
        slice.device %= 1 << 24;
        assert(_same(abi.encode(slice), abi.encode(Slices.unpack(Slices.pack(slice)))));
    }

    function testFuzz_subscription(uint256 drawn, uint8 kind, uint8 state) external pure {
        uint256 word = _with(drawn & ~(uint256(0xffff) << 192), kind, uint256(type(Kind).max), 192);
        word = _with(word, state, uint256(type(SubscriptionState).max), 200);
        assert(SubscriptionWords.pack(SubscriptionWords.unpack(word)) == word);
    }

    function testFuzz_metered(uint200 drawn, uint8 refund, bool suspended) external pure {
        uint256 word = _with(drawn & ~(uint256(0xffff) << 120), refund, uint256(type(Refund).max), 120);
        if (suspended) word |= 1 << 128;
        assert(SubscriptionWords.pack(SubscriptionWords.unpackMetered(word)) == word);
    }

    function testFuzz_area(Area calldata area) external pure {
        (uint256 low, uint256 high) = SubscriptionWords.pack(area);
        assert(_same(abi.encode(area), abi.encode(SubscriptionWords.unpackArea(low, high))));
    }

    function testFuzz_supplied(address provider, uint40 since, uint16[2] calldata until, uint40 id) external pure {
        uint256 word = SuppliedWords.pack(provider, since, until[0], id);
        assert(SuppliedWords.until(word) == until[0]);
        word = SuppliedWords.withUntil(word, until[1]);
        assert(SuppliedWords.provider(word) == provider && SuppliedWords.since(word) == since);
        assert(SuppliedWords.until(word) == until[1] && SuppliedWords.subscription(word) == id);
    }

    function testFuzz_unit(uint8 carrier, uint16 zone, uint32 device, uint40 slotStart) external pure {
        uint256 id = UnitIds.pack(Carrier(carrier % 6), zone, device, slotStart);
        Unit memory unit = UnitIds.unpack(id);
        assert(uint256(unit.carrier) == carrier % 6 && unit.zone == zone && unit.device == device);
        assert(unit.slotStart == slotStart && UnitIds.slotStartOf(id) == slotStart);
    }

    function testFuzz_interval(uint216 drawn, uint8 quality, uint8 trust, uint8 refusal) external pure {
        uint256 word = _with(drawn, quality, uint256(type(Quality).max), 216);
        word = _with(word, trust, uint256(type(Trust).max), 224);
        word = _with(word, refusal, uint256(type(ReadingRefusal).max), 232);
        assert(Intervals.pack(Intervals.unpack(word)) == word);
    }

    /// @dev What is counted goes no further than its place holds, and settling keeps what was counted.
    function testFuzz_delivery(uint40[2] calldata injected, uint40[2] calldata withdrawn, uint40 net, int48 position)
        external
        pure
    {
        uint256 word = 0;
        for (uint256 i = 0; i < 2; ++i) {
            word = DeliveryWords.more(DeliveryWords.more(word, true, injected[i], i == 0), false, withdrawn[i], true);
        }
        uint256 most = type(uint40).max;
        assert(DeliveryWords.injected(word) == _least(uint256(injected[0]) + injected[1], most));
        assert(DeliveryWords.withdrawn(word) == _least(uint256(withdrawn[0]) + withdrawn[1], most));
        assert(DeliveryWords.devices(word) == 3 && !DeliveryWords.isSettled(word));
        uint256 settled = DeliveryWords.settledWith(word, net, position);
        assert(DeliveryWords.isSettled(settled) && DeliveryWords.settledWithdrawn(settled) == net);
        assert(DeliveryWords.settledInjected(settled) == DeliveryWords.injected(word));
        assert(DeliveryWords.settledPosition(settled) == position);
        assert(DeliveryWords.withdrawn(settled) == DeliveryWords.withdrawn(word));
        assert(DeliveryWords.devices(settled) == 3);
    }

    /// @dev The Vault's words are its structs: adding and taking away change the amount alone.
    function testFuzz_account(uint168 drawn, bool inDefault, uint72 standing, uint8 status, uint128 amount) external {
        uint256 a = _with(drawn | uint256(standing) << 176, status, uint256(type(Status).max), 248);
        if (inDefault) a |= 1 << 168;
        _account.store(a);
        assert(_account.load() == a && a.amountOf() == _account.free && a.roles() == _account.roles);
        assert(a.certifiedUntil() == _account.certifiedUntil && a.status() == _account.status);
        assert(a.isInDefault() == inDefault && _account.inDefault == inDefault);
        assert(a.exists() == (a.status() != Status.None));
        for (uint256 bit = 0; bit < 40; ++bit) {
            assert(a.chose(bit << 128) == (_account.modules >> bit & 1 == 1));
        }
        if (amount > _account.free) return;
        uint128 left = _account.free - amount;
        _account.store(a.less(amount));
        assert(_account.free == left && _account.load() >> 128 == a >> 128);
        assert(_account.load().more(amount) == a);
    }

    function testFuzz_module(uint128 locked, uint8 bit, uint8 status, uint128 amount) external {
        _module = Module(locked, bit, ModuleStatus(status % 4));
        uint256 m = _module.load();
        assert(m.amountOf() == locked && uint256(m.moduleStatus()) == status % 4);
        if (amount > type(uint128).max - locked) return;
        _module.store(m.more(amount));
        assert(_module.locked == locked + amount && _module.load() >> 128 == m >> 128 && _module.bit == bit);
    }

    // A word with one of so many kinds in the eight bits from `place` on, which are empty.
    function _with(uint256 word, uint256 drawn, uint256 last, uint256 place) private pure returns (uint256) {
        return word | drawn % (last + 1) << place;
    }

    function _same(bytes memory one, bytes memory other) private pure returns (bool) {
        return keccak256(one) == keccak256(other);
    }
}
