"""For every function the arguments with which it succeeds for whoever may call it.

A scene takes the world and the caller; of a function that takes a signature, the signer.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.devices import QUARTER, SLOT, next_slot, said
from tests.permissions.auction_scenes import AUCTION, RULEBOOK
from tests.permissions.book_scenes import BILLS, CLEARING
from tests.permissions.certificate_scenes import CERTIFICATES, register_of
from tests.permissions.governing import COUNCIL, WATCH
from tests.permissions.investing_scenes import INVESTING
from tests.permissions.package_scenes import PACKAGES
from tests.permissions.point_scenes import POINTS
from tests.permissions.pooling_scenes import POOLED, POOLING
from tests.permissions.reading_scenes import READINGS
from tests.permissions.sale_scenes import DIRECT_SALE
from tests.permissions.settlement_scenes import SETTLEMENT
from tests.permissions.signers import Signer
from tests.permissions.tender_scenes import TENDERING
from tests.permissions.validator_scenes import VALIDATORS
from tests.permissions.world import ANOTHER_ZONE, LOCKED, NOBODY, NOTHING, Caller, World
from wattbook import Role, Signed
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Carrier, Purse
from wattbook.deployment.plan import SOURCES
from wattbook.eip712 import sign, sign_application, sign_permit

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7
REFERENCE = keccak(text="a reference")
SOURCE = keccak(text="a source")
NEW_ADDRESS = "0x" + "77" * 20
NARROW_OFFICES = int(Role.REGISTRAR)
# Later than the certificates of the first members, which cannot be shortened.
LATER = 2**40 - 1
TOKENS = ("PowerToken", "PowerPoints")


def contract_of(world: World, name: str, function: str = "") -> Contract:
    """Where the scene plays: what is named once can be named only where it was not."""
    if name in ("CleanEnergy", "GreenCertificates", "Batteries", "Elections", "Delegates"):
        return register_of(world, name, function)
    if name in POOLED:
        return world.pools.playing(name, function)
    if function == "setMirror":
        return world.bare.meters if name == "Meters" else world.bare.membership
    if function in ("setDeposits", "setSuppliers"):
        return world.bare.meters
    if function == "setReadings":
        return world.bare.membership
    if function == "setMembership":
        return world.bare.authority
    if function == "setSettlement":
        bare: dict[str, Contract] = {
            "Auction": world.bare.auction,
            "Pool": world.bare.pool,
            "Deposits": world.bare.deposits,
            "DirectSale": world.bare.direct_sale,
            "Production": world.bare.production,
            "Readings": world.bare.readings,
            "Supplies": world.bare.supplies,
        }
        return bare[name]
    if name == "ValidatorSet":
        return world.bare.unfed if function == "setFeeder" else world.bare.fed
    if function == "setSupplies":
        return world.bare.tenders
    if name == "RegistrationBonus" and function in ("claim", "claimSigned"):
        return world.another_bonus
    if function in ("setAuction", "setClearing"):
        return world.bare.rulebook if name == "Rulebook" else world.bare.auction
    contracts: dict[str, Contract] = {
        "Authority": world.market.authority,
        "Membership": world.market.membership,
        "PowerPoints": world.market.power_points,
        "PowerToken": world.market.power_token,
        "Vault": world.market.vault,
        "Zones": world.market.zones,
        "Meters": world.market.meters,
        "EnergyUnits": world.market.energy_units,
        "Rulebook": world.market.rulebook,
        "Auction": world.market.auction,
        "Clearing": world.market.clearing,
        "Pool": world.market.pool,
        "DirectSale": world.market.direct_sale,
        "Readings": world.market.readings,
        "Production": world.market.production,
        "Imbalance": world.market.imbalance,
        "Computation": world.market.computation,
        "CleanTrades": world.market.clean_trades,
        "RegistrationBonus": world.market.registration_bonus,
        "SubsidyFund": world.market.subsidy_fund,
        "UseSubsidy": world.market.use_subsidy,
        "Tenders": world.market.tenders,
        "Supplies": world.market.supplies,
        "Losses": world.market.losses,
        "Bills": world.market.bills,
        "Deposits": world.market.deposits,
        "Tariffs": world.market.tariffs,
        "SupplyReports": world.market.supply_reports,
        "EnergyPackages": world.market.energy_packages,
        "SuppliedDevices": world.market.supplied_devices,
        "Admissions": world.market.admissions,
        "Tranche": world.investing.playing(function),
        "Council": world.market.council,
        "Watch": world.market.watch,
    }
    return contracts[name]


def with_another_key(caller: Caller) -> Caller:
    """Somebody who signs in the caller's name."""
    return replace(caller, key=Account.from_key(keccak(text="a forger")))


