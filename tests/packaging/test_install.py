"""What `pip install` of a clone gives an integrator who has no compiler, no Node and none of our tools."""

import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from wattbook import abi
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings

ROOT = Path(__file__).parents[2]


def run(*command, cwd, ok=True):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done


def needed(name, seen):
    """The distributions that one needs, itself and its extras left out."""
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name not in seen:
            seen.add(requirement.name)
            needed(requirement.name, seen)
    return seen


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The files that git has, or would take, in another folder."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    folder = tmp_path_factory.mktemp("clone")
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def wheel(clone, tmp_path_factory):
    """The clone as pip builds it before it installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    options = ("--no-deps", "--no-build-isolation", "--no-index")
    run(*pip, "wheel", *options, "-w", folder, clone, cwd=folder)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The programs of an environment with the wheel and only what it says it needs."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)

    packages = folder / "packages"
    packages.mkdir()
    for name in needed("wattbook", set()):
        for file in distribution(name).files:
            link, target = packages / file.parts[0], Path(file.locate()).parents[len(file.parts) - 2]
            if file.parts[0] != ".." and len(file.parts) > 1 and not link.exists():
                link.symlink_to(target)
            elif len(file.parts) == 1 and not link.exists():
                link.symlink_to(file.locate())
    [site] = (folder / "venv" / "lib").glob("python3*/site-packages")
    (site / "needed.pth").write_text(f"{packages}\n")
    return python.parent


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder without any project, and no variable that leads to one."""
    for name in ("PYTHONPATH", "WATTBOOK_DEPLOYMENTS", "WATTBOOK_NETWORKS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_wheel_has_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"frontend_api", "wattbook", "wattbook-0.1.0.dist-info"}
    expected = {"wattbook/py.typed", "wattbook/deployment/local.toml", "wattbook/packages/huadian.json"}
    expected.add("frontend_api/py.typed")
    expected |= {f"wattbook/abi/{name}.json" for name in abi.contract_names()}
    served = (ROOT / "frontend_api").rglob("*")
    kinds = {".html", ".css", ".js", ".svg", ".toml"}
    expected |= {path.relative_to(ROOT).as_posix() for path in served if path.suffix in kinds}
    assert expected <= set(names)


def test_it_is_the_installed_package_that_runs(programs, elsewhere):
    shown = run(programs / "python", "-c", "import wattbook; print(wattbook.__file__)", cwd=elsewhere)
    assert programs.parent in Path(shown.stdout.strip()).parents


def test_first_steps(programs, elsewhere):
    file = elsewhere / "deployments" / "31337.json"
    with Anvil() as chain:
        deploy(chain, known_account("administrator"), local_settings(), file, lambda line: None)
        rpc = chain.web3.provider.endpoint_uri
        script = ROOT / "examples" / "first_steps.py"
        shown = run(programs / "python", script, rpc, file, cwd=elsewhere).stdout
        assert shown == "member 9 has 12.50 PT in the Vault\n"
        run(programs / "wattbook", "status", "--network", rpc, cwd=elsewhere)
        # All that stands is checked and left alone: that needs no compiled contracts.
        run(programs / "wattbook", "deploy", "--network", rpc, cwd=elsewhere)
        index = ("--rpc", rpc, "--deployment", file, "--database", "index.db")
        run(programs / "wattbook", "index", "run", "--until-head", *index, cwd=elsewhere)
        assert "all agree" in run(programs / "wattbook", "index", "audit", *index, cwd=elsewhere).stdout


def test_deploying_needs_a_set_up_clone(programs, elsewhere):
    with Anvil() as chain:
        rpc = chain.web3.provider.endpoint_uri
        done = run(programs / "wattbook", "deploy", "--network", rpc, cwd=elsewhere, ok=False)
        assert chain.web3.eth.block_number == 0
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "wattbook: Authority is not compiled here; deploying needs a clone of Wattbook in which `make setup` has run\n"
    )
    assert list(elsewhere.iterdir()) == []


def test_what_needs_no_chain_runs(programs, elsewhere):
    vectors = ROOT / "tests" / "vectors" / "nakamoto.json"
    run(programs / "wattbook", "vectors", vectors, cwd=elsewhere)
    run(programs / "wattbook", "package", "quote", "--building", "Hotel", cwd=elsewhere)
