"""Quotes, made and withdrawn."""

import pytest

from tests.assertions import refused
from tests.tenders.floor import BOND, STRANGER, WH
from wattbook.contracts import reverts
from wattbook.contracts.structs import QuoteState, Signed, TenderState
from wattbook.eip712 import sign
from wattbook.tender.boxes import ORDER
from wattbook.trial.blocks import message
from wattbook.trial.park import FAR
from wattbook.trial.tendering import OWNER


@pytest.fixture
def tender(floor):
    return floor.publish(WH, reserve=400)


def signed(floor, name, kind, nonce, **values):
    account = floor.account(name)
    said = {"signer": account, **values, "nonce": nonce, "deadline": FAR}
    return Signed(account, nonce, FAR, sign(floor.tenders, kind, floor.park.keys[account], said))


def test_it_is_told_and_vouched_for(floor, tender):
    hashed, box = floor.sealed("ann")
    before = floor.money("ann")
    mined = floor.as_("ann", "quote", tender, hashed, box)
    assert floor.said(mined, "QuoteMade") == [(tender, 0, floor.account("ann").lower(), hashed, tuple(box))]
    assert floor.gained(before) == {"ann": -BOND}
    quote = floor.tenders.quote_of(tender, 0)
    assert (quote.trader, quote.state) == (floor.account("ann"), QuoteState.FIRM)
    assert floor.quote("ann", 1, 1) == 1 and floor.tenders.tender_of(tender).quotes == 2


def test_signed(floor, tender):
    hashed, box = floor.sealed("ann")
    auth = signed(floor, "ann", "Quote", 7, tender=tender, hash=hashed, **box._asdict())
    mined = floor.as_(STRANGER, "quoteSigned", tender, hashed, box, auth)
    assert floor.said(mined, "QuoteMade")[0][2] == floor.account("ann").lower()
    assert floor.said(mined, "NonceUsed") == [(floor.account("ann").lower(), 7)]
    with refused(reverts.NonceAlreadyUsed, signer=floor.account("ann"), nonce=7):
        floor.as_(STRANGER, "quoteSigned", tender, hashed, box, auth)
    with refused(reverts.InvalidSignature, signer=floor.account("ann")):
        floor.as_(STRANGER, "quoteSigned", tender, hashed, box._replace(point=box.point + 1), auth._replace(nonce=8))


def test_not_by_the_owner(floor, tender):
    with refused(reverts.OwnerQuotes, tender=tender, trader=floor.owner):
        floor.as_(OWNER, "quote", tender, *floor.sealed(OWNER))


def test_until_the_last_second(floor, tender):
    quote_end = floor.terms.quote_end
    floor.as_("ann", "quote", tender, *floor.sealed("ann"), at=quote_end - 1)
    with refused(reverts.OutOfTime, tender=tender, since=0, until=quote_end):
        floor.as_("ann", "quote", tender, *floor.sealed("ann"), at=quote_end)


def test_in_a_tender_that_is_open(floor, tender):
    with refused(reverts.WrongTenderState, tender=tender + 1, state=TenderState.NONE):
        floor.as_("ann", "quote", tender + 1, *floor.sealed("ann"))
    floor.decline()
    with refused(reverts.WrongTenderState, tender=tender, state=TenderState.DECLINED):
        floor.as_("ann", "quote", tender, *floor.sealed("ann"))


@pytest.mark.parametrize("point", [0, 5, ORDER])
def test_with_a_point(floor, tender, point):
    hashed, box = floor.sealed("ann")
    with refused(reverts.InvalidPoint, x=point):
        floor.as_("ann", "quote", tender, hashed, box._replace(point=point))


@pytest.mark.parametrize(
    "change", [{"challenge": 0}, {"challenge": ORDER}, {"response": ORDER}, {"challenge": 5}, {"response": 5}], ids=str
)
def test_with_the_number_behind_it(floor, tender, change):
    hashed, box = floor.sealed("ann")
    with refused(reverts.UnknownPoint, tender=tender, trader=floor.account("ann")):
        floor.as_("ann", "quote", tender, hashed, box._replace(**change))


def test_with_the_bond(floor, tender):
    floor.leave_free("ann", BOND - 1)
    with refused(reverts.InsufficientFree, account=floor.account("ann"), free=BOND - 1, asked=BOND):
        floor.as_("ann", "quote", tender, *floor.sealed("ann"))


def test_128_at_most(floor, tender):
    hashed, box = floor.sealed("ann")
    call = message(floor.tenders, "quote", floor.account("ann"), tender, hashed, box)
    floor.park.blocks.mine([call] * 128)
    with refused(reverts.TooManyQuotes, tender=tender):
        floor.as_("ben", "quote", tender, *floor.sealed("ben"))
    # All of them are free again in one call.
    before = floor.money("ann", OWNER)
    floor.decline()
    assert floor.gained(before) == {"ann": 128 * BOND, OWNER: BOND}


class TestWithdrawing:
    def test_it_is_told_and_the_bond_is_back_in_the_end(self, floor, tender):
        before = floor.money("ann")
        floor.quote("ann", WH, 500)
        mined = floor.as_("ann", "withdrawQuote", tender, 0)
        assert floor.said(mined, "QuoteWithdrawn") == [(tender, 0)]
        assert floor.gained(before) == {"ann": -BOND}
        assert floor.tenders.quote_of(tender, 0).state is QuoteState.WITHDRAWN
        floor.decline()
        assert floor.gained(before) == {}

    def test_signed(self, floor, tender):
        floor.quote("ann", WH, 500)
        auth = signed(floor, "ann", "WithdrawQuote", 9, tender=tender, quote=0)
        mined = floor.as_(STRANGER, "withdrawQuoteSigned", tender, 0, auth)
        assert floor.said(mined, "QuoteWithdrawn") == [(tender, 0)]

    def test_by_who_made_it(self, floor, tender):
        floor.quote("ann", WH, 500)
        with refused(reverts.NotQuoter, tender=tender, quote=0, caller=floor.account("ben")):
            floor.as_("ben", "withdrawQuote", tender, 0)

    def test_once(self, floor, tender):
        with refused(reverts.QuoteNotFirm, tender=tender, quote=0, state=QuoteState.NONE):
            floor.as_("ann", "withdrawQuote", tender, 0)
        floor.quote("ann", WH, 500)
        floor.as_("ann", "withdrawQuote", tender, 0)
        with refused(reverts.QuoteNotFirm, tender=tender, quote=0, state=QuoteState.WITHDRAWN):
            floor.as_("ann", "withdrawQuote", tender, 0)

    def test_while_quotes_are_made(self, floor, tender):
        floor.quote("ann", WH, 500)
        floor.quote("ann", WH, 501)
        quote_end = floor.terms.quote_end
        floor.as_("ann", "withdrawQuote", tender, 0, at=quote_end - 1)
        with refused(reverts.OutOfTime, tender=tender, since=0, until=quote_end):
            floor.as_("ann", "withdrawQuote", tender, 1, at=quote_end)
