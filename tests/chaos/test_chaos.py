"""A park that is harmed in every way, once: `make chaos` does it ten times."""

import shutil
import subprocess
import sys
import time

import pytest

from tests.chaos.clocks import Clocks
from tests.depth import DEEP
from tests.services import missing

_TELLS = "import time; print(int(time.time()), flush=True); input(); print(int(time.time()), flush=True)"


def test_a_clock_runs_off_and_is_right_again(tmp_path):
    if shutil.which("cc") is None:
        missing("clocks cannot be skewed: there is no C compiler (cc) on this machine")
    clocks = Clocks(tmp_path)
    command = [sys.executable, "-c", _TELLS + "; input(); print(int(time.time()))"]
    one, other = (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clocks.environment)
        for _ in range(2)
    )

    def told(process):
        return int(process.stdout.readline()) - int(time.time())

    def asked(process):
        process.stdin.write("\n")
        process.stdin.flush()
        return told(process)

    assert abs(told(one)) <= 1 and abs(told(other)) <= 1
    clocks.set(one.pid, -500)
    assert abs(asked(one) + 500) <= 1 and abs(asked(other)) <= 1
    clocks.right()
    assert abs(asked(one)) <= 1
    other.communicate("\n")
    for process in (one, other):
        assert process.wait(10) == 0


@pytest.mark.skipif(not DEEP, reason="takes some minutes; `make deep` and `make chaos` have it")
def test_a_park_that_is_harmed_loses_nothing():
    found = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--runs", "1"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
