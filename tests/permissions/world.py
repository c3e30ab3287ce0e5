"""A market in which every kind of caller exists, and every right has something to act on.

Those who are no longer active hold every office and enough money, so that nothing but their state can be why they are
refused.
"""

from dataclasses import dataclass, replace
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import FAR, pass_time
from tests.devices import QUARTER, SLOT, DeviceKey, Devices, Secp256k1Key, draw, facts, next_slot, said
from tests.permissions.balloting import Balloting
from tests.permissions.bare import Bare
from tests.permissions.bidding import Bidding
from tests.permissions.billing import Billing
from tests.permissions.certifying import Certifying
from tests.permissions.governing import Deciding, Watching
from tests.permissions.investing import Investing
from tests.permissions.metering import WINDOW, Metering
from tests.permissions.pooling import Pools
from tests.permissions.subscribing import Subscribed
from tests.permissions.subsidies import Subsidies
from tests.permissions.trading import Trading, decisions
from wattbook import Application, Market, Role, abi
from wattbook.chain import Chain
from wattbook.contracts.registration_bonus import RegistrationBonus
from wattbook.contracts.structs import Carrier, Curve, Direction, Facts, Key, Purse
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.deployer import deploy, encode_call
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import digest, sign
from wattbook.roles import MARKET_ROLES, OFFICES

# Terms that come together: what an account of a member is, by its state and place.
INACTIVE = frozenset({"account", "spending account", "first account", "known account", "admitted account"})
ACTIVE = INACTIVE | {"active account", "active spending account", "active first account"}
# Who has a market role has a device of his own too, and tenders, quotes and supplies.
TENDERING = {"tender owner", "quoter", "supply user"}
NARROW = frozenset(
    {
        "account",
        "known account",
        "admitted account",
        "active account",
        "active market account",
        "device owner",
        "active device owner",
        "depositor",
        "customer",
        "active customer",
        *TENDERING,
    }
)

OWNER = frozenset({"device owner", "spending device owner", "depositor", "customer", *TENDERING})
ACTIVE_OWNER = OWNER | {
    "active producer",
    "active investor",
    "active device owner",
    "active spending device owner",
    "active market account",
    "active supply account",
    "active customer",
    "voter",
}

OFFICE_TERMS = {
    "registrar": {"registrar"},
    "regulator": {"regulator"},
    "issuer": {"issuer"},
    "operator": {"operator"},
    "attester1": {"attester"},
}

EVERYTHING = MARKET_ROLES | OFFICES
REASON = 7
BUDGET = 1_000_000
FUNDS = 1000 * 10**6
LOCKED = 10
DEPOSIT = 1_000
TWO_DAYS = 2 * 24 * 3600
# So much passes until the world is made, less some days.
DECIDING = 15 * 24 * 3600
NOTHING = bytes(32)
NOBODY = "0x" + "00" * 20
ZONE = b"park".ljust(32, b"\0")
ANOTHER_ZONE = b"village".ljust(32, b"\0")


@dataclass(frozen=True)
class Caller:
    """One kind of caller: the terms of the page that are true of it, and its key unless nobody has one."""

    name: str
    address: str
    terms: frozenset[str]
    key: LocalAccount | None = None

    def __str__(self) -> str:
        return self.name


