"""What a user gets when something is wrong: one line and the right exit status, never a traceback."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from wattbook.deployment import bytecode
from wattbook.deployment.anvil import Anvil

VECTORS = Path(__file__).parents[1] / "vectors"
NETWORK_COMMANDS = pytest.mark.parametrize("name", ["deploy", "status"])
JSON = pytest.mark.parametrize("json_flag", [[], ["--json"]], ids=["", "json"])


def complaint(result):
    """The one line on stderr, and nothing on stdout."""
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith("wattbook: ") and result.err.endswith("\n")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    return result.err.removeprefix("wattbook: ").removesuffix("\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["--fly"],
        ["deploy", "--fly"],
        ["deploy", "here"],
        ["status", "--network"],
        ["attack-probability"],
        ["attack-probability", "--q", "0.3"],
        ["attack-probability", "--q", "0.3", "--z", "six"],
        ["vectors"],
        ["bench", "--check", "nowhere.json"],
    ],
    ids=" ".join,
)
def test_bad_usage(command, arguments):
    result = command(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert result.err.startswith("wattbook: ")
    assert result.err.count("\n") == 1


def test_bad_usage_of_the_program(program):
    result = program("attack-probability", "--q", "0.3")
    assert (result.status, result.out) == (2, "")
    assert result.err == "wattbook: Missing option '--z'.\n"


@JSON
@NETWORK_COMMANDS
def test_an_unknown_network(command, name, json_flag):
    assert complaint(command(name, "--network", "park", *json_flag)) == (
        "network park is unknown; there are local. Add it to networks.toml, or give a node's address"
    )


@JSON
@NETWORK_COMMANDS
def test_nobody_answers(command, name, json_flag):
    said = complaint(command(name, "--network", "http://127.0.0.1:1", *json_flag))
    assert said == "no node answers at http://127.0.0.1:1 (ConnectionError); is the chain running?"


def test_nobody_answers_the_program(program):
    said = complaint(program("status", "--network", "http://127.0.0.1:1"))
    assert said == "no node answers at http://127.0.0.1:1 (ConnectionError); is the chain running?"


@NETWORK_COMMANDS
def test_another_chain_than_the_network_s(command, name, rpc, working_folder):
    text = f'[park]\nrpc = "{rpc}"\nchain_id = 5555\n'
    (working_folder / "networks.toml").write_text(text)
    said = complaint(command(name, "--network", "park"))
    assert said == f"network park is chain 5555, but the node at {rpc} serves 31337"


def test_a_chain_without_settings(command):
    with Anvil("--chain-id", "5555") as chain:
        rpc = chain.web3.provider.endpoint_uri
        said = complaint(command("deploy", "--network", rpc))
    assert said == f"network {rpc} has no settings; name a file in networks.toml"


def test_a_chain_without_a_key(command, working_folder):
    local = files("wattbook").joinpath("deployment", "local.toml").read_text()
    (working_folder / "park.toml").write_text(local)
    with Anvil("--chain-id", "5555") as chain:
        text = f'[park]\nrpc = "{chain.web3.provider.endpoint_uri}"\nsettings = "park.toml"\n'
        (working_folder / "networks.toml").write_text(text)
        said = complaint(command("deploy", "--network", "park"))
    assert said == "network park has no keystore; name a file in networks.toml"


@JSON
def test_no_deployment_file(command, rpc, json_flag):
    said = complaint(command("status", "--network", rpc, *json_flag))
    assert said == (
        "no deployment file deployments/31337.json; deploy first, or say where it is"
        " (WATTBOOK_DEPLOYMENTS names its folder)"
    )


@JSON
@NETWORK_COMMANDS
@pytest.mark.parametrize("text", ["", "{\n", "[]", '{"chainId": 31337}'])
def test_a_broken_deployment_file(command, rpc, working_folder, name, text, json_flag):
    (working_folder / "deployments").mkdir()
    (working_folder / "deployments" / "31337.json").write_text(text)
    said = complaint(command(name, "--network", rpc, *json_flag))
    assert said.startswith("deployments/31337.json is not a deployment file (")
    assert said.endswith("; restore it, or move it away and deploy anew")


def test_a_deployment_of_another_chain(command, rpc, working_folder):
    command("deploy", "--network", rpc)
    file = working_folder / "deployments" / "31337.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"chainId": 5555}))
    for name in ("deploy", "status"):
        said = complaint(command(name, "--network", rpc))
        assert said == "deployments/31337.json is for chain 5555, the node serves 31337"


def test_contracts_that_are_not_compiled(command, rpc, tmp_path, monkeypatch):
    monkeypatch.setattr(bytecode, "_COMPILED", tmp_path / "empty")
    assert complaint(command("deploy", "--network", rpc)) == (
        "Authority is not compiled here; deploying needs a clone of Wattbook in which `make setup` has run"
    )
    assert not (tmp_path / "deployments").exists()


@pytest.mark.parametrize("q", ["half", "2", "-1", "NaN"])
def test_a_share_that_is_none(command, q):
    result = command("attack-probability", "--q", q, "--z", "6")
    assert (result.status, result.out) == (2, "")
    assert result.err == f"wattbook: q is a share between 0 and 1, not {q}\n"


def test_a_depth_that_is_none(command):
    result = command("attack-probability", "--q", "0.3", "--z", "-1")
    assert (result.status, result.out) == (2, "")
    assert result.err == "wattbook: z is a number of blocks from 0 to 100000, not -1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "case.json cannot be read: No such file or directory"),
        ("{", "case.json is not JSON: "),
        ("{}", "case.json is not a vector file: it has no meta"),
        ('{"meta": {}, "rows": [{}], "need": []}', "case.json has a case that is not whole"),
    ],
)
def test_vectors_that_are_none(command, working_folder, text, expected):
    if text is not None:
        (working_folder / "case.json").write_text(text)
    assert complaint(command("vectors", "case.json")).startswith(expected)


def test_vectors_nested_too_deeply(program, working_folder):
    """In a process of its own: test tools raise the limit of nesting beyond what the stack can bear."""
    (working_folder / "case.json").write_text("[" * 200_000)
    assert complaint(program("vectors", "case.json")).startswith("case.json is not JSON: maximum recursion depth")


def test_a_folder_without_vectors(command):
    assert complaint(command("vectors", ".")) == "there are no vector files in ."


@pytest.mark.parametrize("text", ["", "[]", '{"gas": 1}', '{"gas": {"admit": "much"}}'])
def test_figures_that_are_none(command, working_folder, text):
    (working_folder / "figures.json").write_text(text)
    said = complaint(command("bench", "--check", "figures.json"))
    assert said == "figures.json is not a file of figures; write it with --save"


def test_no_anvil(command, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert complaint(command("bench")) == (
        "anvil is missing; a local chain needs a clone of Wattbook in which `make setup` has run"
    )


def test_what_nobody_thought_of(command, rpc, monkeypatch):
    """A mistake of our own is one line too."""

    def mistake(name):
        raise RuntimeError("one\nthing\nafter another")

    monkeypatch.setattr("wattbook.deployment.networks.network", mistake)
    said = complaint(command("status", "--network", rpc))
    assert said == "unexpected RuntimeError: one thing after another"
