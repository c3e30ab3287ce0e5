"""What processes used: processor time, which differs less from run to run than what a clock says, and memory."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.crypto import keccak

from wattbook.metering.keys import recover

_MICROSECONDS_A_TICK = 1_000_000 // os.sysconf("SC_CLK_TCK")
_CHECKS = 200


def processor_time(process: int) -> int:
    """Microseconds of processor time that a process had."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _MICROSECONDS_A_TICK


def memory(process: int) -> int:
    """kB of memory that a process holds now."""
    return _status(process, "VmRSS")


def memory_peak() -> int:
    """kB that this process held at most until now. What getrusage says of it counts what its parent held as well."""
    return _status(os.getpid(), "VmHWM")


def own_time() -> int:
    """Microseconds of processor time that this process had."""
    return time.process_time_ns() // 1_000


def signature_time() -> int:
    """Microseconds that it takes here and now to find one signer of secp256k1: what other times are held against."""
    account: LocalAccount = Account.from_key(keccak(text="yardstick"))
    hashed = Hash32(keccak(text="a message"))
    signed = account.unsafe_sign_hash(hashed)
    begun = own_time()
    for _ in range(_CHECKS):
        recover(hashed, signed.r, signed.s, signed.v - 27)
    return max(1, (own_time() - begun) // _CHECKS)


@dataclass
class Spent:
    """Microseconds of processor time: this program's, and a node's."""

    own: int = 0
    node: int = 0


@contextmanager
def spent(node: int, found: Spent) -> Iterator[None]:
    """Adds what is used in a `with` block."""
    own, others = own_time(), processor_time(node)
    yield
    found.own += own_time() - own
    found.node += processor_time(node) - others


def _status(process: int, name: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
