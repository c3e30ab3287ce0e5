"""The members change what the market works by; what does not pass changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.assertions import check_event, refused
from tests.council_chain.stand import Floor
from tests.devices import SLOT, facts
from tests.permissions.trading import terms
from wattbook.contracts import reverts
from wattbook.contracts.convert import plain
from wattbook.contracts.structs import Carrier, Kind, ProposalState, Step, Tariff, TariffTerms
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.trial.subscribing import DISCOUNTS

PARK = b"park".ljust(32, b"\0")
CARRIER = int(Carrier.ELECTRICITY)
WEEK = 7 * 86_400


def since(floor: Floor) -> int:
    """A slot after all that must be waited for."""
    return (floor.market.chain.now + 4 * WEEK) // SLOT * SLOT


def facts_call(floor: Floor, zone: int, time: int, **changes: object) -> Call:
    return Call("Zones", "setFacts", (zone, CARRIER, time, tuple(facts(known_account("grid").address, **changes))))


def tariff(floor: Floor, zone: int) -> Tariff:
    provider = known_account("grid").address
    flow = TariffTerms(provider, zone, Carrier.ELECTRICITY, False, 1, 968, 420, 0, 200, 86_400, 96, 10**12)
    return Tariff(flow, DISCOUNTS, [Step(0, 880), Step(10, 860)], [])


def of_facts(name: str, value: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A fact of the zone: how it is changed, and what it is at a time."""

    def call(floor: Floor, zone: int, time: int) -> Call:
        return facts_call(floor, zone, time, **{name: value})

    def found(floor: Floor, zone: int, time: int) -> Any:
        return getattr(floor.market.zones.facts_at(zone, Carrier.ELECTRICITY, time), name) == value

    return call, found


def set_terms(rule: str = "Uniform", fee: int = 20) -> Callable[..., Call]:
    def call(floor: Floor, zone: int, time: int) -> Call:
        wanted = terms(floor.market.deployment.address(rule))._replace(fee_bps=fee)
        return Call("Rulebook", "setTerms", (CARRIER, PARK, 0, tuple(wanted)))

    return call


def has_terms(rule: str = "Uniform", fee: int = 20) -> Callable[..., bool]:
    def found(floor: Floor, zone: int, time: int) -> bool:
        rulebook = floor.market.rulebook
        its = rulebook.terms_of(rulebook.book_key(Carrier.ELECTRICITY, PARK, 0))
        return (its.rule, its.fee_bps) == (floor.market.deployment.address(rule), fee)

    return found


CHANGES = {
    "the rule of books": (set_terms(rule="Muda"), has_terms(rule="Muda")),
    "the rule of one book": (
        lambda floor, zone, time: Call(
            "Rulebook", "setTerms", (CARRIER, PARK, time, tuple(terms(floor.market.deployment.address("Ranked"))))
        ),
        lambda floor, zone, time: (
            floor.market.rulebook.terms_of(floor.market.rulebook.book_key(Carrier.ELECTRICITY, PARK, time)).rule
            == floor.market.deployment.address("Ranked")
        ),
    ),
    "the fee": (set_terms(fee=35), has_terms(fee=35)),
    "the band": of_facts("band_bps", 450),
    "the penalty": of_facts("penalty_bps", 1_200),
    "the loss factor": of_facts("loss_bps", 275),
    "what the pool pays": of_facts("pool_in", 310),
    "the tariff": (
        lambda floor, zone, time: Call("Tariffs", "publish", (plain(tariff(floor, zone)),)),
        lambda floor, zone, time: (
            floor.market.tariffs.tariff_count() == 1
            and floor.market.tariffs.tariff_of(1) == tariff(floor, zone)
            and floor.market.tariffs.require_sold(1, Kind.FLOW).flow_price == 420
        ),
    ),
    "the deposit of a meter": (
        lambda floor, zone, time: Call("Deposits", "setDeposit", (zone, CARRIER, 7_000)),
        lambda floor, zone, time: floor.market.deposits.amount_for(zone, Carrier.ELECTRICITY) == 7_000,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
class TestAParameter:
    def test_is_changed_by_the_members(self, floor: Floor, zone: int, people, what: str) -> None:
        call, found = CHANGES[what]
        time = since(floor)
        batch = floor.batch(call(floor, zone, time))
        receipt = floor.decide(batch, ("p1", "p2", "c1", "c2", "n1"), people.stranger)
        check_event(receipt, "ProposalExecuted", proposal=1, by=people.stranger.address)
        assert found(floor, zone, time)
        assert floor.council.state_of(1) == ProposalState.EXECUTED

    def test_stays_when_the_vote_fails(self, floor: Floor, zone: int, what: str) -> None:
        call, found = CHANGES[what]
        time = since(floor)
        batch = floor.batch(call(floor, zone, time))
        proposal = floor.propose(batch)
        with floor.not_passed(proposal, batch, ProposalState.REJECTED):
            floor.vote(proposal, yes=("p1", "p2"), no=("c1", "c2", "n1"))
            floor.end_vote()
        assert what == "the rule of one book" or not _has(found, floor, zone, time)


def _has(found: Callable[..., Any], floor: Floor, zone: int, time: int) -> bool:
    """Whether it is so; terms that were never set are refused."""
    try:
        return bool(found(floor, zone, time))
    except reverts.NoTerms:
        return False


def test_all_at_once_or_nothing(floor: Floor, zone: int, people) -> None:
    """A batch of which one call fails leaves all as it was, and can be carried out when it no longer fails."""
    soon = (floor.market.chain.now + WEEK) // SLOT * SLOT
    good = Call("Deposits", "setDeposit", (zone, CARRIER, 7_000))
    batch = floor.batch(good, facts_call(floor, zone, soon, loss_bps=200))
    proposal = floor.propose(batch)
    floor.vote(proposal, yes=("p1", "p2", "p3", "c1", "c2"))
    floor.end_vote()
    floor.queue(proposal, batch, people.stranger)
    floor.wait()
    earliest = floor.market.chain.now + 1 + floor.market.zones.notice()
    with refused(reverts.TooSoon, time=soon, earliest=earliest):
        floor.execute(proposal, batch, people.stranger)
    assert floor.market.deposits.amount_for(zone, Carrier.ELECTRICITY) == 0
    assert floor.council.state_of(proposal) == ProposalState.QUEUED


def test_the_administrator_hands_over(floor: Floor, people) -> None:
    """The council takes his right to propose; from then on nobody else has it."""
    authority, role = floor.market.authority, floor.market.authority.proposer_role()
    batch = floor.batch(Call("Authority", "revokeRole", (role, people.administrator.address)))
    assert authority.has_role(role, people.administrator.address) and authority.has_role(role, floor.council.address)
    floor.decide(batch, ("p1", "c1", "c2", "n1", "i1"), people.stranger)
    assert not authority.has_role(role, people.administrator.address)
    assert authority.has_role(role, floor.council.address)
    delay = authority.get_min_delay()
    refusal = {"account": people.administrator.address, "needed_role": role}
    with refused(reverts.AccessControlUnauthorizedAccount, **refusal):
        payload = batch.payloads[0]
        authority.schedule(authority.address, 0, payload, bytes(32), bytes(32), delay, sender=people.administrator)
    # And the council goes on.
    another = floor.batch(Call("Zones", "addZone", (PARK,)))
    floor.decide(another, ("p1", "c1", "c2", "n1", "i1"), people.stranger)
    assert floor.market.zones.zone_count() == 1
