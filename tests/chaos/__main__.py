"""A park that is harmed in every way, one after the other: `python -m tests.chaos --runs 10`.

Each run is of a sequence of its own, drawn from the seed that it prints. It ends with 1 when something is lost.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.accounts import faults
from tests.chaos.clocks import Clocks
from tests.chaos.harms import Ground, harms
from tests.park.running import Up
from wattbook.errors import WattbookError

_INSIDE = "CHAOS_INSIDE"
_DISK = "1g"
_TRADERS = 12
_CALM = (1.0, 4.0)
_FIRST_SLOTS, _SETTLES_WITHIN, _ENDS_WITHIN = 2, 660, 240


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    if _INSIDE not in os.environ:
        _begin_with_a_disk_of_its_own()
    seed = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
    passed = 0
    for number in range(arguments.runs):
        found = _run(seed + number)
        passed += not found
        print(f"run {number + 1} of {arguments.runs}, seed {seed + number}: {'; '.join(found) or 'nothing lost'}")
        sys.stdout.flush()
    print(f"{passed} of {arguments.runs} passed")
    sys.exit(passed < arguments.runs)


def _begin_with_a_disk_of_its_own() -> None:
    """What is mounted from here on goes with this process, and needs no right that its user has not."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", "--mount", *as_root, sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    os.execvpe(command[0], command, {**os.environ, _INSIDE: "1"})


def _run(seed: int) -> list[str]:
    """What is wrong at the end of a run."""
    place = Path(tempfile.mkdtemp(prefix="wattbook-chaos-"))
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "chaos", disk], check=True)
    folder = disk / "park"
    clocks = Clocks(place)
    luck = random.Random(seed)
    park = Up("--traders", _TRADERS, "--folder", folder, **clocks.environment)
    print(f"seed {seed}: {time.strftime('%X')}, begun within {park.began['seconds']} s", flush=True)
    try:
        _harm(Ground(park, disk, clocks, luck))
        park.process.terminate()
        summary = park.said("summary", _SETTLES_WITHIN)["summary"]
        code = park.process.wait(_ENDS_WITHIN)
        print(f"  {_told(park, summary)}", flush=True)
        found = [f"it ended with {code}: {park.errors()}"] if code else []
        found += faults(folder, park.missed)
    except (AssertionError, OSError, subprocess.SubprocessError, WattbookError) as error:
        if park.process.poll() is None:
            park.end()
        found = [str(error)]
    if found:
        _keep(folder, place)
    subprocess.run(["umount", "--lazy", disk], check=True)
    if not found:
        shutil.rmtree(place)
    return found


def _keep(folder: Path, place: Path) -> None:
    """What is left of a park in which something was lost, where it outlasts its disk."""
    shutil.copytree(folder, place / "park", ignore=shutil.ignore_patterns("states"))
    print(f"  kept in {place / 'park'}", flush=True)


def _harm(ground: Ground) -> None:
    for _ in range(_FIRST_SLOTS):
        ground.park.said("slot", 120)
    drawn = harms(ground)
    ground.luck.shuffle(drawn)
    for name, harm in drawn:
        said = harm(ground)
        print(f"  {time.strftime('%X')} {name}, {said}", flush=True)
        time.sleep(ground.luck.uniform(*_CALM))
        ground.park.check()


def _told(park: Up, summary: Mapping[str, object]) -> str:
    parts = Counter(part.split(": ")[-1].lstrip("0123456789 ") for said in park.missed.values() for part in said)
    missed = ", ".join(f"{what} {count}" for what, count in parts.items()) or "nothing"
    counts = f"{summary['slots']} slots, {summary['orders']} orders"
    return f"{counts}, {summary['missed']} slots with something missed: {missed}"


if __name__ == "__main__":
    main()