def signed(world: World, contract: str, name: str, signer: Caller, **values: Any) -> Signed:
    """An action in the signer's name."""
    assert signer.key
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    signature = sign(contract_of(world, contract), name, signer.key, whole)
    return Signed(signer.address, NONCE, FAR, signature)


def _subject(*arguments: Any) -> Scene:
    return lambda world, _: (world.subject_id, *arguments)


def _regulator(*arguments: Any) -> Scene:
    return lambda world, _: (world.member_id(world.callers["regulator"]), *arguments)


def _vote_signed(world: World, signer: Caller) -> Arguments:
    values = {"proposal": world.deciding.voting, "yes": True}
    return *values.values(), signed(world, "Council", "CouncilVote", signer, **values)


def _these(*arguments: Any) -> Scene:
    return lambda world, _: arguments


def _recovery(name: str) -> Scene:
    return lambda world, _: (world.address(name), world.replacement_of(world.address(name)))


def _admit_signed(world: World, registrar: Caller) -> Arguments:
    application = world.application()
    by_applicant, by_registrar = sign_application(
        world.market.membership,
        application,
        applicant=world.newcomer(),
        registrar=Signer(registrar),
        deadline=FAR,
    )
    return application, FAR, by_applicant, registrar.address, by_registrar


def _add_account_signed(world: World, signer: Caller) -> Arguments:
    account, rights, deadline, acceptance = world.acceptance(signer)
    auth = signed(world, "Membership", "AddAccount", signer, account=account, rights=rights)
    return account, rights, deadline, acceptance, auth


def _retire_account_signed(world: World, signer: Caller) -> Arguments:
    account = world.second_of(signer)
    return account, signed(world, "Membership", "RetireAccount", signer, account=account)


def _permit(token: str) -> Scene:
    def arguments(world: World, owner: Caller) -> Arguments:
        by_owner = sign_permit(contract_of(world, token), Signer(owner), NEW_ADDRESS, 1, nonce=0, deadline=FAR)
        return owner.address, NEW_ADDRESS, 1, FAR, *by_owner

    return arguments


def _deposit_with_permit(world: World, caller: Caller) -> Arguments:
    if caller.key is None:
        return 1, FAR, 27, NOTHING, NOTHING
    token, vault = world.market.power_token, world.market.vault.address
    return 1, FAR, *sign_permit(token, caller.key, vault, 1, nonce=0, deadline=FAR)


def _transfer_signed(token: str, amount: int = 1) -> Scene:
    def arguments(world: World, signer: Caller) -> Arguments:
        to = world.subject.address
        return to, amount, signed(world, token, "Transfer", signer, to=to, amount=amount)

    return arguments


def _redeem_signed(world: World, signer: Caller) -> Arguments:
    issuer = world.member_id(world.callers["issuer"])
    values = {"issuer": issuer, "amount": 1, "paymentReference": REFERENCE}
    return *values.values(), signed(world, "PowerToken", "Redeem", signer, **values)


def _vault_signed(action: str, field: str) -> Scene:
    return lambda world, who: (1, signed(world, "Vault", action, who, **{field: 1}))


def _debt(world: World) -> Arguments:
    return world.address("suspended member"), world.subject.address, LOCKED


def _pay_debt_signed(world: World, who: Caller) -> Arguments:
    debtor, creditor, amount = _debt(world)
    auth = signed(world, "Vault", "PayDebt", who, debtor=debtor, creditor=creditor, amount=amount)
    return debtor, creditor, amount, auth


def _operation(kind: str) -> Scene:
    """A new operation, to be proposed."""

    def arguments(world: World, _: Caller) -> Arguments:
        prepared = world.single if kind == "single" else world.batch
        return *prepared[:-1], SOURCE, world.market.authority.get_min_delay()

    return arguments


