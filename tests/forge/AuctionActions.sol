// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Book, BookState, IAuction, Opening, OrderId, Part, SizeClass} from "../../contracts/interfaces/IAuction.sol";
import {IClearing} from "../../contracts/interfaces/IClearing.sol";
import {IDeviceMirror} from "../../contracts/interfaces/IDeviceMirror.sol";
import {IEnergyUnits} from "../../contracts/interfaces/IEnergyUnits.sol";
import {IPool} from "../../contracts/interfaces/IPool.sol";
import {IPositionSource} from "../../contracts/interfaces/IPositionSource.sol";
import {IRule, Terms} from "../../contracts/interfaces/IRule.sol";
import {IRulebook, Schedule} from "../../contracts/interfaces/IRulebook.sol";
import {Purse} from "../../contracts/interfaces/IVault.sol";
import {Facts, IZones} from "../../contracts/interfaces/IZones.sol";
import {Carrier} from "../../contracts/libraries/Carriers.sol";
import {Groups} from "../../contracts/libraries/Groups.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {DeviceRegister} from "./DeviceRegister.sol";
import {Founded} from "./Founded.sol";
import {SlowBook} from "./SlowBook.sol";

/// @title Books that are opened, filled, cleared or not, settled or void, and bonds that are lost or given back
/// @notice One book at a time, by turns under Uniform and TradeReduction.
contract AuctionActions is Founded, SlowBook {
    /// @notice Where an order stands.
    enum Stage {
        Sealed,
        Revealed,
        Settled,
        Ended
    }

    /// @notice Where the book stands.
    enum Phase {
        Commit,
        Reveal,
        Cleared,
        Done
    }

    /// @notice An order, and what it locks.
    struct Kept {
        uint256 word;
        SizeClass class;
        Stage stage;
    }

    uint256 private constant SLOT = 900;
    bytes32 private constant ZONE = "zone";
    bytes32 private constant SALT = "salt";
    uint256 private constant DEAREST = 220;
    uint256 private constant MOST_AT_ONCE = 6;

    IAuction public auction;
    IEnergyUnits public energyUnits;
    IClearing public clearing;
    IPool public pool;
    IRulebook public rulebook;
    IZones public zones;
    bytes32 public book;
    Phase public phase;
    /// @notice uPT that the auction holds of the pool's purse, for the book of now.
    uint256 public heldOfPool;
    /// Places in `_kept` of what was revealed in this book, as it was.
    uint256[] private _revealed;
    bytes32[] private _books;
    Kept[] private _kept;
    IRule[2] private _rules;
    mapping(bytes32 book => mapping(address trader => uint256)) private _numbers;

    constructor() {
        zones = IZones(_create("Zones", abi.encode(membership, this)));
        energyUnits =
            IEnergyUnits(_create("EnergyUnits", abi.encode(membership, vault, new DeviceRegister(zones, people))));
        rulebook = IRulebook(_create("Rulebook", abi.encode(zones, this)));
        auction = IAuction(_create("Auction", abi.encode(vault, rulebook, energyUnits, this)));
        pool = IPool(_create("Pool", abi.encode(auction, zones, this)));
        clearing = IClearing(_create("Clearing", abi.encode(auction, pool, _create("PoolAfter", ""))));
        _rules = [IRule(_create("Uniform", "")), IRule(_create("TradeReduction", ""))];
        vault.enterModule(address(auction));
        vault.enterModule(address(pool));
        vault.setPurse(Purse.Pool, address(this), 1);
        rulebook.setAuction(address(auction));
        rulebook.setSchedule(Schedule(300, 300, 300, 1, 2));
        auction.setClearing(clearing);
        zones.addZone(ZONE);
        Facts memory facts;
        (facts.poolOut, facts.balancing, facts.network) = (200, people[0], people[0]);
        zones.openCarrier(1, Carrier.Electricity, uint24(SLOT), uint24(SLOT), facts);
        for (uint32 i = 0; i < PEOPLE; ++i) {
            CHEATS.prank(people[i]);
            vault.chooseModules(3);
            _deposit(people[i], uint128(RICHES / 100));
            IDeviceMirror(address(energyUnits)).sync(i + 1);
        }
        CHEATS.prank(people[0]);
        token.approve(address(vault), RICHES / 1_000);
        CHEATS.prank(people[0]);
        vault.fundPurse(Purse.Pool, uint128(RICHES / 1_000));
        _open();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice What the auction must hold for the orders that are not settled.
    function heldForOrders() external view returns (uint256 held) {
        for (uint256 i = 0; i < _kept.length; ++i) {
            Kept storage k = _kept[i];
            if (k.stage == Stage.Sealed) held += _bond(k.class);
            else if (k.stage == Stage.Revealed) held += _cost(k.word);
        }
    }

    function bookCount() external view returns (uint256) {
        return _books.length;
    }

    function bookAt(uint256 place) external view returns (bytes32) {
        return _books[place];
    }

    /// @notice The Wh of a device that are in open orders, or sold, in the book of now.
    function promised(uint32 device) external view returns (uint256 wh) {
        if (phase == Phase.Done) {
            (wh,) = IPositionSource(address(auction)).tradesOf(book, people[device - 1]);
            return wh;
        }
        for (uint256 i = 0; i < _kept.length; ++i) {
            uint256 word = _kept[i].word;
            bool isOf = Words.isSell(word) && Words.device(word) == device;
            if (isOf && _kept[i].stage == Stage.Revealed) wh += Words.qty(word);
        }
    }

    // ---------------------------------------------------------------------------------------------------- actions

    function deposit(uint256 who, uint256 drawn) external counted {
        address account = _person(who);
        _deposit(account, uint128(_within(drawn, 1, RICHES / 10_000)));
        ++done;
    }

    function withdraw(uint256 who, uint256 drawn) external counted {
        address account = _person(who);
        uint128 free = vault.accountOf(account).free;
        if (free == 0) return;
        CHEATS.prank(account);
        vault.withdraw(uint128(_within(drawn, 1, free)));
        ++done;
    }

    /// @notice Orders come while that is possible, and are opened or not when that is.
    function trade(uint256 seed) external counted {
        if (_trade(seed)) ++done;
    }

    /// @notice After some more trade time goes on.
    function goOn(uint256 seed) external counted {
        _trade(seed);
        if (phase == Phase.Commit) _toRevealing();
        else if (phase == Phase.Reveal) _toClearing(seed);
        else if (phase == Phase.Cleared) _settle();
        else _toTheNext(seed);
        ++done;
    }

    /// @notice What comes at the wrong time or for the second time is refused.
    function overreach(uint256 seed) external counted {
        address by = _person(seed);
        uint256[] memory words = _words();
        OrderId[] memory ids = _all();
        if (phase != Phase.Cleared) {
            _mustFail(by, address(auction), abi.encodeCall(IAuction.settle, (book, Part(words, new uint256[](0)))));
        }
        _mustFail(by, address(auction), abi.encodeCall(IAuction.close, (book, 1)));
        if (ids.length != 0) {
            _mustFail(by, address(auction), abi.encodeCall(IAuction.slash, (book, ids)));
        }
        if (ids.length != 0 && auction.bookOf(book).state != BookState.Void) {
            _mustFail(by, address(auction), abi.encodeCall(IAuction.refund, (book, ids)));
        }
        _mustFail(by, address(auction), abi.encodeCall(IAuction.voidBook, (book)));
        ++done;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _trade(uint256 seed) private returns (bool) {
        if (phase == Phase.Commit) {
            for (uint256 i = 0; i <= seed % MOST_AT_ONCE; ++i) {
                _commit(_draw(seed, i));
            }
        } else if (phase == Phase.Reveal) {
            for (uint256 i = 0; i < _kept.length; ++i) {
                if (_kept[i].stage == Stage.Sealed && _draw(seed, i) % 4 != 0) _reveal(i);
            }
        }
        return phase == Phase.Commit || phase == Phase.Reveal;
    }

    function _commit(uint256 drawn) private {
        address trader = _person(drawn);
        uint256 number = _numbers[book][trader];
        SizeClass class = SizeClass((drawn >> 8) % 2);
        Kept memory k = Kept(0, class, Stage.Sealed);
        if (number == Words.MAX_NUMBERS || vault.accountOf(trader).free < _bond(class)) return;
        k.word = _drawn(drawn, trader, number, class);
        bytes32 seal = auction.sealOf(book, k.word, SALT);
        CHEATS.prank(trader);
        auction.commit(book, class, uint8(number), seal);
        k.word = Words.withIndex(k.word, auction.bookOf(book).commits - 1);
        _kept.push(k);
        ++_numbers[book][trader];
    }

    // One of eight is a decoy.
    function _drawn(uint256 drawn, address trader, uint256 number, SizeClass class) private pure returns (uint256) {
        uint256 wh = (drawn >> 16) % 8 == 0 ? 0 : _within(drawn >> 24, 100, 10_000 * (1 + 9 * uint256(class)));
        uint256 price = (drawn >> 64) % (PRICES + 1);
        if ((drawn >> 80) % 2 == 0) return Words.sell(trader, wh, price, number, drawn % PEOPLE + 1);
        return uint256(uint160(trader)) | wh << 160 | price << 200 | number << 231;
    }

    // It is taken just when the energy and the money are there.
    function _reveal(uint256 i) private {
        Kept storage k = _kept[i];
        address trader = Words.trader(k.word);
        (uint256 wh, uint256 cost) = (Words.qty(k.word), _cost(k.word));
        uint256 free = vault.accountOf(trader).free + _bond(k.class);
        uint32 device = Words.device(k.word);
        bool may = wh == 0 || cost <= free;
        if (wh != 0 && Words.isSell(k.word)) {
            may = may && wh <= energyUnits.available(trader, device, auction.bookOf(book).slotStart);
        }
        Opening[] memory openings = new Opening[](1);
        openings[0] = Opening(k.word, SALT);
        if (!may) return _mustFail(trader, address(auction), abi.encodeCall(IAuction.reveal, (book, openings)));
        auction.reveal(book, openings);
        k.stage = wh == 0 ? Stage.Ended : Stage.Revealed;
        if (wh != 0) _revealed.push(i);
    }

    function _toRevealing() private {
        CHEATS.warp(auction.bookOf(book).revealsAt);
        phase = Phase.Reveal;
    }

    // Now and then nobody clears a book in time, and it is void.
    function _toClearing(uint256 seed) private {
        Book memory b = auction.bookOf(book);
        CHEATS.warp(b.clearsAt);
        phase = Phase.Cleared;
        if (seed % 7 == 1) {
            CHEATS.warp(b.slotStart);
            return auction.voidBook(book);
        }
        uint256[] memory words = _words();
        Found memory found = _found(words);
        bool reduces = address(rulebook.termsOf(book).rule) == address(_rules[1]);
        uint256[] memory proposal = reduces ? _levels(found) : new uint256[](2);
        (proposal[0], proposal[1]) = (found.low, found.high);
        ++proposal[1];
        if (found.volume != 0) {
            _mustFail(address(this), address(clearing), abi.encodeCall(IClearing.clear, (book, proposal, words)));
        }
        --proposal[1];
        address purse = vault.purseAccount(Purse.Pool);
        uint256 before = vault.accountOf(purse).free;
        clearing.clear(book, proposal, words);
        heldOfPool = before - vault.accountOf(purse).free;
    }

    function _settle() private {
        auction.settle(book, Part(_words(), new uint256[](0)));
        for (uint256 i = 0; i < _kept.length; ++i) {
            if (_kept[i].stage == Stage.Revealed) _kept[i].stage = Stage.Settled;
        }
        (phase, heldOfPool) = (Phase.Done, 0);
    }

    // Bonds of those who opened nothing are given back when the book was void or excused, and lost otherwise.
    function _toTheNext(uint256 seed) private {
        Book memory b = auction.bookOf(book);
        bool forgiven = b.state == BookState.Void;
        if (!forgiven && seed % 5 == 1) {
            auction.excuse(book, "fuzzed");
            forgiven = true;
        }
        CHEATS.warp(b.clearsAt + 1 days);
        OrderId[] memory ids = _all();
        if (forgiven) auction.refund(book, ids);
        else _slash(ids);
        for (uint256 i = 0; i < _kept.length; ++i) {
            if (_kept[i].stage == Stage.Sealed) _kept[i].stage = Stage.Ended;
        }
        _mustFail(people[0], address(auction), abi.encodeCall(IAuction.voidBook, (book)));
        delete _revealed;
        _open();
    }

    function _slash(OrderId[] memory ids) private {
        CHEATS.prank(people[1]);
        auction.slash(book, ids);
    }

    function _open() private {
        uint40 start = uint40((block.timestamp / SLOT + 3) * SLOT);
        Terms memory terms;
        (terms.rule, terms.kBps, terms.feeBps) = (_rules[_books.length % 2], 5_000, 60);
        rulebook.setTerms(Carrier.Electricity, ZONE, start, terms);
        book = auction.openBook(Carrier.Electricity, ZONE, start);
        CHEATS.warp(auction.bookOf(book).opensAt);
        _books.push(book);
        phase = Phase.Commit;
    }

    // What a bond is, and the keeper's fee.
    function _bond(SizeClass class) private pure returns (uint256) {
        return 20 * (class == SizeClass.Small ? 10_000 : 100_000) + 50_000;
    }

    // What a buyer pays at most, with the highest commission; what a seller pays for what he does not deliver.
    function _cost(uint256 word) private pure returns (uint256) {
        (uint256 wh, uint256 price) = (Words.qty(word), Words.price(word));
        if (Words.isSell(word)) return wh * (DEAREST - price);
        return wh * price + (wh * price * 60 + 9_999) / 10_000;
    }

    // Group by group, in each as they were revealed.
    function _words() private view returns (uint256[] memory words) {
        words = new uint256[](_revealed.length);
        uint256 count = 0;
        for (uint256 group = 0; count < words.length; ++group) {
            for (uint256 i = 0; i < words.length; ++i) {
                uint256 word = _kept[_revealed[i]].word;
                if (Words.index(word) / Groups.SIZE == group) words[count++] = word;
            }
        }
    }

    // Those that were not opened.
    function _all() private view returns (OrderId[] memory ids) {
        uint256 count = 0;
        for (uint256 i = 0; i < _kept.length; ++i) {
            if (_kept[i].stage == Stage.Sealed) ++count;
        }
        ids = new OrderId[](count);
        for (uint256 i = 0; i < _kept.length; ++i) {
            Kept storage k = _kept[i];
            if (k.stage == Stage.Sealed) ids[--count] = OrderId(Words.trader(k.word), uint8(Words.number(k.word)));
        }
    }
}
