import click

from wattbook.cli.output import as_json, show
from wattbook.errors import UnitError
from wattbook.governance import attack_probability as engine


@click.command("attack-probability")
@click.option("--q", required=True, help="The attacker's share of the computing power, 0 to 1.")
@click.option("--z", required=True, type=int, help="How many blocks he is behind.")
@as_json
def attack_probability(q: str, z: int, as_json: bool) -> None:
    """How likely an attacker overtakes a longest-chain system: as the paper estimates it, and exactly."""
    try:
        result = engine.attack_probability(q, z)
    except UnitError as error:
        raise click.UsageError(str(error)) from None
    # Shown, not reckoned with: these numbers end here.
    shown = {
        "q": float(result.q),
        "z": z,
        "computed": float(result.poisson),
        "exactRosenfeld": float(result.exact),
    }

    def lines() -> list[str]:
        return [
            f"Nakamoto's estimate (2008, section 11)  {result.poisson:.4g}",
            f"exact                                   {result.exact:.4g}",
        ]

    show(as_json, shown, lines)