def _own_role(world: World, caller: Caller) -> Arguments:
    return world.market.authority.proposer_role(), caller.address


def _proposer_role(world: World, _: Caller) -> Arguments:
    return world.market.authority.proposer_role(), world.administrator.address


def _purse(world: World) -> str:
    return world.market.vault.purse_account(Purse.POOL)


def _own_device(*arguments: Any) -> Scene:
    return lambda world, who: (world.device_of(who), *arguments)


def _own_device_to_member(world: World, caller: Caller) -> Arguments:
    return world.device_of(caller), world.member.address


def _pledged_device(world: World, _: Caller) -> Arguments:
    return world.pledged_device, world.member.address


def _subjects_device(*arguments: Any) -> Scene:
    return lambda world, _: (world.device_of(world.callers["stranger"]), *arguments)


def _reservation(world: World) -> Arguments:
    return world.device_of(world.callers["stranger"]), world.bidding.reserved


def _pledge(world: World, caller: Caller) -> Arguments:
    return world.device_of(caller), world.member.address, NOBODY


def _device_signed(action: str, *fields: str) -> Scene:
    """An action on the signer's own device, to the benefit of a member."""

    def arguments(world: World, signer: Caller) -> Arguments:
        values = {"device": world.device_of(signer), **dict.fromkeys(fields, world.member.address)}
        return *values.values(), signed(world, "Meters", action, signer, **values)

    return arguments


def _accept_signed(world: World, signer: Caller) -> Arguments:
    device = world.offered_to(signer)
    return device, signed(world, "Meters", "AcceptDevice", signer, device=device)


def _register(world: World, caller: Caller) -> Arguments:
    key, description = world.new_device_key(), world.devices.description()
    return description, key.public, FAR, world.devices.proof(key, caller.address, description)


def _register_signed(world: World, signer: Caller) -> Arguments:
    arguments = _register(world, signer)
    values = {**said(arguments[0]), **said(arguments[1])}
    return *arguments, signed(world, "Meters", "RegisterDevice", signer, **values)


def _propose_key(world: World, caller: Caller) -> Arguments:
    device = world.device_of(caller)
    return device, *world.key_proof(world.new_device_key(), device)


def _propose_key_signed(world: World, signer: Caller) -> Arguments:
    arguments = _propose_key(world, signer)
    values = {"device": arguments[0], **said(arguments[1])}
    return *arguments, signed(world, "Meters", "ProposeKey", signer, **values)


def _confirm_key(world: World, caller: Caller) -> Arguments:
    key_hash = world.market.meters.key_hash_of(world.proposed_key.public)
    return *_subjects_device()(world, caller), key_hash


def _issue_units(world: World, caller: Caller) -> Arguments:
    return world.device_of(caller), world.slot, world.member.address, 1


def _issue_units_signed(world: World, signer: Caller) -> Arguments:
    arguments = _issue_units(world, signer)
    values = dict(zip(("device", "slotStart", "to", "amount"), arguments, strict=True))
    return *arguments, signed(world, "EnergyUnits", "IssueUnits", signer, **values)


def _transfer_units_signed(world: World, signer: Caller) -> Arguments:
    values = {"to": world.member.address, "id": world.unit, "amount": 1}
    return *values.values(), signed(world, "EnergyUnits", "TransferUnits", signer, **values)


def _set_facts(world: World, _: Caller) -> Arguments:
    return 1, int(Carrier.ELECTRICITY), next_slot(world.chain.now + 7 * 86_400, 10), world.facts()


def _move(account: str, amount: int) -> int:
    """An account's part in what a module does for many, as Moves packs it."""
    return int(account, 16) | (amount % 2**96) << 160


def _member_token(token: str) -> dict[tuple[str, str, str], Scene]:
    return {
        (token, "approve", ""): _these(NEW_ADDRESS, 1),
        (token, "cancelNonce", ""): _these(NONCE),
        (token, "permit", ""): _permit(token),
        (token, "recoverBalance", ""): lambda world, _: (world.replaced.address,),
        (token, "transfer", ""): lambda world, _: (world.subject.address, 1),
        (token, "transfer", "to his first account"): lambda world, who: (world.first_of(who), 1),
        (token, "transfer", "to a suspended member"): lambda world, _: (world.address("suspended member"), 1),
        (token, "transfer", "to a purse"): lambda world, _: (_purse(world), 1),
        (token, "transfer", "to the Vault"): lambda world, _: (world.market.vault.address, 1),
        (token, "transferFrom", ""): lambda world, _: (
            world.subject.address,
            world.member.address,
            1,
        ),
        (token, "transferSigned", ""): _transfer_signed(token),
    }


