"""Networks by name: found, or refused with a line that says what is wrong."""

import json
from importlib.resources import files

import pytest
from eth_account import Account

from wattbook.deployment import networks
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.settings import local_settings
from wattbook.errors import ChainError, SettingsError

DEPLOYER = known_account(FIRST_FREE_ACCOUNT)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a networks.toml of a park, its settings and its deployer's keystore."""
    (tmp_path / "networks.toml").write_text(
        '[park]\nrpc = "http://127.0.0.1:1"\nchain_id = 5555\nsettings = "park.toml"\nkeystore = "deployer.json"\n'
    )
    local = files("wattbook").joinpath("deployment", "local.toml").read_text()
    (tmp_path / "park.toml").write_text(local)
    keystore = Account.encrypt(DEPLOYER.key, "secret", kdf="pbkdf2", iterations=1)
    (tmp_path / "deployer.json").write_text(json.dumps(keystore))
    monkeypatch.setenv("WATTBOOK_NETWORKS", str(tmp_path / "networks.toml"))
    monkeypatch.setenv("WATTBOOK_PASSWORD", "secret")
    return tmp_path


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A working folder without networks.toml."""
    monkeypatch.delenv("WATTBOOK_NETWORKS", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("nowhere")
def test_local_needs_no_file():
    local = networks.network("local")
    assert local.rpc == "http://127.0.0.1:8545"
    with Anvil() as chain:
        assert local.market_settings(chain) == local_settings()
        assert local.deployer(chain) == known_account("administrator")


def test_a_named_network(folder):
    park = networks.network("park")
    assert (park.name, park.rpc, park.chain_id) == ("park", "http://127.0.0.1:1", 5555)
    with Anvil("--chain-id", "5555") as chain:
        assert park.market_settings(chain) == local_settings()
        assert park.deployer(chain) == DEPLOYER
    assert networks.network_of_chain(5555) == park


@pytest.mark.usefixtures("nowhere")
def test_the_address_of_a_node_is_a_network():
    with Anvil() as chain:
        network = networks.network(chain.web3.provider.endpoint_uri)
        assert network.connect().genesis == chain.genesis
        assert network.market_settings(chain) == local_settings()


@pytest.mark.usefixtures("nowhere")
def test_an_unknown_network():
    with pytest.raises(SettingsError) as caught:
        networks.network("park")
    assert str(caught.value) == (
        "network park is unknown; there are local. Add it to networks.toml, or give a node's address"
    )


def test_an_unknown_network_beside_known_ones(folder):
    with pytest.raises(SettingsError, match=r"^network village is unknown; there are local, park\. "):
        networks.network("village")


def test_a_node_that_serves_another_chain(folder):
    with Anvil() as chain:
        rpc = chain.web3.provider.endpoint_uri
        file = folder / "networks.toml"
        file.write_text(file.read_text().replace("http://127.0.0.1:1", rpc))
        with pytest.raises(ChainError) as caught:
            networks.network("park").connect()
    assert str(caught.value) == f"network park is chain 5555, but the node at {rpc} serves 31337"


@pytest.mark.usefixtures("nowhere")
def test_a_chain_that_nobody_described():
    network = networks.network_of_chain(5555)
    with Anvil("--chain-id", "5555") as chain:
        with pytest.raises(SettingsError) as caught:
            network.market_settings(chain)
        expected = "network of chain 5555 has no settings; name a file in networks.toml"
        assert str(caught.value) == expected
        with pytest.raises(SettingsError) as caught:
            network.deployer(chain)
        expected = "network of chain 5555 has no keystore; name a file in networks.toml"
        assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[park", "cannot be used: Expected ']' at the end of a table declaration"),
        ("park = 1", "cannot be used: park is not a network but a single value"),
        ("[park]\nchain_id = 5555", "cannot be used: network park has no rpc"),
        ('[park]\nrpc = "x"\nurl = "y"', "cannot be used: network park has an unknown key url"),
        ("[park]\nrpc = 1", "cannot be used: rpc of network park is not a string"),
        (
            '[park]\nrpc = "x"\nchain_id = "5555"',
            "cannot be used: chain_id of network park is not a whole number",
        ),
        (
            '[park]\nrpc = "x"\nchain_id = true',
            "cannot be used: chain_id of network park is not a whole number",
        ),
        (
            '[park]\nrpc = "x"\nsettings = 1',
            "cannot be used: settings of network park is not a string",
        ),
    ],
)
def test_a_file_that_is_wrong(folder, text, complaint):
    file = folder / "networks.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        networks.network("park")
    assert str(caught.value).startswith(f"{file} {complaint}")


def test_a_file_that_is_a_folder(folder, monkeypatch):
    monkeypatch.setenv("WATTBOOK_NETWORKS", str(folder))
    with pytest.raises(SettingsError) as caught:
        networks.network("park")
    assert str(caught.value) == f"{folder} cannot be read: Is a directory"


class TestTheDeployersKey:
    @pytest.fixture
    def unlock(self, folder):
        with Anvil("--chain-id", "5555") as chain:
            yield lambda: networks.network("park").deployer(chain)

    def test_no_password_and_nobody_to_ask(self, folder, unlock, monkeypatch):
        monkeypatch.delenv("WATTBOOK_PASSWORD")
        with pytest.raises(SettingsError) as caught:
            unlock()
        expected = f"the password of {folder / 'deployer.json'} is not given; set WATTBOOK_PASSWORD"
        assert str(caught.value) == expected

    def test_a_wrong_password(self, folder, unlock, monkeypatch):
        monkeypatch.setenv("WATTBOOK_PASSWORD", "guess")
        with pytest.raises(SettingsError) as caught:
            unlock()
        expected = f"{folder / 'deployer.json'} is not a keystore, or its password is wrong"
        assert str(caught.value) == expected

    @pytest.mark.parametrize("text", ["", "[]", "{}", '"key"', '{"version": 9}', '{"version": 3}'])
    def test_a_file_that_is_no_keystore(self, folder, unlock, text):
        (folder / "deployer.json").write_text(text)
        with pytest.raises(SettingsError, match=r"is not a keystore, or its password is wrong$"):
            unlock()

    def test_a_file_that_is_not_there(self, folder, unlock):
        (folder / "deployer.json").unlink()
        with pytest.raises(SettingsError, match=r"cannot be read: No such file or directory$"):
            unlock()
