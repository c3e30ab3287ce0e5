"""What energy packages cost, in gas."""

from wattbook.contracts.structs import Carrier
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.trial.subscribing import Subscribing

_BATCH = 50
_AMOUNT = 1_000_000_000
_WH = 10_000


def measure() -> dict[str, int]:
    """Of customers who each have lots for a meter, of one provider, and one who bought an area as well."""
    with Anvil(*OPTIONS) as chain:
        stand = Subscribing(Park(chain))
        version, cold = stand.publish(), stand.publish(Carrier.COOLING)
        people = [stand.person() for _ in range(_BATCH + 1)]
        meters = [stand.meter(account) for account in people]
        month = stand.month(1)
        bought = [
            stand.does("buy", [stand.lots(version, device, _AMOUNT)], sender=account)
            for account, device in zip(people, meters, strict=True)
        ]
        numbers = list(range(1, _BATCH + 2))
        area = stand.does("buy", [stand.area(cold, 10_000)], sender=people[0])
        figures = {"bought by lots": bought[-1].gas, "bought by area": area.gas}
        for later in range(2):
            stand.pass_month(month + later, dict.fromkeys(meters, _WH))
            figures["drawn by 50"] = stand.draw(*numbers[:_BATCH]).gas // _BATCH
            figures["drawn alone"] = stand.draw(numbers[_BATCH]).gas
        return figures