_MEMBERSHIP: dict[tuple[str, str], Scene] = {
    ("addAccount", ""): lambda world, who: world.acceptance(who),
    ("addAccountSigned", ""): _add_account_signed,
    ("admit", ""): lambda world, _: (world.application(),),
    ("admit", "with an office"): lambda world, _: (world.application(NARROW_OFFICES),),
    ("admitSigned", ""): _admit_signed,
    ("approveRecovery", ""): _recovery("key in recovery"),
    ("cancelNonce", ""): _these(NONCE),
    ("cancelRecovery", ""): lambda world, _: (world.address("key in recovery"),),
    ("changeOwner", ""): lambda world, _: (world.subject_id, world.member_id(world.callers["member"])),
    ("changeOwner", "of an office holder"): lambda world, _: (
        world.member_id(world.callers["issuer"]),
        world.subject_id,
    ),
    ("completeRecovery", ""): lambda world, _: (world.ready.address,),
    ("decideRecovery", ""): lambda world, _: (world.address("issuer"), NEW_ADDRESS),
    ("expel", ""): _subject("a verdict"),
    ("expel", "of a regulator"): _regulator("a verdict"),
    ("grantRoles", ""): _subject(int(Role.STORAGE)),
    ("grantRoles", "of an office"): _subject(NARROW_OFFICES),
    ("objectToRecovery", ""): _these(),
    ("objectToRecoverySigned", ""): lambda world, who: (signed(world, "Membership", "ObjectToRecovery", who),),
    ("proposeRecovery", ""): lambda world, _: (world.subject.address, NEW_ADDRESS, REFERENCE),
    ("proposeRecovery", "of an office holder"): lambda world, _: (world.address("issuer"), NEW_ADDRESS, REFERENCE),
    ("registerSystemAccount", ""): _these(NEW_ADDRESS),
    ("reinstate", ""): lambda world, _: (world.idle_id, "an inquiry is over"),
    ("reinstate", "of a regulator"): lambda world, _: (
        world.member_id(world.callers["suspended member"]),
        "an inquiry is over",
    ),
    ("reinstate", "of an expelled member"): lambda world, _: (
        world.member_id(world.callers["expelled member"]),
        "a verdict is lifted",
    ),
    ("renew", ""): _subject(FAR, REFERENCE),
    ("renew", "of an office holder"): lambda world, _: (world.member_id(world.callers["issuer"]), LATER, REFERENCE),
    ("retireAccount", ""): lambda world, who: (world.second_of(who),),
    ("retireAccountSigned", ""): _retire_account_signed,
    ("setMirror", ""): _these(NEW_ADDRESS),
    ("setReadings", ""): _these(NEW_ADDRESS),
    ("suspend", ""): _subject("an inquiry"),
    ("withdrawRoles", ""): _subject(int(Role.CONSUMER), "an inquiry"),
    ("withdrawRoles", "of a regulator"): _regulator(int(Role.REGULATOR), "an inquiry"),
}

