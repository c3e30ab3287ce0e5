"""A deployment is complete, harmless when repeated, and can be taken up again wherever it was broken off."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from threading import Timer

import pytest

from tests.depth import depth
from wattbook import abi
from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import Purse
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import CONTRACTS, MODULES, RULES
from wattbook.deployment.record import Deployment
from wattbook.deployment.settings import local_settings
from wattbook.deployment.status import check
from wattbook.errors import ChainError, DeploymentError, SettingsError
from wattbook.roles import Role

NAMES = [planned.name for planned in CONTRACTS]
TRANSACTIONS = len(NAMES) + 3  # the creations, scheduling and executing the constitution, naming the feeder
STRANGER = known_account(FIRST_FREE_ACCOUNT)


def places(count):
    """Where a deployment is broken off: its beginning, its end, and some or all between."""
    return [place for place in range(count) if place < 2 or place >= count - 4 or place % depth(8, 1) == 0]


class Interruption(BaseException):
    """Stands for a process that dies: nothing catches it."""


def creations(chain):
    """The addresses of all contracts that were ever created on a chain."""
    eth = chain.web3.eth
    blocks = [eth.get_block(number, True) for number in range(eth.block_number + 1)]
    sent = [transaction for block in blocks for transaction in block["transactions"]]
    receipts = [eth.get_transaction_receipt(item["hash"]) for item in sent if item.get("to") is None]
    return [receipt["contractAddress"] for receipt in receipts]


def is_whole(chain, deployment):
    assert creations(chain) == [item.address for item in deployment.contracts.values()]
    assert [finding for finding in check(chain, deployment) if not finding.good] == []
    assert Deployment.read(deployment.path) == deployment
    return True


def test_a_deployment_is_recorded_completely(node, found, file):
    deployment = found()
    assert is_whole(node, deployment)
    recorded = json.loads(file.read_text())
    assert list(recorded["contracts"]) == NAMES
    assert recorded["chainId"] == 31337
    assert recorded["genesis"] == node.genesis
    assert recorded["deployer"] == known_account("administrator").address
    assert recorded["settings"] == local_settings().as_json()
    assert recorded["pending"] is None
    at = {name: item["address"] for name, item in recorded["contracts"].items()}
    assert [item["arguments"] for item in recorded["contracts"].values()] == [
        [known_account("administrator").address],
        [at["Authority"], 60],
        [at["Membership"]],
        [at["Membership"], at["Authority"], 2592000],
        [at["Membership"], at["PowerToken"], at["Authority"]],
        [at["Membership"], at["Authority"]],
        [at["Membership"], at["Zones"], at["Authority"]],
        [at["Membership"], at["Vault"], at["Meters"]],
        *([] for _ in RULES),
        [at["Zones"], at["Authority"]],
        [at["Vault"], at["Rulebook"], at["EnergyUnits"], at["Authority"]],
        [at["Auction"], at["Zones"], at["Authority"]],
        [at["Auction"], at["Pool"], at["PoolAfter"]],
        [at["Vault"], at["EnergyUnits"], at["Zones"], at["Authority"]],
        [at["Vault"], at["Meters"], at["Authority"], 60],
        [at["Readings"], at["Authority"]],
        [at["Vault"], at["Meters"], at["Authority"]],
        [at["Readings"], at["Production"], at["Deposits"], at["Authority"]],
        [at["Readings"], at["PowerPoints"]],
        [at["Imbalance"], at["PowerPoints"]],
        [at["CleanTrades"], at["Readings"], at["PowerPoints"]],
        [at["Imbalance"], at["Authority"]],
        [at["Imbalance"]],
        [at["Readings"], at["PowerPoints"], at["Authority"]],
        [at["Production"], at["Authority"]],
        [at["CleanEnergy"]],
        [at["GreenCertificates"], at["PowerPoints"], at["Authority"]],
        [list(local_settings().validators), known_account("administrator").address],
        [at["Elections"], at["ValidatorSet"], at["Authority"]],
        [at["Delegates"]],
        [at["CleanEnergy"]],
        [at["Imbalance"], at["CleanEnergy"], at["Authority"]],
        [at["Vault"], at["EnergyUnits"], at["Authority"]],
        [at["Tenders"], at["Imbalance"], at["Authority"]],
        [at["Membership"], at["Zones"], at["Authority"]],
        [at["Readings"]],
        [at["Tariffs"], at["SupplyReports"]],
        [at["PackageRules"]],
        [at["EnergyPackages"]],
        [],
        [at["Membership"]],
        [at["Readings"], at["Authority"]],
        [at["Pool"], at["Imbalance"]],
        [at["Membership"]],
        [at["Admissions"], at["Waterfall"]],
        [at["PoolOffers"], at["Servicers"], at["PlantCompany"], at["Tranche"], at["Authority"]],
        [at["Membership"], at["Authority"]],
    ]
    for item in recorded["contracts"].values():
        receipt = node.web3.eth.get_transaction_receipt(item["transaction"])
        assert (receipt["blockNumber"], receipt["contractAddress"]) == (item["block"], item["address"])
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.fixture
def network(node):
    """What stands in a network's first block: here its founder created it before."""
    founder = known_account("administrator")
    factory = node.web3.eth.contract(abi=abi.interface("ValidatorSet").abi, bytecode=creation_code("ValidatorSet"))
    creation = node.sign_creation(factory.constructor(list(local_settings().validators), founder.address), founder)
    node.submit(creation.signed)
    return replace(local_settings(), validators=(), validator_set=creation.address)


