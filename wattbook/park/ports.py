"""Ports for servers that have to be told theirs."""

import random
import socket

# Below what systems give to whoever asks for any port, as every connection that goes out does: such a one could be
# taken between now and the server's start.
_RANGE = range(10_000, 32_000)


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