_VAULT: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): _these(NONCE),
    ("chooseModules", ""): _these(1),
    ("chooseModulesSigned", ""): _vault_signed("ChooseModules", "chosen"),
    ("deposit", ""): _these(1),
    ("depositSigned", ""): _vault_signed("Deposit", "amount"),
    ("depositWithPermit", ""): _deposit_with_permit,
    ("enterModule", ""): _these(NEW_ADDRESS),
    ("fundPurse", ""): _these(int(Purse.POOL), 1),
    ("lock", ""): lambda world, _: (world.subject.address, LOCKED, 0),
    ("adjustEach", ""): lambda world, _: ([_move(world.subject.address, -LOCKED)],),
    ("lockEach", ""): lambda world, _: ([_move(world.subject.address, LOCKED)], 0),
    ("lockMore", ""): lambda world, _: (world.subject.address, LOCKED),
    ("pause", ""): _these(),
    ("pauseModule", ""): lambda world, _: (world.address("open module"),),
    ("passOn", ""): lambda world, _: (world.address("leaving module"), LOCKED),
    ("payDebt", ""): lambda world, _: _debt(world),
    ("payDebtSigned", ""): _pay_debt_signed,
    ("repay", ""): lambda world, _: (world.address("suspended member"), world.subject.address, LOCKED),
    ("recordDebt", ""): lambda world, _: (world.subject.address, world.member.address, LOCKED),
    ("pay", ""): lambda world, _: (world.subject.address, world.member.address, LOCKED),
    ("release", ""): lambda world, _: (world.subject.address, LOCKED),
    ("resumeDeposits", ""): _these(),
    ("resumeModule", ""): lambda world, _: (world.address("paused module"),),
    ("retireModule", ""): lambda world, _: (world.address("open module"),),
    ("setPurse", ""): _these(int(Purse.POOL), NEW_ADDRESS, 1),
    ("spend", ""): lambda world, who: (int(world.purse_of(who)), world.subject.address, 1, REFERENCE),
    ("spend", "when the authority keeps the purse"): lambda world, _: (
        int(Purse.COMMON_FUND),
        world.subject.address,
        1,
        REFERENCE,
    ),
    ("sync", ""): lambda world, _: (world.subject.address,),
    ("withdraw", ""): _these(1),
    ("withdrawSigned", ""): _vault_signed("Withdraw", "amount"),
}

_AUTHORITY: dict[tuple[str, str], Scene] = {
    ("cancel", ""): lambda world, _: (world.market.authority.hash_operation(*world.single),),
    ("execute", ""): lambda world, _: world.single,
    ("executeBatch", ""): lambda world, _: world.batch,
    ("grantRole", ""): _proposer_role,
    ("onERC1155BatchReceived", ""): _these(NEW_ADDRESS, NEW_ADDRESS, [], [], b""),
    ("onERC1155Received", ""): _these(NEW_ADDRESS, NEW_ADDRESS, 1, 1, b""),
    ("onERC721Received", ""): _these(NEW_ADDRESS, NEW_ADDRESS, 1, b""),
    ("receive", ""): _these(),
    ("renounceRole", ""): _own_role,
    ("revokeRole", ""): _proposer_role,
    ("schedule", ""): _operation("single"),
    ("scheduleBatch", ""): _operation("batch"),
    ("setMembership", ""): lambda world, _: (world.market.membership.address,),
    ("updateDelay", ""): _these(1),
}

_ZONES: dict[tuple[str, str], Scene] = {
    ("addZone", ""): _these(REFERENCE),
    ("openCarrier", ""): lambda world, _: (1, int(Carrier.GAS), SLOT, QUARTER, world.facts()),
    ("setDistance", ""): lambda world, _: (1, world.market.zones.number_of(ANOTHER_ZONE), LATER, 1),
    ("setFacts", ""): _set_facts,
}

_METERS: dict[tuple[str, str], Scene] = {
    ("accept", ""): lambda world, who: (world.offered_to(who),),
    ("acceptSigned", ""): _accept_signed,
    ("cancelNonce", ""): _these(NONCE),
    ("certify", ""): _subjects_device(1, 0),
    ("confirmKey", ""): _confirm_key,
    ("consentToMove", ""): _pledged_device,
    ("offer", ""): _own_device_to_member,
    ("offerSigned", ""): _device_signed("OfferDevice", "to"),
    ("pledge", ""): _pledge,
    ("pledgeSigned", ""): _device_signed("PledgeDevice", "pledgee", "payee"),
    ("proposeKey", ""): _propose_key,
    ("proposeKeySigned", ""): _propose_key_signed,
    ("register", ""): _register,
    ("registerSigned", ""): _register_signed,
    ("releasePledge", ""): lambda world, _: (world.pledged_device,),
    ("retire", ""): _own_device(),
    ("retireSigned", ""): _device_signed("RetireDevice"),
    ("markSupplied", ""): _own_device(NEW_ADDRESS),
    ("setDeposits", ""): _these(NEW_ADDRESS),
    ("setSuppliers", ""): _these(NEW_ADDRESS),
    ("setMirror", ""): _these(NEW_ADDRESS),
    ("setPayee", ""): _own_device_to_member,
    ("setPayee", "of a pledged device"): _pledged_device,
    ("setPayeeSigned", ""): _device_signed("SetPayee", "payee"),
    ("suspend", ""): _subjects_device("an inquiry"),
}

