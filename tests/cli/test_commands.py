"""Every command, for people and as JSON, against a real chain."""

import json
from pathlib import Path

import pytest

from wattbook.deployment.plan import CONTRACTS
from wattbook.deployment.record import Deployment

VECTORS = Path(__file__).parents[1] / "vectors"
NAMES = [planned.name for planned in CONTRACTS]


def parsed(result):
    assert (result.status, result.err) == (0, "")
    return json.loads(result.out)


def lines(result):
    assert (result.status, result.err) == (0, "")
    return result.out.splitlines()


def test_deploy_and_status(program, rpc, working_folder):
    file = Path("deployments/31337.json")
    said = lines(program("deploy", "--network", rpc))
    assert [line.split()[0] for line in said] == [*NAMES, "constitution", "validators", "the"]
    assert said[-1] == f"the market stands on chain 31337; addresses in {file}"
    deployment = Deployment.read(working_folder / file)

    said = lines(program("status", "--network", rpc))
    assert said[0] == f"chain 31337, {file}"
    assert all(line.startswith("ok ") for line in said[1:])
    for name, item in deployment.contracts.items():
        expected = ["ok", name, item.address, "code", item.code_hash]
        assert expected in [line.split() for line in said]


def test_deploy_and_status_as_json(command, rpc, working_folder):
    answer = parsed(command("deploy", "--network", rpc, "--json"))
    deployment = Deployment.read(working_folder / answer["file"])
    assert answer["chainId"] == 31337
    assert answer["contracts"] == {name: item.address for name, item in deployment.contracts.items()}
    assert len(answer["steps"]) == len(NAMES) + 2
    assert parsed(command("deploy", "--network", rpc, "--json")) == {**answer, "steps": []}

    answer = parsed(command("status", "--network", rpc, "--json"))
    assert answer["chainId"] == 31337 and answer["good"] is True
    assert [finding["subject"] for finding in answer["findings"]][: len(NAMES)] == NAMES
    assert all(finding["good"] for finding in answer["findings"])


def test_status_of_a_market_that_is_wrong(command, rpc, node):
    command("deploy", "--network", rpc)
    vault = Deployment.read(Path("deployments/31337.json")).address("Vault")
    node.web3.provider.make_request("anvil_setCode", [vault, "0x"])
    result = command("status", "--network", rpc)
    assert (result.status, result.err) == (1, "")
    complaint = f"nothing stands at {vault}, where Vault should be"
    width = max(map(len, NAMES))
    assert f"WRONG  {'Vault':{width}}  {complaint}" in result.out.splitlines()
    result = command("status", "--network", rpc, "--json")
    assert (result.status, result.err) == (1, "")
    answer = json.loads(result.out)
    assert answer["good"] is False
    assert {"subject": "Vault", "good": False, "detail": complaint} in answer["findings"]


def test_attack_probability(program):
    assert lines(program("attack-probability", "--q", "0.3", "--z", "50")) == [
        "Nakamoto's estimate (2008, section 11)  5.903e-7",
        "exact                                   0.00003110",
    ]


def test_attack_probability_as_json(command):
    assert parsed(command("attack-probability", "--q", "0.3", "--z", "50", "--json")) == {
        "q": 0.3,
        "z": 50,
        "computed": pytest.approx(5.90295389624081e-07, rel=1e-9),
        "exactRosenfeld": pytest.approx(3.109559952288662e-05, rel=1e-9),
    }


def test_vectors(program):
    said = lines(program("vectors", str(VECTORS)))
    assert len(said) == len(list(VECTORS.glob("*.json")))
    assert f"{VECTORS / 'nakamoto.json'}: 77 passed, 0 failed, 0 not run" in said
    assert f"{VECTORS / 'clearing_uniform.json'}: 48 passed, 0 failed, 0 not run" in said
    assert f"{VECTORS / 'governance.json'}: 18 passed, 0 failed, 0 not run" in said


def test_vectors_of_a_variant_that_is_not_known(command, working_folder):
    data = json.loads((VECTORS / "clearing_uniform.json").read_text())
    data["cases"][0]["ration"] = "LOTTERY"
    file = working_folder / "another.json"
    file.write_text(json.dumps(data))
    case, reason = "simple_cross (cases[0])", "ration must be PRORATA or TIME, not 'LOTTERY'"
    assert lines(command("vectors", str(file))) == [
        f"{file}: 47 passed, 0 failed, 1 not run",
        f"  {case}: not run, {reason}",
    ]
    [answer] = parsed(command("vectors", str(file), "--json"))
    assert (answer["notRun"], answer["notRunCases"]) == (1, [{"case": case, "reason": reason}])


def test_vectors_as_json(command):
    file = str(VECTORS / "nakamoto.json")
    assert parsed(command("vectors", file, "--json")) == [
        {"file": file, "passed": 77, "failed": 0, "notRun": 0, "notRunCases": [], "mismatches": []}
    ]


def test_vectors_that_differ(command, working_folder):
    data = json.loads((VECTORS / "nakamoto.json").read_text())
    data["need"][4]["smallestZBelow0_1percent"] = 25
    file = working_folder / "nakamoto.json"
    file.write_text(json.dumps(data))
    result = command("vectors", str(file))
    assert (result.status, result.err) == (1, "")
    assert result.out.splitlines() == [
        f"{file}: 76 passed, 1 failed, 0 not run",
        "  q=0.3 depth below 0.1 %: expected 25, got 24",
    ]
    result = command("vectors", str(VECTORS / "nakamoto.json"), str(file), "--json")
    assert (result.status, result.err) == (1, "")
    assert json.loads(result.out)[1]["mismatches"] == [
        {"case": "q=0.3 depth below 0.1 %", "expected": "25", "got": "24"}
    ]


def test_version_and_help(program, command):
    assert lines(program("--version")) == ["wattbook, version 0.1.0"]
    said = command("--help").out
    for name in ("attack-probability", "bench", "clear", "deploy", "genesis", "package", "status", "vectors"):
        assert f"\n  {name} " in said
