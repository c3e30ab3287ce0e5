"""An amount that is split between who made the energy and the others, as real settlement splits it."""

from typing import Any

from wattbook.contracts.structs import Purse
from wattbook.deployment.plan import purse_account
from wattbook.market.bounds import MAX_PRICE, UnsupportedRule
from wattbook.market.escrow import LEAST_MARGIN_RATE
from wattbook.market.words import MIN_WH
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.trial.settling import Settling

# Nothing but the price is paid: what is sold is delivered, and the pool asks and pays nothing.
_TERMS = Terms(pool_in=0, pool_out=0, loss_bps=0, band_bps=0, penalty_bps=0)
_PURSES = {"network": Purse.NETWORK, "platform": Purse.PLATFORM, "fund": Purse.COMMON_FUND}


def bill_split_on_chain(settling: Settling, case: dict[str, Any]) -> dict[str, int]:
    """What each payee gets when energy is sold for a case's amount, delivered and settled."""
    wh, price = _sale_of(case["amount"])
    (producer, _), *others = case["sharesBps"]
    if not {payee for payee, _ in others} <= _PURSES.keys():
        raise UnsupportedRule("a zone has shares of network, platform and common fund only")
    shares = dict(others)
    settling.parties.clear()
    settling.have(["seller", "buyer"])
    settling.begin(_TERMS, (shares.get("network", 0), shares.get("platform", 0), shares.get("fund", 0)))
    settling.sell("seller", "buyer", wh, price)
    settling.deliver({"seller": Metered(wh, 0, wh, 0), "buyer": Metered(0, wh, 0, wh)})
    seller = settling.parties["seller"].account
    accounts = {producer: seller} | {payee: purse_account(_PURSES[payee]) for payee in shares}
    before = {payee: _free(settling, account) for payee, account in accounts.items()}
    settling.settle(seller)
    gained = {payee: _free(settling, account) - before[payee] for payee, account in accounts.items()}
    gained[producer] -= wh * LEAST_MARGIN_RATE
    return gained


def _sale_of(amount: int) -> tuple[int, int]:
    """Wh and a price that make an amount exactly."""
    for price in range(1, MAX_PRICE + 1):
        if amount % price == 0 and amount // price >= MIN_WH:
            return amount // price, price
    raise UnsupportedRule(f"no sale of {MIN_WH} Wh or more costs {amount} uPT")


def _free(settling: Settling, account: str) -> int:
    return int(settling.park.market.vault.account_of(account).free)
