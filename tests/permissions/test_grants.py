"""What the deployment grants, grant by grant: the holder can, others cannot, and nobody got anything else.

The grants are the data of wattbook/deployment/plan.py and the settings. A grant without an assertion here fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import FAR, refused
from tests.conftest import undone
from tests.modules import set_of
from tests.permissions.device_grants import DEVICE_PROOFS, fails
from tests.permissions.governance_grants import GOVERNANCE_PROOFS, said_of_governance
from tests.permissions.history import History, contract_of, standing_roles
from tests.permissions.point_grants import POINT_PROOFS, said_of_points
from tests.permissions.system_grants import register_system_account
from wattbook import Application, ContractRevert, Market, Role, abi
from wattbook.chain import Chain
from wattbook.contracts import reverts
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Carrier, Module, ModuleStatus, Purse, Root, Schedule, Status
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES, PROPOSER_ROLE, SETTLED, Call, constitution, purse_account
from wattbook.deployment.settings import MarketSettings, local_settings
from wattbook.metering.roots import in_order, sign_root

SETTINGS = local_settings()
ADMINISTRATOR = SETTINGS.administrator
NOBODY = "0x" + "00" * 20
REFERENCE = keccak(text="a reference")
NOTHING = bytes(32)

# Under the names that the contracts say them with.
SCHEDULE = ("commitSeconds", "revealSeconds", "clearSeconds", "validators", "blockSeconds")

DEPLOYER = known_account(17)
STRANGER = known_account(18)
NEWCOMER = known_account(19)


def _name(name: str) -> str:
    return name


def planned(settings: MarketSettings) -> list[Call]:
    """The constitution with names for the contracts' addresses."""
    return constitution(settings, _name, DEPLOYER.address)


@pytest.fixture(scope="module")
def from_elsewhere(founded: Market) -> Iterator[Market]:
    """A market whose deployer holds nothing else."""
    chain = founded.chain
    with undone():
        market = Market(chain, deploy(chain, DEPLOYER, SETTINGS, None, lambda line: None))
        yield market


@pytest.fixture
def market(from_elsewhere: Market) -> Iterator[Market]:
    with undone():
        yield from_elsewhere


@dataclass
class Grants:
    """Asks of a market who can do something: `only(holders, ...)` fails unless exactly they can."""

    market: Market
    everybody: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = [member.account for member in SETTINGS.members]
        known += [SETTINGS.keeper(purse, self.market.deployment.address) for purse in Purse]
        known += [self.market.authority.address, ADMINISTRATOR, DEPLOYER.address, STRANGER.address]
        self.everybody = list(dict.fromkeys(known))

    def only(
        self,
        holders: list[str],
        refusal: type[ContractRevert],
        contract: Contract,
        function: str,
        *arguments: Any,
    ) -> None:
        can = []
        for account in self.everybody:
            try:
                self.market.chain.call(contract.function(function, *arguments), account)
            except ContractRevert as error:
                # A non-member is told so before anybody asks for his role.
                expected = (refusal, reverts.NotMember) if refusal is reverts.MissingRole else refusal
                assert isinstance(error, expected), f"{account} is refused by accident: {error}"
            else:
                can.append(account)
        assert can == [account for account in self.everybody if account in holders]


@pytest.fixture
def grants(market: Market) -> Grants:
    return Grants(market)


# ------------------------------------------------------------------------------------ roles of first members


def _registrar(grants: Grants, holders: list[str]) -> None:
    """They admit; the authority, which gives them the office, can do so too."""
    application = Application(NEWCOMER.address, int(Role.CONSUMER), 0, FAR, REFERENCE, REFERENCE)
    market = grants.market
    holders = [*holders, market.authority.address]
    grants.only(holders, reverts.MissingRole, market.membership, "admit", application)


def _regulator(grants: Grants, holders: list[str]) -> None:
    """They suspend, as the authority can, and cancel what it was told to do, as not even the proposer can."""
    market = grants.market
    authority = market.authority
    suspending = [*holders, authority.address]
    grants.only(suspending, reverts.MissingRole, market.membership, "suspend", 1, "a reason")

    operation = (STRANGER.address, 0, b"", NOTHING, NOTHING)
    identity = authority.hash_operation(*operation)
    if not authority.is_operation(identity):
        authority.schedule(*operation, SETTINGS.authority_delay, sender=known_account("administrator"))
    refusal = reverts.AccessControlUnauthorizedAccount
    grants.only(holders, refusal, authority, "cancel", identity)