def test_the_validators_of_a_network_are_a_part_of_its_market(node, found, network, file):
    deployment = found(settings=network)
    assert all(finding.good for finding in check(node, deployment))
    validators = Market(node, deployment).validator_set
    assert validators.address == network.validator_set
    assert validators.feeder() == deployment.address("Delegates")
    assert json.loads(file.read_text())["contracts"]["ValidatorSet"]["transaction"] == ""
    before = node.web3.eth.block_number
    assert found(settings=network) == deployment and node.web3.eth.block_number == before


def test_only_their_founder_deploys_it(found, network):
    with pytest.raises(DeploymentError, match="were founded by 0xf39F"):
        found(settings=network, deployer=STRANGER)


def test_validators_whom_another_contract_changes(node, found, network):
    validators = ValidatorSet(node, network.validator_set)
    validators.set_feeder(network.validator_set, sender=known_account("administrator"))
    with pytest.raises(DeploymentError, match=f"are changed by {network.validator_set}, not by 0x"):
        found(settings=network)


def test_the_constitution_founds_the_market_that_the_settings_describe(node, found):
    deployment, settings = found(), local_settings()
    market = Market(node, deployment)
    assert market.authority.get_min_delay() == settings.authority_delay
    assert market.membership.member_count() == len(settings.members)
    for member in settings.members:
        standing = market.membership.standing_of(member.account)
        assert standing.roles & ~Role.SPEND == member.roles
        assert standing.certified_until == member.certified_until
    for purse in Purse:
        assert market.vault.purse_keeper(purse) == settings.keeper(purse, deployment.address)
    assert market.vault.modules() == [deployment.address(module) for module in MODULES]
    assert market.rulebook.schedule() == settings.schedule
    assert market.rulebook.auction() == market.auction.address
    assert market.auction.clearing() == market.clearing.address
    assert market.readings.threshold() == settings.attesters_needed
    assert market.readings.window() == settings.dispute_window
    assert market.clean_energy.certificates() == market.green_certificates.address
    assert market.clean_energy.batteries() == market.batteries.address
    assert market.green_certificates.elections() == market.elections.address
    assert market.elections.delegates() == market.delegates.address
    assert market.validator_set.feeder() == market.delegates.address
    assert market.validator_set.get_validators() == market.delegates.target() == list(settings.validators)


def test_a_repeated_deployment_changes_nothing(node, found, file):
    deployer = known_account("administrator")
    found()
    before, nonce, block = file.read_bytes(), node.nonce_of(deployer), node.web3.eth.block_number
    written = file.stat().st_mtime_ns
    said = []
    found(report=said.append)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, written)
    assert (node.nonce_of(deployer), node.web3.eth.block_number) == (nonce, block)
    assert said == []


@pytest.mark.parametrize("number", places(TRANSACTIONS))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_interrupted_around_a_transaction(node, found, monkeypatch, number, moment):
    submit = Chain.submit
    left = iter(range(TRANSACTIONS))

    def dying(self, signed, replay=None):
        if (now := next(left) == number) and moment == "before":
            raise Interruption
        receipt = submit(self, signed, replay)
        if now:
            raise Interruption
        return receipt

    with monkeypatch.context() as patch:
        patch.setattr(Chain, "submit", dying)
        with pytest.raises(Interruption):
            found()
    assert is_whole(node, found())


@pytest.mark.parametrize("number", places(len(NAMES) + 2))
def test_interrupted_after_a_step_was_recorded(node, found, number):
    said = []

    def dying(line):
        said.append(line)
        if len(said) == number + 1:
            raise Interruption

    with pytest.raises(Interruption):
        found(report=dying)
    assert is_whole(node, found())


@pytest.mark.parametrize("number", [1, 2, 2 * len(NAMES)])
def test_interrupted_while_the_file_is_written(node, found, file, monkeypatch, number):
    replaced = []

    def dying(self, target):
        replaced.append(self)
        if len(replaced) == number:
            raise Interruption
        os.replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(type(file), "replace", dying)
        with pytest.raises(Interruption):
            found()
    assert is_whole(node, found())