class World:
    """Built once; tests only ask what would happen."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._next_key = 17
        self._member_ids: dict[str, int] = {}
        self._seconds: dict[str, str] = {}
        self._kept: dict[str, Purse] = {}
        self.callers: dict[str, Caller] = {}
        self.deployer = self._person()
        self.administrator = known_account("administrator")
        self.registrar = known_account("registrar")
        self.regulator = known_account("regulator")
        nodes = [Account.from_key(keccak(text=f"node {number}")) for number in range(4)]
        validators = tuple(node.address for node in nodes)
        settings = replace(local_settings(), dispute_window=WINDOW, validators=validators)
        self.market = Market(chain, deploy(chain, self.deployer, settings, None, _silent))
        self._carry_out(*(Call("Zones", "addZone", (zone,)) for zone in (ZONE, ANOTHER_ZONE)))
        self.subsidies = Subsidies(self.market, self._carry_out, self._person())
        self._admit_members()
        self._meet_others()
        self.another_bonus = self._another_bonus()
        self._decide()
        self._add_accounts()
        self._bring_money()
        self._bring_devices()
        self._choose_modules()
        self._claim_bonuses()
        customers = [key for key in self._everybody() if key.address in self._own_devices]
        self.subscribed = Subscribed(self.market, self.devices, customers)
        issuer = self._caller("issuer of units", {"issuer of units"}, self._person())
        self.investing = Investing(self.market, issuer, self.subject, self.address("approved account"), self.devices)
        self.pools = self._pools()
        self._place_deposits()
        self._bid()
        self._lock_money()
        self._recover()
        self._change_states()
        billed = [key for key in self._everybody() if key.address in self._member_ids]
        self.billing = Billing(self.market, billed)
        self.metering = Metering(self.market, self._metered(), self.callers["meter"].key, self.subject)
        self.trading = Trading(self.market, self.subject, self._own_devices[self.subject.address])
        self.bidding.serve()
        self.pools.finish(self.modules[0], self.subject)
        self._prepare_operations()
        self.bare = Bare(self.market, self.deployer.address, self._create)
        self.bare.fed.set_feeder(self.bare.unfed.address, sender=self.deployer)
        self._caller("feeder", {"feeder"}, self.bare.unfed.address)
        voters = [caller.key for caller in self.callers.values() if caller.key and "voter" in caller.terms]
        self.deciding = Deciding(self.market, voters)
        self._caller("Council", {"proposer"}, self.market.council.address)
        self.watching = Watching(self.market, nodes)
        self._caller("delegate", {"delegate"}, nodes[0])
        self._caller("Watch", {"watch"}, self.market.watch.address)
        self._caller("Delegates", {"delegates"}, self.market.delegates.address)
        self.balloting.go_on(self.member, self.ready)

    # What scenes ask for.

    def member_id(self, caller: Caller) -> int:
        """The member whose account the caller is or was; for others, some member."""
        return self._member_ids.get(caller.address, self.subject_id)

    def second_of(self, caller: Caller) -> str:
        """The further account of a first account; for others, the narrow account."""
        return self._seconds.get(caller.address, self.callers["account without SPEND"].address)

    def first_of(self, caller: Caller) -> str:
        """The first account of the caller's member; for others, an active member."""
        accounts = self.market.membership.member_of(self.member_id(caller)).accounts
        return accounts[0]

    def address(self, name: str) -> str:
        return self.callers[name].address

    def purse_of(self, caller: Caller) -> Purse:
        """The purse that the caller keeps, or would if he were active; for others, and for one who keeps another
        purse, that of the purse keeper."""
        return self._kept.get(caller.address, Purse.NETWORK)

    def has_points(self, caller: Caller) -> bool:
        return self.market.power_points.balance_of(caller.address) > 0

    def device_of(self, caller: Caller) -> int:
        """The device that the caller has, or had; for others, the subject's."""
        return self._own_devices.get(caller.address, self._own_devices[self.subject.address])

    def claimed_for(self, caller: Caller) -> int:
        """The device for which the caller claimed the bonus; for others, the subject's."""
        return self._claimed_devices.get(caller.address, self._claimed_devices[self.subject.address])

    def area_of(self, caller: Caller) -> int:
        """The caller's subscription to an area; for others, the subject's."""
        return self.subscribed.areas.get(caller.address, self.subscribed.areas[self.subject.address])

    def lots_of(self, caller: Caller) -> int:
        """The caller's subscription to lots; for others, the subject's."""
        return self.subscribed.lots.get(caller.address, self.subscribed.lots[self.subject.address])

    def offered_to(self, caller: Caller) -> int:
        """A device of the subject's that is offered to the caller; for others, one that is offered to a member."""
        return self._offered_devices.get(caller.address, self._offered_devices[self.member.address])

    def holder_of_units(self, caller: Caller) -> str:
        """The caller if he holds units, else the subject."""
        holds = self.market.energy_units.balance_of(caller.address, self.unit) > 0
        return caller.address if holds else self.subject.address

    def new_device_key(self) -> DeviceKey:
        """The key of a meter that the market has never seen."""
        return Secp256k1Key("a new meter")

    def newcomer(self) -> LocalAccount:
        """A key that the market has never seen."""
        return Account.from_key(keccak(text="newcomer"))

    def application(self, roles: int = Role.CONSUMER) -> Application:
        return _application(self.newcomer(), roles, FAR)

    def acceptance(self, caller: Caller) -> tuple[str, int, int, bytes]:
        """A newcomer's agreement to act for the caller's member, as addAccount takes it."""
        newcomer = self.newcomer()
        return self._accept(newcomer, self.member_id(caller), Role.CONSUMER)

    # How it comes to be.

    def _person(self) -> LocalAccount:
        key = known_account(self._next_key)
        self._next_key += 1
        return key

    def _caller(self, name: str, terms: frozenset[str] | set[str], key: LocalAccount | str) -> Any:
        known = key if isinstance(key, LocalAccount) else None
        address = key.address if known else key
        self.callers[name] = Caller(name, address, frozenset(terms), known)
        return key

    def _admit(self, key: LocalAccount, until: int = FAR) -> LocalAccount:
        application = _application(key, MARKET_ROLES, until)
        receipt = self.market.membership.admit(application, sender=self.registrar)
        self._member_ids[key.address] = receipt.event("MemberAdmitted").args["member"]
        return key

    def _admit_members(self) -> None:
        self.member = self._caller("member", ACTIVE | ACTIVE_OWNER | {"unit holder"}, self._admit(self._person()))
        until = self.chain.now + TWO_DAYS
        self.inactive = {
            "suspended member": self._admit(self._person()),
            "expired member": self._admit(self._person(), until),
            "expelled member": self._admit(self._person()),
        }
        for name, key in self.inactive.items():
            # Who owes begins no new business, and neither does he.
            owing = {"debtor", "unit holder"} if name == "suspended member" else set()
            self._caller(name, INACTIVE | OWNER | owing, key)
        self.replaced = self._caller("replaced key", {"known account", "admitted account"}, self._admit(self._person()))
        recovering = ACTIVE | ACTIVE_OWNER | {"account in recovery"}
        self.recovering = self._caller("key in recovery", recovering, self._admit(self._person()))
        self.clerk = self._admit(self._person())
        self.subject, self.ready = self._admit(self._person()), self._admit(self._person())
        self.leaver = self._admit(self._person())
        self.subject_id = self._member_ids[self.subject.address]
        self.idle_id = self._member_ids[self._admit(self._person()).address]
        for office in ("registrar", "regulator", "issuer", "operator", "attester1", "grid"):
            key, terms = known_account(office), ACTIVE
            self._member_ids[key.address] = self.market.membership.standing_of(key.address).member
            if office in OFFICE_TERMS:
                terms = ACTIVE | OFFICE_TERMS[office]
            elif office == "grid":
                terms = (ACTIVE | ACTIVE_OWNER | {"provider"}) - {"active producer", "active investor"}
            self._caller(office, terms, key)

    def _meet_others(self) -> None:
        market = self.market
        self._caller("stranger", set(), self._person())
        self._caller("deployer", {"founder"}, self.deployer)
        self._caller("administrator", {"proposer"}, self.administrator)
        self._caller("Authority", {"authority"}, market.authority.address)
        self._caller("Vault", {"system account", "vault"}, market.vault.address)
        self._caller("Membership", {"membership"}, market.membership.address)
        self._caller("Auction", {"auction", "open module"}, market.auction.address)
        self._caller("Imbalance", {"settlement", "open module"}, market.imbalance.address)
        self._caller("Tenders", {"tenders", "open module"}, market.tenders.address)
        self._caller("Clearing", {"clearing"}, market.clearing.address)
        self._caller("Meters", {"meters"}, market.meters.address)
        self._caller("EnergyPackages", {"packages", "open module"}, market.energy_packages.address)
        self._caller("SuppliedDevices", {"suppliers"}, market.supplied_devices.address)
        self.certifying = Certifying(market, self.deployer, self._create)
        self._caller("GreenCertificates", {"certificates"}, self.certifying.certificates.address)
        self._caller("Batteries", {"batteries"}, self.certifying.batteries.address)
        self.system = self._caller("system account", {"system account", "known account", "pools"}, self._person())
        self.modules = [
            self._caller(f"{state} module", {f"{state} module"}, self._person())
            for state in ("open", "paused", "leaving")
        ]
        self._caller("purse keeper", ACTIVE | ACTIVE_OWNER | {"purse keeper"}, self._admit(self._person()))
        self._caller("keeper of another purse", ACTIVE | ACTIVE_OWNER, self._admit(self._person()))
        self._caller("pledgee", ACTIVE | ACTIVE_OWNER | {"pledgee"}, self._admit(self._person()))
        for name in ("pool owner", "servicer"):
            self._caller(name, ACTIVE | ACTIVE_OWNER | {name}, self._admit(self._person()))
        self._caller("keeper who is no member", set(), self._person())
        self._kept = {
            self.address("purse keeper"): Purse.NETWORK,
            self.address("suspended member"): Purse.POOL,
            self.address("keeper who is no member"): Purse.GRID,
        }
        self._caller("port holder", {"port holder"}, self._person())
        self._caller("holder of another port", set(), self._person())
        self._caller("approved account", {"approved account"}, self._person())
        self._caller("meter", {"meter"}, self._person())

    def _decide(self) -> None:
        officers = [*self.inactive.values(), self.replaced, self.clerk]
        self._carry_out(
            *(Call("Membership", "grantRoles", (self._member_ids[key.address], int(OFFICES))) for key in officers),
            Call("Membership", "registerSystemAccount", (self.system.address,)),
            *(Call("Vault", "enterModule", (module.address,)) for module in (*self.modules, self.another_bonus)),
            *(Call("Vault", "setPurse", (purse, keeper, 0)) for keeper, purse in self._kept.items()),
            Call("Vault", "setPurse", (Purse.PLATFORM, self.address("keeper of another purse"), 0)),
            Call("Zones", "openCarrier", (1, Carrier.ELECTRICITY, SLOT, QUARTER, self.facts())),
            *decisions(self.market, ZONE),
            Call("PowerPoints", "setPort", (REASON, self.address("port holder"))),
            Call("PowerPoints", "setPort", (REASON + 1, self.address("holder of another port"))),
            Call("PowerPoints", "setBudget", (REASON, self.market.power_points.current_epoch(), BUDGET)),
        )

    def _add_accounts(self) -> None:
        narrow, retired = self._person(), self._person()
        self._caller("account without SPEND", NARROW, narrow)
        self._caller("retired account", {"known account", "admitted account"}, retired)
        self._add(self.clerk, narrow, Role.CONSUMER)
        self._add(self.clerk, retired, EVERYTHING | Role.SPEND)
        firsts = [caller.key for caller in self.callers.values() if "first account" in caller.terms]
        for first in (*firsts, self.replaced):
            second = Account.from_key(keccak(text=f"second account of {first.address}"))
            self._add(first, second, Role.CONSUMER)
            self._seconds[first.address] = second.address

    def _add(self, first: LocalAccount, account: LocalAccount, rights: int) -> None:
        member = self._member_ids[first.address]
        arguments = self._accept(account, member, rights)
        self.market.membership.add_account(*arguments, sender=first)
        self._member_ids[account.address] = member

    def _accept(self, account: LocalAccount, member: int, rights: int) -> tuple[str, int, int, bytes]:
        agreed = {"account": account.address, "member": member, "rights": rights, "deadline": FAR}
        signature = sign(self.market.membership, "AcceptAccount", account, agreed)
        return account.address, int(rights), FAR, signature

    def _bring_money(self) -> None:
        token, vault, points = self.market.power_token, self.market.vault, self.market.power_points
        issuer = known_account("issuer")
        members = [key for key in self._everybody() if key.address in self._member_ids]
        for number, key in enumerate(members, 1):
            token.mint(key.address, FUNDS, number.to_bytes(32), sender=issuer)
            token.approve(vault.address, FUNDS, sender=key)
            vault.deposit(FUNDS // 2, sender=key)
        # The system takes by pulling.
        token.approve(self.system.address, FUNDS // 4, sender=self.member)
        self.chain.send(
            token.function("transferFrom", self.member.address, self.system.address, FUNDS // 4),
            self.system,
        )
        token.approve(vault.address, FUNDS, sender=self.system)
        vault.deposit(FUNDS // 8, sender=self.system)
        for purse in Purse:
            vault.fund_purse(purse, FUNDS // 32, sender=self.member)
        earners = [self.market.vault.address, self.system.address, *(key.address for key in members)]
        points.issue(
            REASON,
            keccak(text="a start"),
            points.current_epoch(),
            earners,
            [100] * len(earners),
            sender=self.callers["port holder"].key,
        )
        for contract in (token, points):
            # The Vault's allowance would make it one more approved account.
            contract.approve(vault.address, 0, sender=self.subject)
            contract.approve(self.address("approved account"), 10, sender=self.subject)

    def _bring_devices(self) -> None:
        """To everybody with a market role a device, and one that is offered to him; to all members units."""
        market = self.market
        self.devices = Devices(market, known_account("operator"), 1)
        members = [key for key in self._everybody() if key.address in self._member_ids]
        owners = [key for key in members if market.membership.is_active(key.address, int(MARKET_ROLES))]
        self._own_devices = {key.address: self.devices.certified(key) for key in owners}
        self._offered_devices = {}
        for key in owners:
            device = self._offered_devices[key.address] = self.devices.register(self.subject)
            market.meters.offer(device, key.address, sender=self.subject)
        self.pledged_device = self.devices.register(self.subject)
        market.meters.pledge(self.pledged_device, self.address("pledgee"), NOBODY, sender=self.subject)
        self.proposed_key = self.devices.key()
        device = self._own_devices[self.subject.address]
        market.meters.propose_key(device, *self.key_proof(self.proposed_key, device), sender=self.subject)

        units = market.energy_units
        self.slot = next_slot(self.chain.now, 100_000)
        self.unit = units.unit_id(Carrier.ELECTRICITY, 1, device, self.slot)
        for key in members:
            units.issue(device, self.slot, key.address, 10, sender=self.subject)
        certifying = self.certifying
        certifying.fill(self.subject, members, self._own_devices, self.devices)
        self.balloting = Balloting(market, certifying, [*members, self.ready], self.deployer, self._create)
        self._caller("Elections", {"elections"}, self.balloting.elections.address)
        for contract in (units, certifying.energy, certifying.certificates):
            contract.set_approval_for_all(self.address("approved account"), True, sender=self.subject)

    def _metered(self) -> int:
        """A device of the subject's with the meter as its key."""
        key = Secp256k1Key("a meter")
        key.account = self.callers["meter"].key
        key.public = Key(Curve.SECP256K1, bytes.fromhex(key.account.address[2:]).rjust(32, b"\0"), NOTHING)
        return self.devices.certify(self.devices.register(self.subject, key))

    @property
    def energy(self) -> tuple[int, int, int, list[int]]:
        """What modules lock and release."""
        device = self._own_devices[self.subject.address]
        return 1, int(Carrier.ELECTRICITY), self.slot, [draw(self.subject, device, LOCKED)]

    def facts(self) -> Facts:
        return facts(self.market.vault.purse_account(Purse.GRID))

    def key_proof(self, key: DeviceKey, device: int) -> tuple[Key, int, bytes]:
        """A key with its signature that it shall be the device's, as proposeKey takes it."""
        values = {"device": device, **said(key.public), "deadline": FAR}
        return key.public, FAR, key.sign(digest(self.market.meters, "DeviceKey", values))

    def _everybody(self) -> list[LocalAccount]:
        """The callers who have a key, and whom they act on."""
        return [*(caller.key for caller in self.callers.values() if caller.key), self.subject, self.leaver]

    def _choose_modules(self) -> None:
        vault = self.market.vault
        for key in self._everybody():
            if key.address in self._member_ids:
                vault.choose_modules((1 << len(vault.modules())) - 1, sender=key)

    def _lock_money(self) -> None:
        vault = self.market.vault
        for module in self.modules:
            vault.lock(self.subject.address, LOCKED, 0, sender=module)
        vault.lock(self.subject.address, LOCKED, 0, sender=self.modules[0])
        vault.pass_on(self.market.imbalance.address, LOCKED, sender=self.modules[0])
        vault.record_debt(self.address("suspended member"), self.subject.address, LOCKED, sender=self.modules[0])
        self.market.energy_units.lock_each(*self.energy, sender=self.modules[0])
        vault.pause_module(self.address("paused module"), sender=known_account("operator"))
        self._carry_out(Call("Vault", "retireModule", (self.address("leaving module"),)))

    def _another_bonus(self) -> RegistrationBonus:
        """A second one, where nobody has claimed."""
        market = self.market
        wired = (market.clean_trades, market.readings, market.power_points)
        created = self._create("RegistrationBonus", *(contract.address for contract in wired))
        return RegistrationBonus(self.chain, created)

    def _claim_bonuses(self) -> None:
        """Everybody for his own device, but a person only once; the leaver's is retired since."""
        bonus, twice = self.market.registration_bonus, self.address("retired account")
        self._claimed_devices = {one: device for one, device in self._own_devices.items() if one != twice}
        for key in self._everybody():
            if key.address in self._claimed_devices:
                bonus.claim(self._claimed_devices[key.address], sender=key)
        self.retired_device = self._own_devices[self.leaver.address]
        self.market.meters.retire(self.retired_device, sender=self.leaver)

    def _pools(self) -> Pools:
        owner, servicer, suspended = (self.callers[name].key for name in ("pool owner", "servicer", "suspended member"))
        made = Pools(self.investing, owner, servicer, (self.member, suspended), self._carry_out)
        made.found_apart(self.system, self.subject, self._create)
        return made

    def _place_deposits(self) -> None:
        """Everybody with a market role for one device; for another nobody has."""
        self._carry_out(Call("Deposits", "setDeposit", (1, Carrier.ELECTRICITY, DEPOSIT)))
        self.secured_device, self.unsecured_device = (
            self.devices.register(self.subject, direction=Direction.WITHDRAWAL) for _ in range(2)
        )
        for key in self._everybody():
            if key.address in self._own_devices:
                self.market.deposits.place(self.secured_device, sender=key)

    def _bid(self) -> None:
        people = [
            key
            for key in self._everybody()
            if key.address in self._own_devices and key not in (self.leaver, self.subject)
        ]
        pair = self._admit(self._person()), self._admit(self._person())
        for number, key in enumerate(pair, 1):
            self._bring(key, keccak(text=f"for a tender {number}"))
        devices = self._own_devices
        self.bidding = Bidding(self.market, people, devices, self.subject, pair, self.devices, DECIDING)

    def _bring(self, key: LocalAccount, receipt: bytes) -> None:
        token, vault = self.market.power_token, self.market.vault
        token.mint(key.address, FUNDS, receipt, sender=known_account("issuer"))
        token.approve(vault.address, FUNDS, sender=key)
        vault.deposit(FUNDS, sender=key)
        vault.choose_modules((1 << len(vault.modules())) - 1, sender=key)

    def _recover(self) -> None:
        membership = self.market.membership
        for key in (self.ready, self.recovering):
            self._propose_recovery(key)
        replacement = self.replacement_of(self.ready.address)
        membership.approve_recovery(self.ready.address, replacement, sender=self.regulator)
        pass_time(membership.recovery_delay())
        replaced = self.replaced.address
        self._carry_out(Call("Membership", "decideRecovery", (replaced, self.replacement_of(replaced))))

    def _propose_recovery(self, key: LocalAccount) -> None:
        self.market.membership.propose_recovery(
            key.address, self.replacement_of(key.address), NOTHING, sender=self.registrar
        )

    def replacement_of(self, address: str) -> str:
        return str(Account.from_key(keccak(text=f"replacement of {address}")).address)

    def _change_states(self) -> None:
        membership = self.market.membership
        suspended, expelled = (self.member_id(self.callers[f"{state} member"]) for state in ("suspended", "expelled"))
        # Both are regulators among other things, and over those only the authority has power.
        self._carry_out(
            Call("Membership", "suspend", (suspended, "an inquiry")),
            Call("Membership", "expel", (expelled, "a verdict")),
        )
        membership.suspend(self.idle_id, "an inquiry", sender=self.regulator)
        membership.retire_account(self.address("retired account"), sender=self.clerk)
        pass_time(TWO_DAYS)
        assert not membership.is_active(self.address("expired member"), 0)

    def _prepare_operations(self) -> None:
        authority = self.market.authority
        operation = Call("PowerPoints", "setPort", (REASON + 2, self.member.address))
        self.single = (
            self.market.power_points.address,
            0,
            encode_call(self.chain, operation),
            NOTHING,
            NOTHING,
        )
        target, value, payload, predecessor, salt = self.single
        self.batch = ([target], [value], [payload], predecessor, salt)
        delay = authority.get_min_delay()
        authority.schedule(*self.single, delay, sender=self.administrator)
        authority.schedule_batch(*self.batch, delay, sender=self.administrator)
        pass_time(delay)

    def _carry_out(self, *calls: Call) -> None:
        authority = self.market.authority
        targets = [self.market.deployment.address(call.contract) for call in calls]
        payloads = [encode_call(self.chain, call) for call in calls]
        operation = (targets, [0] * len(calls), payloads, NOTHING, NOTHING)
        delay = authority.get_min_delay()
        authority.schedule_batch(*operation, delay, sender=self.administrator)
        pass_time(delay)
        authority.execute_batch(*operation, sender=self.administrator)

    def _create(self, name: str, *arguments: Any) -> str:
        """A contract by itself, as during the deployment: a Membership without a mirror, an Authority without one."""
        factory = self.chain.web3.eth.contract(abi=abi.interface(name).abi, bytecode=creation_code(name))
        creation = self.chain.sign_creation(factory.constructor(*arguments), self.deployer)
        self.chain.submit(creation.signed)
        return creation.address


def _application(key: LocalAccount, roles: int, until: int) -> Application:
    return Application(
        key.address,
        int(roles),
        0,
        until,
        keccak(text=f"papers of {key.address}"),
        keccak(text=f"identity of {key.address}"),
    )


def _silent(_: str) -> None:
    pass