def _issuer(grants: Grants, holders: list[str]) -> None:
    token = grants.market.power_token
    member = SETTINGS.members[0].account
    grants.only(holders, reverts.MissingRole, token, "mint", member, 1, REFERENCE)


def _operator(grants: Grants, holders: list[str]) -> None:
    regulators = SETTINGS.holders(Role.REGULATOR)
    pausing = [*holders, *regulators, grants.market.authority.address]
    grants.only(pausing, reverts.MissingRole, grants.market.vault, "pause")


def _attester(grants: Grants, holders: list[str]) -> None:
    """Two of them post a root, as many as the settings ask for; anybody else's word is worth nothing."""
    market = grants.market
    keys = [known_account(name) for name in ("attester1", "attester2", "attester3")]
    others = [known_account(name) for name in ("registrar", "operator", "grid")]
    assert sorted(key.address for key in keys) == sorted(holders)
    root = Root(1, 0, 0, REFERENCE, 1, NOTHING)
    signed = {key: (key.address, sign_root(market.readings, root, [], key)) for key in (*keys, *others, STRANGER)}
    for pair in combinations(keys, 2):
        post = market.readings.function("post", root, [], in_order(signed[key] for key in pair))
        market.chain.call(post, STRANGER.address)
    for other in (*others, STRANGER):
        post = market.readings.function("post", root, [], in_order(signed[key] for key in (keys[0], other)))
        with pytest.raises((reverts.MissingRole, reverts.NotMember)) as caught:
            market.chain.call(post, keys[0].address)
        assert caught.value.arguments[0] == other.address


def _asked_by_contracts_to_come(role: Role) -> Callable[[Grants, list[str]], None]:
    """No contract asks for this role yet; what they will ask is this."""

    def proof(grants: Grants, holders: list[str]) -> None:
        active = [a for a in grants.everybody if grants.market.membership.is_active(a, int(role))]
        assert active == [a for a in grants.everybody if a in holders]

    return proof


ROLE_PROOFS: dict[Role, Callable[[Grants, list[str]], None]] = {
    Role.REGISTRAR: _registrar,
    Role.REGULATOR: _regulator,
    Role.ISSUER: _issuer,
    Role.OPERATOR: _operator,
    Role.ATTESTER: _attester,
    Role.GRID: _asked_by_contracts_to_come(Role.GRID),
}
GRANTED_ROLES = [role for role in Role if SETTINGS.holders(role)]


@pytest.mark.parametrize("role", GRANTED_ROLES, ids=lambda role: role.name)
def test_role(grants: Grants, role: Role) -> None:
    assert role in ROLE_PROOFS, f"nothing here asserts what {role.name} opens"
    ROLE_PROOFS[role](grants, SETTINGS.holders(role))


def test_every_bit_of_a_first_members_roles_has_a_name() -> None:
    """Else a role could be granted that no test above sees."""
    for member in SETTINGS.members:
        named_bits = sum(role for role in Role if member.roles & role)
        assert member.roles == named_bits, member.name


# ---------------------------------------------------------------------------------- calls of the constitution


def _admit(grants: Grants, application: tuple[Any, ...]) -> None:
    """He is who he was admitted as; his roles have tests of their own above."""
    wanted = Application(*application)
    membership = grants.market.membership
    standing = membership.standing_of(wanted.account)
    member = membership.member_of(standing.member)
    assert (standing.status, member.status) == (Status.ACTIVE, Status.ACTIVE)
    assert member.accounts == [wanted.account]
    assert (member.roles, member.certified_until) == (wanted.roles, wanted.certified_until)
    assert (member.credential, member.nullifier) == (wanted.credential, wanted.nullifier)
    assert membership.member_by_nullifier(wanted.nullifier) == standing.member == member.owner
    assert standing.roles == wanted.roles | Role.SPEND