_ENERGY_UNITS: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): _these(NONCE),
    ("issue", ""): _issue_units,
    ("issueSigned", ""): _issue_units_signed,
    ("lockEach", ""): lambda world, _: world.energy,
    ("recoverUnits", ""): lambda world, _: (world.replaced.address, [world.unit]),
    ("releaseEach", ""): lambda world, _: world.energy,
    ("reserve", ""): lambda world, _: (1, 0, world.subject.address, *_reservation(world)),
    ("giveBack", ""): lambda world, _: _reservation(world),
    ("safeBatchTransferFrom", ""): lambda world, who: (
        world.holder_of_units(who),
        world.member.address,
        [world.unit],
        [1],
        b"",
    ),
    ("safeTransferFrom", ""): lambda world, who: (
        world.holder_of_units(who),
        world.member.address,
        world.unit,
        1,
        b"",
    ),
    ("safeTransferFrom", "to his first account"): lambda world, who: (
        world.holder_of_units(who),
        world.first_of(who),
        world.unit,
        1,
        b"",
    ),
    ("setApprovalForAll", ""): _these(NEW_ADDRESS, True),
    ("sync", ""): _subjects_device(),
    ("transferSigned", ""): _transfer_units_signed,
}

_POOL: dict[tuple[str, str], Scene] = {
    ("close", ""): lambda world, _: (world.trading.cleared.key, [], [], 0),
    ("offer", ""): lambda world, who: (world.trading.committing.key, world.device_of(who), 600, 100),
    ("returnOffers", ""): lambda world, _: (world.trading.void.key,),
    ("setLimits", ""): _these(1, int(Carrier.ELECTRICITY), (1, 1)),
}

SCENES: dict[tuple[str, str, str], Scene] = {
    **VALIDATORS,
    **WATCH,
    **COUNCIL,
    ("Council", "cancelNonce", ""): _these(NONCE),
    ("Council", "voteSigned", ""): _vote_signed,
    **SETTLEMENT,
    **TENDERING,
    **{("Rulebook", *key): scene for key, scene in RULEBOOK.items()},
    **{("Auction", *key): scene for key, scene in AUCTION.items()},
    **{("Clearing", *key): scene for key, scene in CLEARING.items()},
    **{("Pool", *key): scene for key, scene in _POOL.items()},
    **{("DirectSale", *key): scene for key, scene in DIRECT_SALE.items()},
    **{("Readings", *key): scene for key, scene in READINGS.items()},
    **POINTS,
    **{("Bills", *key): scene for key, scene in BILLS.items()},
    **{(name, "handOver", ""): _these((1, 0, 0, NOTHING), []) for name in ("Auction", "Pool", "DirectSale")},
    **{(name, "setSettlement", ""): _these(NEW_ADDRESS) for name in (*SOURCES, "Production")},
    **{("Zones", *key): scene for key, scene in _ZONES.items()},
    **{("Meters", *key): scene for key, scene in _METERS.items()},
    **{("EnergyUnits", *key): scene for key, scene in _ENERGY_UNITS.items()},
    **{("Membership", *key): scene for key, scene in _MEMBERSHIP.items()},
    **{("Vault", *key): scene for key, scene in _VAULT.items()},
    **{("Authority", *key): scene for key, scene in _AUTHORITY.items()},
    **CERTIFICATES,
    **PACKAGES,
    **_member_token("PowerToken"),
    **_member_token("PowerPoints"),
    **{key: scene for key, scene in _member_token("Tranche").items() if not key[2]},
    ("Tranche", "transferSigned", ""): _transfer_signed("Tranche", 0),
    **INVESTING,
    **POOLING,
    ("PowerToken", "mint", ""): lambda world, _: (world.member.address, 1, SOURCE),
    ("PowerToken", "redeem", ""): lambda world, _: (
        world.member_id(world.callers["issuer"]),
        1,
        REFERENCE,
    ),
    ("PowerToken", "redeemSigned", ""): _redeem_signed,
}
