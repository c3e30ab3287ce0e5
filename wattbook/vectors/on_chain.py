"""The kinds of vector files whose rules exist on chain, run through the contracts of a fresh local chain."""

from collections.abc import Iterator
from contextlib import contextmanager

from wattbook.deployment.anvil import Anvil
from wattbook.trial.billing import bill_split_on_chain
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.capacity import Registering, registration_on_chain
from wattbook.trial.certificates import Certifying, certificates_on_chain, storage_on_chain, wrap_on_chain
from wattbook.trial.clearing import result_on_chain
from wattbook.trial.electing import Electing, elected_on_chain, rewarded_on_chain
from wattbook.trial.escrow import settled_on_chain
from wattbook.trial.financing import Financing
from wattbook.trial.metering import Meterings, intervals_on_chain
from wattbook.trial.packages import Packaging
from wattbook.trial.park import Park
from wattbook.trial.points import CleanSlots, granted_on_chain
from wattbook.trial.settling import Settling, imbalance_on_chain
from wattbook.trial.subscribing import Subscribing
from wattbook.trial.subsidising import Subsidising, paid_on_chain
from wattbook.trial.tendering import Tendering, awarded_on_chain, executed_on_chain
from wattbook.trial.watching import removal_on_chain
from wattbook.vectors import clearing, escrow, finance, governance, metering, packages, rewards, tender
from wattbook.vectors.check import Check, Kind, NotRun, VectorFile


@contextmanager
def contracts() -> Iterator[tuple[Kind, ...]]:
    """The kinds that run on chain, for as long as the chain does."""
    with Anvil(*OPTIONS) as chain:
        park = Park(chain)

        def cleared(file: VectorFile) -> Iterator[Check | NotRun]:
            return clearing.checks(file, lambda case: result_on_chain(park, case))

        def settled(file: VectorFile) -> Iterator[Check | NotRun]:
            return escrow.checks(file, lambda case: settled_on_chain(park, case))

        def metered(file: VectorFile) -> Iterator[Check | NotRun]:
            meterings, settling = Meterings(park), Settling(park)
            return metering.checks(
                file,
                lambda case: intervals_on_chain(meterings, case),
                lambda case: imbalance_on_chain(settling, case),
            )

        def rewarded(file: VectorFile) -> Iterator[Check | NotRun]:
            return rewards.checks_of(file, _rewards(park))

        def tendered(file: VectorFile) -> Iterator[Check | NotRun]:
            tendering = Tendering(Settling(park))
            return tender.checks(
                file,
                lambda case: awarded_on_chain(tendering, case),
                lambda case: executed_on_chain(tendering, case),
            )

        def sold(file: VectorFile) -> Iterator[Check | NotRun]:
            return packages.checks_of(file, Packaging(Subscribing(park), file.data["tariff"]).runs)

        def pooled(file: VectorFile) -> Iterator[Check | NotRun]:
            financing = Financing(park)
            return finance.checks(file, financing.period, financing.holders, financing.admission)

        def governed(file: VectorFile) -> Iterator[Check | NotRun]:
            electing = Electing(park)
            runs = {
                "elections": lambda case: elected_on_chain(electing, case),
                "removal": lambda case: removal_on_chain(park, case),
                "rewards": lambda case: rewarded_on_chain(electing, case),
            }
            return governance.checks_of(file, runs)

        yield (
            Kind(clearing.recognises, cleared),
            Kind(escrow.recognises, settled),
            Kind(metering.recognises, metered, covers=("intervals", "imbalance")),
            Kind(rewards.recognises, rewarded, covers=rewards.LISTS),
            Kind(tender.recognises, tendered, covers=tender.LISTS),
            Kind(governance.recognises, governed, covers=("elections", "removal", "rewards")),
            Kind(packages.recognises, sold, covers=packages.LISTS),
            Kind(finance.recognises, pooled, covers=finance.LISTS),
        )


def _rewards(park: Park) -> dict[str, rewards.Run]:
    """The lists of the file of rewards, by what runs them."""
    slots, subsidising, settling = CleanSlots(park), Subsidising(park), Settling(park)
    certifying, registering = Certifying(park), Registering(park)
    return {
        "certificates": lambda case: certificates_on_chain(certifying, case),
        "wrap": lambda case: wrap_on_chain(certifying, case),
        "storageCertificates": lambda case: storage_on_chain(certifying, case),
        "registration": lambda case: registration_on_chain(registering, case),
        "points": lambda case: slots.traded(case["cleanWh"]),
        "epochBudget": lambda case: {"granted": granted_on_chain(park, case["budget"], case["asks"])},
        "subsidy": lambda case: paid_on_chain(subsidising, case),
        "billSplit": lambda case: bill_split_on_chain(settling, case),
    }