def _set_purse(grants: Grants, purse: int, keeper: str, modules: int) -> None:
    """The keeper can spend from the purse, nobody else can, not even another keeper. The auction can lock from the
    pool's, settlement from that, the grid's and the common fund's, Losses from the grid's and the network's, points are
    paid from the common fund's, and no module locks from another."""
    market, to = grants.market, SETTINGS.members[0].account
    _fill_purse(market, Purse(purse))
    spend = ("spend", purse, to, 1, REFERENCE)
    holder = market.authority.address if keeper == "Authority" else keeper
    grants.only([holder], reverts.NotPurseKeeper, market.vault, *spend)
    settlement, losses = market.imbalance.address, market.losses.address
    lockers = {
        Purse.POOL: [market.auction.address, settlement],
        Purse.GRID: [settlement, losses],
        Purse.COMMON_FUND: [settlement, market.bills.address],
        Purse.NETWORK: [losses],
    }.get(Purse(purse), [])
    assert market.vault.account_of(purse_account(Purse(purse))).modules == modules == set_of(market.vault, *lockers)


def _enter_module(grants: Grants, module: str) -> None:
    """It is a module under its bit, nobody else is, and it can lock nothing of who did not choose it."""
    market = grants.market
    entered = market.vault.modules()
    bit = entered.index(market.deployment.address(module))
    assert market.vault.module_of(entered[bit]) == Module(0, bit, ModuleStatus.OPEN)
    assert len(entered) == len(MODULES)
    for member in SETTINGS.members:
        assert market.vault.account_of(member.account).modules == 0
    grants.only([], reverts.ModuleNotAllowed, market.vault, "lock", SETTINGS.members[0].account, 0, 0)


def _set_auction(grants: Grants, auction: str) -> None:
    """Books are opened by the auction, and will never be by another."""
    assert auction == "Auction"
    market = grants.market
    address = market.auction.address
    assert market.rulebook.auction() == address
    opening = ("open", int(Carrier.ELECTRICITY), NOTHING, 0)
    grants.only([], reverts.NotAuction, market.rulebook, *opening)
    fails(market, Call("Rulebook", "setAuction", (STRANGER.address,)), reverts.AuctionAlreadySet, auction=address)


def _set_schedule(grants: Grants, schedule: tuple[int, ...]) -> None:
    market = grants.market
    assert market.rulebook.schedule() == Schedule(*schedule) == SETTINGS.schedule
    authority = market.authority.address
    grants.only([authority], reverts.NotAuthority, market.rulebook, "setSchedule", schedule)


def _set_clearing(grants: Grants, clearing: str) -> None:
    """What an order gets is said by this contract, and will never be by another."""
    assert clearing == "Clearing"
    market = grants.market
    address = market.clearing.address
    assert market.auction.clearing() == address
    grants.only([], reverts.NotClearing, market.auction, "close", NOTHING, 0)
    fails(market, Call("Auction", "setClearing", (STRANGER.address,)), reverts.ClearingAlreadySet, clearing=address)


def _set_supplies(grants: Grants, supplies: str) -> None:
    """What tenders award is supplied there, and will never be elsewhere."""
    assert supplies == "Supplies"
    market = grants.market
    address = market.supplies.address
    assert market.tenders.supplies() == address
    grants.only([market.tenders.address], reverts.NotTenders, market.supplies, "begin", 1, [])
    fails(market, Call("Tenders", "setSupplies", (STRANGER.address,)), reverts.SuppliesAlreadySet, supplies=address)


def _set_threshold(grants: Grants, threshold: int) -> None:
    """So many attesters must vouch, until the authority says otherwise."""
    market = grants.market
    assert market.readings.threshold() == threshold == SETTINGS.attesters_needed
    grants.only([market.authority.address], reverts.NotAuthority, market.readings, "setThreshold", 3)


def _set_settlement(grants: Grants, settlement: str) -> None:
    """Readings and trades are settled by Imbalance, and will never be by another."""
    assert settlement == "Imbalance"
    market = grants.market
    address = market.imbalance.address
    grants.only([], reverts.NotSettlement, market.readings, "useSubmitted", 1, 0, [])
    grants.only([], reverts.NotSettlement, market.production, "record", [])
    grants.only([], reverts.NotSettlement, market.deposits, "draw", STRANGER.address, 1)
    assert market.readings.settlement() == market.production.settlement() == market.deposits.settlement() == address
    for source in (market.auction, market.pool, market.direct_sale, market.supplies):
        grants.only([], reverts.NotSettlement, source, "handOver", (1, 0, 0, NOTHING), [])
        assert source.settlement() == address
    for name in ("Readings", "Auction", "Pool", "DirectSale", "Supplies", "Deposits"):
        again = Call(name, "setSettlement", (STRANGER.address,))
        fails(market, again, reverts.SettlementAlreadySet, settlement=address)


