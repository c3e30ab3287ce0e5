"""What can go wrong, as exceptions.

WattbookError
├── ContractRevert        a contract refused; one subclass per Solidity error, in wattbook.contracts.reverts
├── ChainError            the node: unreachable, wrong chain, transaction lost
├── DeploymentError       what stands on a chain is not what it should be, or is not known
├── SettingsError         networks, keys and market settings that cannot be used
├── ToolMissing           something that only a set-up clone has
├── MeterKeyError         no public key of a meter (wattbook.metering)
├── ReadingError          a reading that does not fit its struct (wattbook.metering)
├── TreeError             readings that make no tree (wattbook.metering)
├── PackageError          a tariff, park or purchase that cannot be (wattbook.packages)
├── FinanceError          a plant, pool or payment that finance refuses (wattbook.finance)
├── GovernanceError       a vote, change or proof that governance refuses (wattbook.governance)
├── StatementError        a statement or bill that cannot be made, or disagrees with the chain (wattbook.billing)
├── RecordError           a meter's record that cannot be read (wattbook.bridge)
├── OutboxError           the bridge's database (wattbook.bridge)
├── DatabaseError         the index (frontend_api.database)
├── PeerError, WireError  other attesters' bridges (wattbook.bridge)
└── UnitError             an amount that is not exact; a ValueError too
"""


class WattbookError(Exception):
    """Base of everything that this package raises on purpose; its message is one clear sentence."""


class ChainError(WattbookError):
    """The node cannot be reached, serves another chain, or lost a transaction."""


class DeploymentError(WattbookError):
    """What stands on a chain is not what it should be, or is not known."""


class SettingsError(WattbookError):
    """A network, a key or a market's settings cannot be used."""


class ToolMissing(WattbookError):
    """Something is needed that only a set-up clone of the project has."""


class UnitError(WattbookError, ValueError):
    """An amount is malformed, or cannot be had exactly in the unit of account."""
