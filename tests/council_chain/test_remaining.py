"""What docs/threats.md says remains of the council, played."""

from tests.assertions import refused
from tests.council_chain.stand import Floor
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import ProposalState
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call

ADD = Call("Zones", "addZone", (b"park".ljust(32, b"\0"),))
ALL = ("p1", "p2", "p3", "c1", "c2", "n1", "i1")


def test_a_registrar_who_admits_many_stops_the_council_for_good(floor: Floor) -> None:
    """The quorum is a tenth of all who were ever members, and nobody can lower it again."""
    floor.decide(floor.batch(ADD), ALL, floor.regulator)
    membership = floor.market.membership
    for number in range(10 * len(ALL) + 1 - membership.member_count()):
        floor.admit(f"nobody {number}", Role.CONSUMER)
        membership.expel(floor.member(f"nobody {number}"), "does not exist", sender=floor.regulator)
    proposal = floor.propose(floor.batch(Call("Zones", "addZone", (b"village".ljust(32, b"\0"),))))
    floor.vote(proposal, yes=ALL)
    floor.end_vote()
    assert floor.council.state_of(proposal) == ProposalState.REJECTED


def test_a_registrar_who_says_that_many_are_one_owner_leaves_them_one_vote(floor: Floor) -> None:
    proposal = floor.propose(floor.batch(ADD))
    membership, like = floor.market.membership, floor.member("p1")
    for name in ALL[1:]:
        membership.change_owner(floor.member(name), like, sender=known_account("registrar"))
    floor.vote(proposal, yes=ALL[:1])
    for name in ALL[1:]:
        with refused(reverts.OwnerVoted, proposal=proposal, owner=like):
            floor.vote(proposal, yes=[name])
    floor.end_vote()
    assert floor.council.state_of(proposal) == ProposalState.REJECTED