def _add_source(grants: Grants, source: str) -> None:
    """Trades of these are settled; another is only added by the authority."""
    market = grants.market
    assert market.deployment.address(source) in market.imbalance.sources()
    assert len(market.imbalance.sources()) == 4
    authority = [market.authority.address]
    grants.only(authority, reverts.NotAuthority, market.imbalance, "addSource", STRANGER.address)


def _fill_purse(market: Market, purse: Purse) -> None:
    token, vault = market.power_token, market.vault
    issuer = known_account("issuer")
    token.mint(issuer.address, 1, purse.to_bytes(31) + b"\1", sender=issuer)
    token.approve(vault.address, 1, sender=issuer)
    vault.fund_purse(purse, 1, sender=issuer)


def _set_membership(grants: Grants, membership: str) -> None:
    """The authority asks this book for the regulators, and will never ask another."""
    assert membership == "Membership"
    market = grants.market
    assert market.authority.membership() == market.membership.address
    again = Call("Authority", "setMembership", (STRANGER.address,))
    fails(market, again, reverts.MembershipNotSettable, caller=market.authority.address)


def _set_mirror(grants: Grants, mirror: str) -> None:
    """What Membership decides about an account stands in the Vault at once, and only there."""
    assert mirror == "Vault"
    market, attester = grants.market, SETTINGS.holders(Role.ATTESTER)[0]
    assert market.membership.mirror() == market.vault.address
    member = market.membership.standing_of(attester).member
    market.membership.suspend(member, "an inquiry", sender=_regulator_key())
    assert market.vault.account_of(attester).status == Status.SUSPENDED

    another = Call("Membership", "setMirror", (STRANGER.address,))
    fails(market, another, reverts.MirrorAlreadySet, mirror=market.vault.address)


def _set_readings(grants: Grants, readings: str) -> None:
    """What Membership decides about an attester is known at once where roots are posted, and told nowhere else."""
    assert readings == "Readings"
    market, attester = grants.market, SETTINGS.holders(Role.ATTESTER)[0]
    assert market.membership.readings() == market.readings.address
    member = market.membership.standing_of(attester).member
    receipt = market.membership.suspend(member, "an inquiry", sender=_regulator_key())
    assert [event.name for event in receipt.events].count("SignersForgotten") == 1
    another = Call("Membership", "setReadings", (STRANGER.address,))
    fails(market, another, reverts.ReadingsAlreadySet, readings=market.readings.address)


def _set_parts(grants: Grants, certificates: str, batteries: str) -> None:
    """They alone take slices into certificates and through batteries, and no others are named later."""
    assert (certificates, batteries) == ("GreenCertificates", "Batteries")
    market, energy = grants.market, grants.market.clean_energy
    grants.only([], reverts.NotPart, energy, "endWhole", 3)
    grants.only([], reverts.NotPart, energy, "turn", NOBODY, [], [], (0, 0, 0, 0, 0, 0, 0))
    named = market.green_certificates.address
    another = Call("CleanEnergy", "setParts", (STRANGER.address, STRANGER.address))
    fails(market, another, reverts.PartsAlreadySet, certificates=named)


def _regulator_key() -> LocalAccount:
    key = known_account("regulator")
    assert key.address in SETTINGS.holders(Role.REGULATOR)
    return key


def _grant_role(grants: Grants, role: bytes, account: str) -> None:
    assert role == PROPOSER_ROLE
    _proposer(grants)
    holder = grants.market.council.address if account == "Council" else account
    assert grants.market.authority.has_role(role, holder)


def _revoke_role(grants: Grants, role: bytes, account: str) -> None:
    assert (role, account) == (PROPOSER_ROLE, DEPLOYER.address)
    _proposer(grants)
    assert not grants.market.authority.has_role(role, account)


def _proposer(grants: Grants) -> None:
    refusal = reverts.AccessControlUnauthorizedAccount
    operation = (NOBODY, 0, b"", NOTHING, NOTHING, SETTINGS.authority_delay)
    holders = [ADMINISTRATOR, grants.market.council.address]
    grants.only(holders, refusal, grants.market.authority, "schedule", *operation)


