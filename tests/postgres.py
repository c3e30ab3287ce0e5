"""A PostgreSQL server of one's own: the machine's own program, on a free port, in a folder that is gone at the end."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.ports import free_port
from tests.services import missing

# Where Debian and others put what is not for everybody's path.
_FOLDERS = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"
_USER = "wattbook"


class Postgres:
    """Stopped by its process id, and started again with the same data."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._password = secrets.token_hex(16)
        self._port = free_port()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root.
        self._account = _account() if os.getuid() == 0 else None
        self._lay_out()

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self._process = self._run("postgres", "-D", str(self.folder / "data"), *options, log=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self._url).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """At once, as in a crash: who is connected is cut off, and what was committed is found in the log again."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(60)
            self._process = None

    def new_url(self) -> str:
        """Where there is nothing yet: a schema of its own, which costs less than a database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self._url}?options=-csearch_path%3D{name}"

    @property
    def _url(self) -> str:
        return f"postgresql://{_USER}:{self._password}@127.0.0.1:{self._port}/postgres"

    def _lay_out(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        if self._account:
            for path in (self.folder, password):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        data = str(self.folder / "data")
        options = [
            "--no-sync",
            "-U",
            _USER,
            "--pwfile",
            str(password),
            "--auth=scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        with open(self.folder / "log", "ab") as log:
            made = self._run("initdb", "-D", data, *options, log=log).wait(120)
        assert made == 0, (self.folder / "log").read_text()

    def _run(self, program: str, *arguments: str, log: object) -> subprocess.Popen[bytes]:
        account = self._account
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        command = [str(self._programs / program), *arguments]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **who)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests; each takes URLs of its own."""
    programs = _programs()
    if programs is None:
        missing("PostgreSQL is not on this machine: no postgres and initdb are found")
    # Not below pytest's folder, which nobody but its owner can enter.
    folder = Path(tempfile.mkdtemp(prefix="wattbook-postgres-"))
    server = None
    try:
        server = Postgres(programs, folder)
        server.start()
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


def _programs() -> Path | None:
    found = shutil.which("postgres")
    beside = [Path(found).resolve().parent] if found else []
    installed = [path for pattern in _FOLDERS for path in sorted(Path("/").glob(pattern[1:]), reverse=True)]
    return next((path for path in (*beside, *installed) if (path / "initdb").exists()), None)


def _account() -> pwd.struct_passwd:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
