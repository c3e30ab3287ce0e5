import logging
import os
import signal
import sys
from pathlib import Path
from threading import Event

import click
import structlog

from frontend_api.service import Service
from frontend_api.settings import read_settings
from wattbook.cli.logs import log_to_stderr


@click.command()
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.option("--database", help="A file, or the URL of a PostgreSQL server.")
@click.option("--rpc", help="The address of a node.")
@click.option(
    "--deployment", type=click.Path(path_type=Path), help="The deployment file, if it is not where it is kept."
)
@click.option("--host", help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Where to listen; 0 for any free port.")
@click.option("--origin", help="What people see in the browser, like https://market.example.")
@click.option(
    "--secret", "secret_file", type=click.Path(path_type=Path), help="The file with what cookies are signed by."
)
@click.option("--no-follow", is_flag=True, help="Serve what is indexed, and leave it to another process to go on.")
def api(
    config: Path | None,
    database: str | None,
    rpc: str | None,
    deployment: Path | None,
    host: str | None,
    port: int | None,
    origin: str | None,
    secret_file: Path | None,
    no_follow: bool,
) -> None:
    """Serve the API and the pages, and follow the chain for them, until SIGTERM or Ctrl-C.

    CONFIG is a TOML file (docs/api.md); what is given beside it goes before it.
    """
    settings = read_settings(
        config,
        database=database,
        rpc=rpc,
        deployment=deployment,
        host=host,
        port=port,
        origin=origin,
        secret_file=secret_file,
    )
    stop = Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stop.set())
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    log_to_stderr(structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]))
    service = Service(settings, os.environ, follow=not no_follow)
    click.echo(f"listening on http://{settings.host}:{service.port}")
    service.run(stop)