def _update_delay(grants: Grants, delay: int) -> None:
    """The proposer himself cannot have anything sooner."""
    operation = (NOBODY, 0, b"", NOTHING, NOTHING, delay - 1)
    authority = grants.market.authority
    assert authority.get_min_delay() == delay
    with refused(reverts.TimelockInsufficientDelay, delay=delay - 1, min_delay=delay):
        authority.schedule(*operation, sender=known_account("administrator"))


CALL_PROOFS: dict[tuple[str, str], Callable[..., None]] = {
    ("Membership", "admit"): _admit,
    ("Membership", "registerSystemAccount"): register_system_account,
    ("Membership", "setMirror"): _set_mirror,
    ("Membership", "setReadings"): _set_readings,
    **DEVICE_PROOFS,
    ("Vault", "enterModule"): _enter_module,
    ("Rulebook", "setAuction"): _set_auction,
    ("Rulebook", "setSchedule"): _set_schedule,
    ("Auction", "setClearing"): _set_clearing,
    ("Tenders", "setSupplies"): _set_supplies,
    ("Readings", "setThreshold"): _set_threshold,
    **{(name, "setSettlement"): _set_settlement for name in SETTLED},
    ("Imbalance", "addSource"): _add_source,
    ("CleanEnergy", "setParts"): _set_parts,
    ("Vault", "setPurse"): _set_purse,
    **POINT_PROOFS,
    **GOVERNANCE_PROOFS,
    ("Authority", "grantRole"): _grant_role,
    ("Authority", "revokeRole"): _revoke_role,
    ("Authority", "setMembership"): _set_membership,
    ("Authority", "updateDelay"): _update_delay,
}


@pytest.mark.parametrize(
    "call",
    planned(SETTINGS),
    ids=lambda call: f"{call.contract}.{call.function}({call.arguments[0]!s:.24})",
)
def test_call_of_the_constitution(grants: Grants, call: Call) -> None:
    kind = (call.contract, call.function)
    assert kind in CALL_PROOFS, f"nothing here asserts what {call.contract}.{call.function} grants"
    CALL_PROOFS[kind](grants, *call.arguments)


# ------------------------------------------------------------------------------------------ the authority itself


def test_anyone_carries_out_what_is_ready(market: Market, grants: Grants) -> None:
    executor = market.authority.executor_role()
    assert market.authority.has_role(executor, NOBODY)
    operation = (NOBODY, 0, b"", NOTHING, NOTHING)
    identity = market.authority.hash_operation(*operation)
    # Nobody is refused for who he is, only because nothing was proposed.
    for account in grants.everybody:
        with pytest.raises(reverts.TimelockUnexpectedOperationState) as caught:
            execute = market.authority.function("execute", *operation)
            market.chain.call(execute, account)
        assert caught.value.operation_id == identity


def test_nobody_changes_the_authority_but_itself(market: Market, grants: Grants) -> None:
    authority = market.authority
    role = authority.proposer_role()
    for function in ("grantRole", "revokeRole"):
        refusal = reverts.AccessControlUnauthorizedAccount
        grants.only([authority.address], refusal, authority, function, role, STRANGER.address)
    grants.only([authority.address], reverts.TimelockUnauthorizedCaller, authority, "updateDelay", 1)
    membership = market.membership.address
    grants.only([], reverts.MembershipNotSettable, authority, "setMembership", membership)


def test_every_contract_obeys_the_authority_and_nobody_else(market: Market) -> None:
    obeying = {name for name in abi.contract_names() if "authority" in _functions(name)}
    assert obeying == {
        "Membership",
        "Vault",
        "PowerPoints",
        "Zones",
        "Meters",
        "Rulebook",
        "Auction",
        "Pool",
        "DirectSale",
        "Readings",
        "Production",
        "CleanEnergy",
        "Deposits",
        "Imbalance",
        "SubsidyFund",
        "Bills",
        "Admissions",
        "AssetPools",
        "UseSubsidy",
        "Tenders",
        "Supplies",
        "Tariffs",
        "Council",
        "GreenCertificates",
        "Elections",
        "Delegates",
    }
    for name in obeying:
        contract = contract_of(market, name)
        assert contract.functions.authority().call() == market.authority.address


def _functions(name: str) -> set[str]:
    return {entry["name"] for entry in abi.interface(name).abi if entry["type"] == "function"}


# --------------------------------------------------------------------------------------------- and nothing else


