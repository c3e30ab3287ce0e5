"""A broker of one's own: the machine's Mosquitto on a free port, with TLS, passwords, an ACL and a memory on disk."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.ports import free_port
from tests.services import missing

# Where Debian puts what is not for everybody's path.
_FOLDERS = "/usr/sbin", "/usr/local/sbin", "/usr/local/bin"
BRIDGE = "bridge"
TOPIC = "park/+/telegram"


class Mosquitto:
    """Users publish below their own name only; the bridge reads all. Stopped by its process id."""

    def __init__(self, program: str, folder: Path, users: tuple[str, ...]) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.port = free_port()
        self.passwords = {user: secrets.token_hex(8) for user in (BRIDGE, *users)}
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._lay_out()

    def start(self) -> None:
        with open(self.folder / "log", "ab") as log:
            command = [self._program, "-c", str(self.folder / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        """Cleanly: what is queued is written to disk."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def client(self, user: str, password: str | None = None) -> Client:
        """A client that is connected and runs, to be stopped by `disconnect` and `loop_stop`."""
        client = Client(
            CallbackAPIVersion.VERSION2, f"{user}-{secrets.token_hex(4)}", protocol=MQTTProtocolVersion.MQTTv5
        )
        client.username_pw_set(user, password or self.passwords[user])
        client.tls_set(str(self.ca))
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        return client

    def publish(self, user: str, *payloads: bytes, topic: str | None = None) -> None:
        """Returns when the broker has them all."""
        client = self.client(user)
        try:
            sent = [client.publish(topic or TOPIC.replace("+", user), payload, qos=1) for payload in payloads]
            for message in sent:
                message.wait_for_publish(60)
                assert message.is_published()
        finally:
            client.disconnect()
            client.loop_stop()

    def _lay_out(self) -> None:
        make_certificates(self.folder)
        passwords, acl = self.folder / "passwords", self.folder / "acl"
        passwords.touch(0o600)
        for user, password in self.passwords.items():
            command = [shutil.which("mosquitto_passwd") or "mosquitto_passwd", "-b", str(passwords), user, password]
            subprocess.run(command, check=True, capture_output=True)
        acl.touch(0o600)
        acl.write_text(f"user {BRIDGE}\ntopic read {TOPIC}\npattern write {TOPIC.replace('+', '%u')}\n")
        lines = (
            f"listener {self.port} 127.0.0.1",
            f"cafile {self.ca}",
            f"certfile {self.folder / 'server.pem'}",
            f"keyfile {self.folder / 'server.key'}",
            "allow_anonymous false",
            f"password_file {passwords}",
            f"acl_file {acl}",
            "persistence true",
            f"persistence_location {self.folder}/",
            "max_queued_messages 100000",
            # Asked to be somebody else, it does so; as root it could not read its own folder then.
            *(["user root"] if os.getuid() == 0 else []),
        )
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    """A broker that knows the users 7, 8 and roof-3."""
    program = find_mosquitto()
    if program is None:
        missing("Mosquitto is not on this machine: no mosquitto is found")
    folder = Path(tempfile.mkdtemp(prefix="wattbook-mosquitto-"))
    broker = None
    try:
        broker = Mosquitto(program, folder, ("7", "8", "roof-3"))
        broker.start()
        yield broker
    finally:
        if broker:
            broker.stop()
        shutil.rmtree(folder)


def find_mosquitto() -> str | None:
    """The program, if it is on this machine."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))


def make_certificates(folder: Path) -> None:
    """A certificate authority, and a server's certificate for loopback."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    begin = datetime.now(UTC) - timedelta(minutes=5)

    def certificate(name, public_key, *extensions):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=2))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(ca_key, SHA256()).public_bytes(Encoding.PEM)

    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    basic = x509.BasicConstraints(ca=True, path_length=None)
    (folder / "ca.pem").write_bytes(
        certificate(issuer, ca_key.public_key(), (basic, True), (identifier, False), (usage, True))
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    (folder / "server.pem").write_bytes(certificate(server, key.public_key(), (names, False), (above, False)))
    file = folder / "server.key"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