def test_a_process_that_is_killed(node, found, file):
    program = """
import os, signal, sys
from pathlib import Path
from wattbook.chain import Chain
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings

def report(line):
    if line.startswith("PowerToken"):
        os.kill(os.getpid(), signal.SIGKILL)

chain = Chain.at(sys.argv[1])
deploy(chain, known_account("administrator"), local_settings(), Path(sys.argv[2]), report)
"""
    rpc = node.web3.provider.endpoint_uri
    died = subprocess.run([sys.executable, "-c", program, rpc, str(file)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert list(Deployment.read(file).contracts) == NAMES[:3]
    assert is_whole(node, found())


class TestACreationOnItsWay:
    """A first run wrote a creation down and died; what has become of the transaction?"""

    @pytest.fixture
    def break_off(self, found, monkeypatch):
        def run(moment):
            send = Chain.submit_raw

            def dying(self, raw, replay=None):
                if moment == "sent":
                    self.web3.eth.send_raw_transaction(raw)
                raise Interruption

            with monkeypatch.context() as patch:
                patch.setattr(Chain, "submit_raw", dying)
                with pytest.raises(Interruption):
                    found()
            assert Chain.submit_raw is send

        return run

    def test_it_waits_in_the_pool(self, node, found, ask, break_off):
        ask("evm_setAutomine", False)
        break_off("sent")
        assert creations(node) == []

        def seal():
            ask("evm_setAutomine", True)
            ask("evm_mine")

        timer = Timer(0.3, seal)
        timer.start()
        assert is_whole(node, found())
        timer.join()

    def test_it_never_leaves_the_pool(self, node, found, ask, break_off):
        ask("evm_setAutomine", False)
        break_off("sent")
        node.timeout = 0.3
        with pytest.raises(ChainError) as caught:
            found()
        who = known_account("administrator").address
        assert str(caught.value) == f"what {who} sent before was in no block after 0.3 s"

    def test_the_node_lost_it(self, node, found, file, ask, break_off):
        ask("evm_setAutomine", False)
        break_off("sent")
        ask("anvil_dropAllTransactions")
        ask("evm_setAutomine", True)
        written_down = Deployment.read(file).pending
        deployment = found()
        assert is_whole(node, deployment)
        assert deployment.contracts["Authority"].transaction == written_down.transaction

    def test_the_same_transaction_is_sent_again(self, node, found, file, ask, break_off):
        """Another node may still have the first: only when both are the same can there be no second contract."""
        break_off("not sent")
        written_down = Deployment.read(file).pending
        ask("anvil_setNextBlockBaseFeePerGas", "0x1")  # a new signature would have another gas price
        deployment = found()
        assert deployment.contracts["Authority"].transaction == written_down.transaction
        assert is_whole(node, deployment)

    def test_its_nonce_went_to_another_transaction(self, node, found, break_off):
        break_off("not sent")
        deployer = known_account("administrator")
        node.submit_raw(
            deployer.sign_transaction(
                {
                    "to": deployer.address,
                    "value": 0,
                    "gas": 21_000,
                    "gasPrice": node.web3.eth.gas_price,
                    "nonce": 0,
                    "chainId": node.chain_id,
                }
            ).raw_transaction
        )
        assert is_whole(node, found())

    def test_it_failed_in_a_block(self, node, found):
        node.gas_limit = 1_000_000
        with pytest.raises(ChainError, match="failed in block 1"):
            found()
        node.gas_limit = None
        deployment = found()
        assert deployment.contracts["Authority"].block == 2
        assert [finding for finding in check(node, deployment) if not finding.good] == []


class TestRefused:
    def interrupt(self, found):
        def dying(line):
            raise Interruption

        with pytest.raises(Interruption):
            found(report=dying)

    def test_another_deployer(self, found, file):
        self.interrupt(found)
        with pytest.raises(DeploymentError) as caught:
            found(deployer=STRANGER)
        who = known_account("administrator").address
        assert str(caught.value) == f"{file} was begun by {who}; {STRANGER.address} cannot go on with it"

    def test_other_settings(self, found, file):
        self.interrupt(found)
        with pytest.raises(DeploymentError) as caught:
            found(settings=replace(local_settings(), authority_delay=61))
        expected = f"{file} was begun with other settings; deploy with those, or move the file away"
        assert str(caught.value) == expected

    def test_a_certification_that_has_ended(self, node, found, file):
        first, *others = local_settings().members
        members = (replace(first, certified_until=node.now), *others)
        with pytest.raises(SettingsError) as caught:
            found(settings=replace(local_settings(), members=members))
        assert str(caught.value) == "the certification of member registrar has ended already"
        assert not file.exists() and node.nonce_of(known_account("administrator")) == 0

    def test_other_code_at_an_address(self, found, ask):
        vault = found().address("Vault")
        ask("anvil_setCode", vault, "0x600160005260206000f30001")
        with pytest.raises(DeploymentError, match=f"^something else stands at {vault}, where Vault should be"):
            found()

    def test_nothing_at_an_address(self, found, ask):
        vault = found().address("Vault")
        ask("anvil_setCode", vault, "0x")
        with pytest.raises(DeploymentError) as caught:
            found()
        assert str(caught.value) == f"nothing stands at {vault}, where Vault should be"

    @pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "{}", '{"chainId": 31337}', "\udcff"])
    def test_a_broken_file(self, found, file, text):
        file.parent.mkdir()
        file.write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(DeploymentError, match=r"is not a deployment file .*; restore it, or move it away"):
            found()

    def test_a_truncated_file(self, found, file):
        found()
        whole = file.read_text()
        file.write_text(whole[: len(whole) // 2])
        with pytest.raises(DeploymentError, match="is not a deployment file"):
            found()

    def test_a_file_that_cannot_be_written(self, node, found, tmp_path):
        (tmp_path / "occupied").write_text("a file, not a folder")
        path = tmp_path / "occupied" / "31337.json"
        with pytest.raises(DeploymentError) as caught:
            found(path=path)
        assert str(caught.value).startswith(f"{path} cannot be")
        assert node.nonce_of(known_account("administrator")) == 0


class TestAnotherChain:
    def test_another_chain_id(self, found, file):
        deployment = found()
        with (
            Anvil("--chain-id", "5555") as other,
            pytest.raises(DeploymentError) as caught,
        ):
            deploy(other, known_account(0), local_settings(), file, lambda line: None)
        assert str(caught.value) == f"{file} is for chain 31337, the node serves 5555"
        assert Deployment.read(file) == deployment

    def test_another_genesis(self, tmp_path):
        file = tmp_path / "5555.json"
        with Anvil("--chain-id", "5555", "--timestamp", "1800000000") as first:
            deployment = deploy(first, STRANGER, local_settings(), file, lambda line: None)
        with (
            Anvil("--chain-id", "5555", "--timestamp", "1800000001") as second,
            pytest.raises(DeploymentError) as caught,
        ):
            deploy(second, STRANGER, local_settings(), file, lambda line: None)
        assert str(caught.value) == (
            f"{file} is for another chain 5555: its first block is {first.genesis}, the node's {second.genesis}"
        )
        assert Deployment.read(file) == deployment

    @pytest.mark.parametrize("second", ["1800000001", "1800000000"], ids=["later", "same second"])
    def test_a_local_chain_that_is_gone(self, file, second):
        said = []
        for timestamp in ("1800000000", second):
            with Anvil("--timestamp", timestamp) as chain:
                deployment = deploy(chain, known_account("administrator"), local_settings(), file, said.append)
                assert is_whole(chain, deployment)
        assert said.count(f"{file} is of a local chain that is gone; starting anew") == 1


def test_a_deployer_who_is_not_the_administrator_keeps_no_power(node, found):
    deployment = found(deployer=STRANGER)
    assert is_whole(node, deployment)
    authority = Market(node, deployment).authority
    regulator = known_account("regulator")
    powers = {
        authority.proposer_role(): known_account("administrator"),
        authority.canceller_role(): regulator,
        authority.default_admin_role(): None,
    }
    for role, holder in powers.items():
        for account in (STRANGER, known_account("administrator"), regulator):
            assert authority.has_role(role, account.address) == (account == holder)


@pytest.mark.parametrize("field", ["address", "pending", "settings"])
def test_a_file_with_a_broken_field(node, found, file, field):
    found()
    data = json.loads(file.read_text())
    if field == "address":
        data["contracts"]["Vault"]["address"] = "zz"
    else:
        data[field] = "zz"
    file.write_text(json.dumps(data))
    with pytest.raises(DeploymentError, match="is not a deployment file"):
        Deployment.read(file)


def test_an_authority_of_another_constitution(node, found, file):
    found()
    data = json.loads(file.read_text())
    data["settings"]["authority_delay"] = 59
    file.write_text(json.dumps(data))
    with pytest.raises(DeploymentError, match="was founded by another operation"):
        found(settings=replace(local_settings(), authority_delay=59))


@pytest.mark.parametrize("lacking", ["regulator", "keeper"])
def test_settings_nobody_could_live_with(found, lacking):
    settings = local_settings()
    if lacking == "regulator":
        members = tuple(member for member in settings.members if member.name != "regulator")
        settings = replace(settings, members=members)
    else:
        settings = replace(settings, purses=settings.purses | {"grid": STRANGER.address})
    with pytest.raises(SettingsError, match=lacking):
        found(settings=settings)