@pytest.mark.parametrize("deployer", [DEPLOYER, known_account("administrator")], ids=["other", "same"])
def test_nothing_else_was_granted(chain: Chain, deployer: LocalAccount) -> None:
    """All that the contracts ever said is what the data say."""
    market = Market(chain, deploy(chain, deployer, SETTINGS, None, lambda line: None))
    at, authority = market.deployment.address, market.authority
    calls = constitution(SETTINGS, at, deployer.address)
    said = History(market)

    assert said.take("ReadingsSet") == [{"readings": at("Readings")}]
    assert said.take("MirrorSet") == [{"mirror": at("Vault")}, {"mirror": at("EnergyUnits")}]
    assert said.take("DepositsSet") == [{"deposits": at("Deposits")}]
    assert said.take("SuppliersSet") == [{"suppliers": at("SuppliedDevices")}]
    assert said.take("MembershipSet") == [{"membership": at("Membership")}]
    system = [at("Vault"), at("AssetPools"), *map(purse_account, Purse)]
    assert said.take("SystemAccountRegistered") == [{"account": account} for account in system]
    assert [
        (event["member"], event["account"], event["registrar"], *event["application"].values())
        for event in said.take("MemberAdmitted")
    ] == [
        (number, member.account, at("Authority"), *member.application)
        for number, member in enumerate(SETTINGS.members, 1)
    ]
    assert said.take("PurseKeeperSet") == [{"purse": one, "keeper": SETTINGS.keeper(one, at)} for one in Purse]
    of_losses, of_fund = {Purse.GRID: 1 << 4 | 1 << 7, Purse.NETWORK: 1 << 7}, {Purse.COMMON_FUND: 1 << 4 | 1 << 8}
    chosen = dict.fromkeys(Purse, 0) | {Purse.POOL: 1 | 1 << 4} | of_losses | of_fund
    assert said.take("ModulesChosen") == [
        {"account": purse_account(purse), "modules": modules} for purse, modules in chosen.items()
    ]
    traded = ("Auction", "Pool", "DirectSale", "Readings", "Imbalance")
    modules = (*traded, "RegistrationBonus", "SubsidyFund", "Losses", "Bills", "Deposits", "UseSubsidy")
    modules += ("Tenders", "Supplies", "EnergyPackages", "AssetPools")
    assert said.take("ModuleEntered") == [{"module": at(module), "bit": bit} for bit, module in enumerate(modules)]
    assert said_of_points(at) == (said.take("PortSet"), said.take("BudgetSet"))
    assert said.take("SettlementSet") == [{"settlement": at("Imbalance")}] * 7
    assert said.take("SourceAdded") == [{"source": at(name)} for name in ("Auction", "Pool", "DirectSale", "Supplies")]
    for event, told in said_of_governance(at).items():
        assert said.take(event) == told
    parts = {"certificates": at("GreenCertificates"), "batteries": at("Batteries")}
    assert said.take("PartsSet") == [parts]
    assert said.take("AuctionSet") == [{"auction": at("Auction")}]
    assert said.take("ScheduleSet") == [{"schedule": dict(zip(SCHEDULE, SETTINGS.schedule, strict=True))}]
    assert said.take("ClearingSet") == [{"clearing": at("Clearing")}]
    assert said.take("SuppliesSet") == [{"supplies": at("Supplies")}]
    assert said.take("ThresholdSet") == [{"threshold": SETTINGS.attesters_needed}]
    assert said.take("MinDelayChange") == [
        {"oldDuration": 0, "newDuration": 0},
        {"oldDuration": 0, "newDuration": SETTINGS.authority_delay},
    ]
    assert standing_roles(said) == {
        (authority.default_admin_role(), at("Authority")),
        (authority.proposer_role(), ADMINISTRATOR),
        (authority.proposer_role(), at("Council")),
        (authority.canceller_role(), deployer.address),
        (authority.executor_role(), NOBODY),
    }
    # OpenZeppelin's constructor says so of every founder, and the authority asks Membership instead.
    assert not authority.has_role(authority.canceller_role(), deployer.address)
    # What else was proposed before the constitution would have no delay, for ever.
    operation = authority.constitution()
    for name in ("CallScheduled", "CallExecuted"):
        steps = [(event["id"], event["index"]) for event in said.take(name)]
        assert steps == [(operation, index) for index in range(len(calls))]
    assert not said.events, f"other things happened: {sorted(said.events)}"
