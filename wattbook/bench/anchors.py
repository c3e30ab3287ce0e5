"""The systems to beat, measured on the same chain settings (anvil, prague, optimizer on), and what must be reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """What an operation may cost, and what a known system pays for the same or less."""

    operation: str
    budget: int | None
    gas: int
    system: str


# What the membership check adds is what a transfer costs beyond that of a token open to all.
OPEN_TRANSFER = 34_527

ANCHORS = (
    Anchor("mint to a new holder", None, 51_440, "OpenZeppelin ERC-20, open to all, no receipt"),
    Anchor("transfer to a new holder", None, 51_627, "OpenZeppelin ERC-20, open to all"),
    Anchor("transfer to a holder", None, OPEN_TRANSFER, "OpenZeppelin ERC-20, open to all"),
    Anchor("membership check in a transfer", 9_200, 6_800, "two cold slots and a cold contract, nothing else"),
    Anchor(
        "permit and deposit, first",
        115_000,
        74_024,
        "OpenZeppelin permit + transferFrom, no ledger, no members",
    ),
    Anchor(
        "permit and deposit, later",
        85_000,
        60_335,
        "OpenZeppelin permit + transferFrom, no ledger, no members",
    ),
)


@dataclass(frozen=True)
class MarketAnchor:
    """What a step of an order's life, or of a reading's, may cost, and what known systems pay."""

    figure: str
    step: str
    budget: int | None
    others: str


MARKET_ANCHORS = (
    MarketAnchor("commit", "sealed order, placed singly", 65_000, "a16z sealed bid 57,860, no ledger, no members"),
    MarketAnchor("commit_relayed", "sealed order, relayed by 50", None, "EasyAuction, unsealed, one user's 50: 52,700"),
    MarketAnchor("reveal_bid", "bid revealed alone", 55_000, "a16z 46-47k, no ledger"),
    MarketAnchor("reveal_ask", "ask revealed alone, energy drawn", 55_000, "nobody draws on energy"),
    MarketAnchor("reveal_batch", "revealed by 200, half of them asks", 16_000, "nobody reveals in batches"),
    MarketAnchor("clear", "cleared, per order", 1_300, "EasyAuction 2.4k + 3k; lemlab 379k at n = 10"),
    MarketAnchor("clear_whole", "cleared, the book in one transaction", 15_000_000, "lemlab 2,397M at n = 1,000"),
    MarketAnchor("clear_in_parts", "cleared from checkpoints", None, "nobody can go on"),
    MarketAnchor("settle", "settled, per order", 20_000, "EasyAuction claim 79-101k"),
    MarketAnchor("life_placed_singly", "life of an order, placed singly", 100_000, "EasyAuction 222-277k, unsealed"),
    MarketAnchor("life_relayed", "life of an order, relayed by 50", 80_000, "EasyAuction 69,935, unsealed, one-sided"),
)


EAS = "EAS attest 249k each"
STORED = "23k to store each reading, unproven"

METERING_ANCHORS = (
    MarketAnchor(
        "root, the first by its signers", "root, the first by these three attesters", None, "OCR2 transmit 91.7k"
    ),
    MarketAnchor("root of 1 readings", "root, by three of three attesters", 75_000, "OCR2 transmit 91.7k"),
    MarketAnchor("root of 10,000 readings", "root over 10,000 readings", 75_000, EAS),
    MarketAnchor("used, the first of a device", "first reading of a device, its facts copied", None, EAS),
    MarketAnchor("used by 50", "reading proven and used, by 50", 25_000, STORED),
    MarketAnchor("used by 50 of 10,000", "the same, of a root over 10,000", None, STORED),
    MarketAnchor("submitted, secp256k1", "sent by the meter itself, secp256k1", None, EAS),
    MarketAnchor("submitted, P-256 with precompile", "P-256, on a chain that checks it", None, EAS),
    MarketAnchor("submitted, P-256 without precompile", "P-256, on one that does not", None, EAS),
)

SETTLEMENT_ANCHORS = (
    MarketAnchor(
        "settled by 50",
        "position settled, by 50, bill split to four payees",
        40_000,
        "0xSplits, five payees: 97,905; no meters, no positions",
    ),
)

CERTIFICATE_ANCHORS = (
    MarketAnchor(
        "issued of 20 slots",
        "1 MWh issued from a device's counter",
        120_000,
        "Origin: 238k asked, 403k approved, 590k issued",
    ),
    MarketAnchor(
        "wrapped of 10 slices",
        "1 MWh wrapped from ten slices",
        190_000,
        "Origin: nothing like it; a claim 128k",
    ),
)

TENDER_ANCHORS = (
    MarketAnchor("quoted", "quote in a tender", None, "a16z, a sealed bid: 57.9k with no ledger and no members"),
    MarketAnchor("awarded, each of ten", "award, each of ten of twenty quotes", None, "none"),
    MarketAnchor("served in a slot, each of ten", "delivery counted in a slot, each of ten", None, "none"),
    MarketAnchor("executed", "supply executed", None, "Sablier, withdrawn from a stream: 93k"),
)

PACKAGE_ANCHORS = (
    MarketAnchor("bought by lots", "package bought, a first lot", None, "Sablier, a stream created: 197k"),
    MarketAnchor("bought by area", "package bought, an area", None, "Sablier, a stream created: 197k"),
    MarketAnchor("drawn by 50", "a month drawn, by 50", 30_000, "Sablier, withdrawn from a stream: 93k"),
    MarketAnchor("drawn alone", "a month drawn alone", None, "Sablier, withdrawn from a stream: 93k"),
)

FINANCE_ANCHORS = (
    MarketAnchor("units bought", "units of a tranche bought", None, "none"),
    MarketAnchor("pool decided", "pool made active", None, "none"),
    MarketAnchor("period closed", "period closed, of one plant and any number of holders", None, "none"),
    MarketAnchor("period closed, nothing collected", "the same, nothing was collected", None, "none"),
    MarketAnchor("distributed to a holder", "a period paid out, to one holder", None, "none"),
    MarketAnchor("each holder beside", "each holder beside", None, "none"),
    MarketAnchor("vote for a servicer", "vote for a servicer", None, "none"),
    MarketAnchor("vote that replaces it", "vote that replaces it", None, "none"),
)

# The nodes ask once a block, outside it: what it costs is time, and never counts against a block's gas.
GOVERNANCE_ANCHORS = (
    MarketAnchor("getValidators() of 4", "getValidators() of 4, with 21k that a call costs", 40_000, "none"),
    MarketAnchor("getValidators() of 7", "getValidators() of 7", 50_000, "none"),
    MarketAnchor("getValidators() of 21", "getValidators() of 21", 100_000, "none"),
    MarketAnchor("seat given to another", "seat given to another, of 21", None, "none"),
    MarketAnchor("seat taken away", "seat taken away, of 21", None, "none"),
    MarketAnchor("candidacy", "candidacy, with a stake of 5 certificates", None, "none"),
    MarketAnchor("vote with 1 certificate", "vote with one certificate", None, "none"),
    MarketAnchor("vote with 10 certificates", "vote with ten certificates", None, "none"),
    MarketAnchor("10 votes counted", "ten votes counted", None, "none"),
    MarketAnchor("epoch opened, 9 candidates", "epoch opened, of nine candidates", None, "none"),
    MarketAnchor("elected one seated", "seat of four given to who was elected", None, "none"),
    MarketAnchor("block counted", "block counted for its proposer", None, "none"),
    MarketAnchor("epoch of one delegate rewarded", "epoch's blocks rewarded, of one delegate", None, "none"),
    MarketAnchor("delegate suspected", "delegate suspected, of seven", None, "none"),
    MarketAnchor("vote on the suspected", "vote on the suspected", None, "none"),
    MarketAnchor("vote that condemns", "vote that condemns", None, "none"),
    MarketAnchor("equivocation proved", "equivocation proved, with two headers of 0.6 kB", None, "none"),
    MarketAnchor("proposal made", "proposal of one call made", None, "none"),
    MarketAnchor("vote on a proposal", "vote on a proposal", None, "none"),
    MarketAnchor("proposal queued", "proposal of one call queued", None, "none"),
    MarketAnchor("proposal executed", "proposal of one call executed", None, "none"),
)
