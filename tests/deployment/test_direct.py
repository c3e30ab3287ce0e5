"""The way to a node that begins anew behind a connection that stayed open."""

import json
import socket
from threading import Thread

import pytest

from wattbook.deployment.direct import Direct


@pytest.fixture
def node():
    """Where a node is that answers each connection once, with its number, and closes it without a word; it is gone
    after the third."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        for number in range(3):
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                body = json.dumps({"jsonrpc": "2.0", "id": 0, "result": hex(number)}).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        server.close()

    thread = Thread(target=serve, daemon=True)
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    thread.start()
    yield url
    server.close()


def test_a_connection_that_was_closed_is_made_anew(node):
    direct = Direct(node)
    assert [direct.make_request("eth_blockNumber", [])["result"] for _ in range(3)] == ["0x0", "0x1", "0x2"]
    with pytest.raises(ConnectionError):
        direct.make_request("eth_blockNumber", [])
