"""What a market consists of and who gets which power: data, in the order of deployment.

`CONTRACTS` are created one after another; the `constitution` is then one batch of the authority, its first and the only
one without a delay. It admits the first members, names the keepers of the purses, gives the council the right to
propose, hands the deployer's to the administrator, and ends by setting the delay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from wattbook.contracts.structs import Purse
from wattbook.deployment.settings import MarketSettings
from wattbook.points.reasons import Reason

Address = Callable[[str], str]


@dataclass(frozen=True)
class PlannedContract:
    """A contract and what its constructor takes, given the settings, the earlier contracts and the deployer."""

    name: str
    arguments: Callable[[MarketSettings, Address, str], list[Any]]


@dataclass(frozen=True)
class Call:
    """One call of the constitution."""

    contract: str
    function: str
    arguments: tuple[Any, ...]


# How books can be cleared, and how the pool's stock is shared.
RULES = ("Uniform", "TradeReduction", "Muda", "Ranked", "PoolAfter")

# Contracts that lock members' money, in the order of their bits in the sets that members choose.
MODULES = (
    *("Auction", "Pool", "DirectSale", "Readings", "Imbalance"),
    *("RegistrationBonus", "SubsidyFund", "Losses", "Bills", "Deposits", "UseSubsidy"),
    *("Tenders", "Supplies", "EnergyPackages", "AssetPools"),
)

# What is told, and asked, by the contract that settles, and of these where trades are made.
SOURCES = ("Auction", "Pool", "DirectSale", "Supplies")
SETTLED = (*SOURCES, "Readings", "Production", "Deposits")

# Who may issue points, by what they are issued for.
PORTS = {
    Reason.REGISTRATION: "RegistrationBonus",
    Reason.CLEAN_TRADE: "CleanTrades",
    Reason.COMPUTATION: "Computation",
    Reason.BOOKKEEPING: "Delegates",
}

CONTRACTS = (
    PlannedContract("Authority", lambda settings, at, deployer: [deployer]),
    PlannedContract("Membership", lambda settings, at, deployer: [at("Authority"), settings.recovery_delay]),
    PlannedContract("PowerToken", lambda settings, at, deployer: [at("Membership")]),
    PlannedContract(
        "PowerPoints",
        lambda settings, at, deployer: [at("Membership"), at("Authority"), settings.points_epoch],
    ),
    PlannedContract(
        "Vault",
        lambda settings, at, deployer: [at("Membership"), at("PowerToken"), at("Authority")],
    ),
    PlannedContract("Zones", lambda settings, at, deployer: [at("Membership"), at("Authority")]),
    PlannedContract("Meters", lambda settings, at, deployer: [at("Membership"), at("Zones"), at("Authority")]),
    PlannedContract("EnergyUnits", lambda settings, at, deployer: [at("Membership"), at("Vault"), at("Meters")]),
    *(PlannedContract(rule, lambda settings, at, deployer: []) for rule in RULES),
    PlannedContract("Rulebook", lambda settings, at, deployer: [at("Zones"), at("Authority")]),
    PlannedContract(
        "Auction",
        lambda settings, at, deployer: [at("Vault"), at("Rulebook"), at("EnergyUnits"), at("Authority")],
    ),
    PlannedContract("Pool", lambda settings, at, deployer: [at("Auction"), at("Zones"), at("Authority")]),
    PlannedContract("Clearing", lambda settings, at, deployer: [at("Auction"), at("Pool"), at("PoolAfter")]),
    PlannedContract(
        "DirectSale", lambda settings, at, deployer: [at("Vault"), at("EnergyUnits"), at("Zones"), at("Authority")]
    ),
    PlannedContract(
        "Readings",
        lambda settings, at, deployer: [at("Vault"), at("Meters"), at("Authority"), settings.dispute_window],
    ),
    PlannedContract("Production", lambda settings, at, deployer: [at("Readings"), at("Authority")]),
    PlannedContract("Deposits", lambda settings, at, deployer: [at("Vault"), at("Meters"), at("Authority")]),
    PlannedContract(
        "Imbalance",
        lambda settings, at, deployer: [at("Readings"), at("Production"), at("Deposits"), at("Authority")],
    ),
    PlannedContract("Computation", lambda settings, at, deployer: [at("Readings"), at("PowerPoints")]),
    PlannedContract("CleanTrades", lambda settings, at, deployer: [at("Imbalance"), at("PowerPoints")]),
    PlannedContract(
        "RegistrationBonus",
        lambda settings, at, deployer: [at("CleanTrades"), at("Readings"), at("PowerPoints")],
    ),
    PlannedContract("SubsidyFund", lambda settings, at, deployer: [at("Imbalance"), at("Authority")]),
    PlannedContract("Losses", lambda settings, at, deployer: [at("Imbalance")]),
    PlannedContract("Bills", lambda settings, at, deployer: [at("Readings"), at("PowerPoints"), at("Authority")]),
    PlannedContract("CleanEnergy", lambda settings, at, deployer: [at("Production"), at("Authority")]),
    PlannedContract("GreenCertificates", lambda settings, at, deployer: [at("CleanEnergy")]),
    PlannedContract(
        "Elections", lambda settings, at, deployer: [at("GreenCertificates"), at("PowerPoints"), at("Authority")]
    ),
    PlannedContract("ValidatorSet", lambda settings, at, deployer: [list(settings.validators), deployer]),
    PlannedContract("Delegates", lambda settings, at, deployer: [at("Elections"), at("ValidatorSet"), at("Authority")]),
    PlannedContract("Watch", lambda settings, at, deployer: [at("Delegates")]),
    PlannedContract("Batteries", lambda settings, at, deployer: [at("CleanEnergy")]),
    PlannedContract("UseSubsidy", lambda settings, at, deployer: [at("Imbalance"), at("CleanEnergy"), at("Authority")]),
    PlannedContract("Tenders", lambda settings, at, deployer: [at("Vault"), at("EnergyUnits"), at("Authority")]),
    PlannedContract("Supplies", lambda settings, at, deployer: [at("Tenders"), at("Imbalance"), at("Authority")]),
    PlannedContract("Tariffs", lambda settings, at, deployer: [at("Membership"), at("Zones"), at("Authority")]),
    PlannedContract("SupplyReports", lambda settings, at, deployer: [at("Readings")]),
    PlannedContract("PackageRules", lambda settings, at, deployer: [at("Tariffs"), at("SupplyReports")]),
    PlannedContract("EnergyPackages", lambda settings, at, deployer: [at("PackageRules")]),
    PlannedContract("SuppliedDevices", lambda settings, at, deployer: [at("EnergyPackages")]),
    PlannedContract("Waterfall", lambda settings, at, deployer: []),
    PlannedContract("Tranche", lambda settings, at, deployer: [at("Membership")]),
    PlannedContract("Admissions", lambda settings, at, deployer: [at("Readings"), at("Authority")]),
    PlannedContract("PlantCompany", lambda settings, at, deployer: [at("Pool"), at("Imbalance")]),
    PlannedContract("Servicers", lambda settings, at, deployer: [at("Membership")]),
    PlannedContract("PoolOffers", lambda settings, at, deployer: [at("Admissions"), at("Waterfall")]),
    PlannedContract(
        "AssetPools",
        lambda settings, at, deployer: [
            *(at(name) for name in ("PoolOffers", "Servicers", "PlantCompany", "Tranche", "Authority"))
        ],
    ),
    PlannedContract("Council", lambda settings, at, deployer: [at("Membership"), at("Authority")]),
)


# The auction takes what the pool owes from its purse; settlement takes what the pool, the grid and the common fund do,
# Losses what network and grid owe one another; points are redeemed from the common fund.
_SETTLES = 1 << MODULES.index("Imbalance")
_BEARS_LOSSES = 1 << MODULES.index("Losses")
_PURSE_MODULES = {
    Purse.POOL: 1 << MODULES.index("Auction") | _SETTLES,
    Purse.GRID: _SETTLES | _BEARS_LOSSES,
    Purse.NETWORK: _BEARS_LOSSES,
    Purse.COMMON_FUND: _SETTLES | 1 << MODULES.index("Bills"),
}

PROPOSER_ROLE = keccak(text="PROPOSER_ROLE")


def constitution(settings: MarketSettings, at: Address, deployer: str) -> list[Call]:
    """The calls that found the market."""
    system = [at("Vault"), at("AssetPools"), *(purse_account(purse) for purse in Purse)]
    calls = [
        Call("Authority", "setMembership", (at("Membership"),)),
        Call("Membership", "setMirror", (at("Vault"),)),
        Call("Meters", "setMirror", (at("EnergyUnits"),)),
        Call("Meters", "setDeposits", (at("Deposits"),)),
        Call("Meters", "setSuppliers", (at("SuppliedDevices"),)),
    ]
    calls += [Call("Membership", "registerSystemAccount", (account,)) for account in system]
    calls += [Call("Membership", "admit", (tuple(member.application),)) for member in settings.members]
    calls += [Call("Vault", "enterModule", (at(module),)) for module in MODULES]
    calls += [
        Call("Vault", "setPurse", (int(purse), settings.keeper(purse, at), _PURSE_MODULES.get(purse, 0)))
        for purse in Purse
    ]
    calls += [
        Call("Rulebook", "setAuction", (at("Auction"),)),
        Call("Rulebook", "setSchedule", (tuple(settings.schedule),)),
        Call("Auction", "setClearing", (at("Clearing"),)),
        Call("Tenders", "setSupplies", (at("Supplies"),)),
        Call("Readings", "setThreshold", (settings.attesters_needed,)),
        Call("Membership", "setReadings", (at("Readings"),)),
        *(Call(name, "setSettlement", (at("Imbalance"),)) for name in SETTLED),
        *(Call("Imbalance", "addSource", (at(name),)) for name in SOURCES),
        *(Call("PowerPoints", "setPort", (int(reason), at(name))) for reason, name in PORTS.items()),
        # From the first of all epochs on: in which the market will be founded nobody knows before.
        *(Call("PowerPoints", "setBudget", (int(reason), 0, settings.points_budget(reason))) for reason in PORTS),
        Call("CleanEnergy", "setParts", (at("GreenCertificates"), at("Batteries"))),
        Call("GreenCertificates", "setElections", (at("Elections"),)),
        Call("Elections", "setDelegates", (at("Delegates"),)),
        Call("Delegates", "setWatch", (at("Watch"),)),
    ]
    calls.append(Call("Authority", "grantRole", (PROPOSER_ROLE, at("Council"))))
    if deployer != settings.administrator:
        calls.append(Call("Authority", "revokeRole", (PROPOSER_ROLE, deployer)))
        calls.append(Call("Authority", "grantRole", (PROPOSER_ROLE, settings.administrator)))
    calls.append(Call("Authority", "updateDelay", (settings.authority_delay,)))
    return calls


def purse_account(purse: Purse) -> str:
    """The address under which a purse has its account, as the Vault reckons it."""
    return Web3.to_checksum_address(keccak(encode(["string", "uint8"], ["Wattbook purse", purse]))[12:])
