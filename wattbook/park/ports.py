"""Ports for servers that have to be told theirs."""

import random
import socket
import sys
from pathlib import Path

# Below what systems give to whoever asks for any port, as every connection that goes out does: such a one could be
# taken between now and the server's start.
_RANGE = range(10_000, 32_000)
_LISTENS = "0A"


def free_port() -> int:
    """One on which nobody listens. Which of them is left to chance, so that two who ask at once get two."""
    while True:
        port = random.SystemRandom().choice(_RANGE)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def listens(pid: int, port: int) -> bool:
    """Whether it is this process that listens on a port, as far as the system tells."""
    if sys.platform != "linux":
        return True
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENS and int(row[1].split(":")[1], 16) == port}
    try:
        return any(str(one.readlink()) in sockets for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        # It has ended, or something of it has meanwhile.
        return False
