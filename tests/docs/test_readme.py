"""The README's Python, as it stands there."""

from pathlib import Path

from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.docs.reader import Reader
from wattbook import Application, Role, pt
from wattbook.deployment.local import known_account

ROOT = Path(__file__).parents[2]


def test_its_python_runs(running, node_port, tmp_path):
    member = known_account(9)
    papers, identity = keccak(text="papers"), keccak(text="identity")
    application = Application(member.address, Role.CONSUMER, 0, FAR, papers, identity)
    running.membership.admit(application, sender=known_account("registrar"))
    running.power_token.mint(member.address, pt("20"), papers, sender=known_account("issuer"))
    running.power_token.approve(running.vault.address, pt("20"), sender=member)
    with Reader(ROOT / "README.md", tmp_path, ports={8545: node_port}) as reader:
        reader.names["account"] = member
        assert reader.read() >= 1
    assert running.vault.account_of(member.address).free == pt("12.50")
