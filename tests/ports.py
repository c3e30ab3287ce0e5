"""Ports for servers that have to be told theirs."""

import random
import socket

# Below what Linux and others give to whoever asks for any port, as every connection that goes out does: such a one
# could be taken between now and the server's start.
_RANGE = range(10_000, 32_000)
_given: set[int] = set()


def free_port() -> int:
    """One on which nobody listens, and that this process gives to nobody else."""
    while True:
        port = random.SystemRandom().choice(_RANGE)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
