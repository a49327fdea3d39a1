"""The command line: one thin function a command; the work is done elsewhere.

Exit 0 fine, 1 found something wrong, 2 wrong usage or configuration.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlencode

import click

from cds_service import __version__
from cds_service.errors import KnowledgeError, SettingsError
from cds_service.settings import CONFIG, Settings, load_settings, start_warnings, variable

_SANDBOX: Final = "https://sandbox.cds-hooks.org/"
_THREADS: Final = 16
"""Of one worker. Most of them wait for FHIR servers; those with large bodies take turns (`web/pacing.py`)."""
_METRICS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
_STOP_SECONDS: Final = 10
"""For calls that are under way when the service is told to stop."""


def main() -> None:
    """Entry point of `spine-cds`. Mistakes are told one a line, without a trace."""
    try:
        commands(prog_name="spine-cds")
    except SettingsError as error:
        _tell("The configuration is wrong:", error.mistakes)
        sys.exit(2)
    except KnowledgeError as error:
        _tell("The guideline files are wrong:", error.mistakes)
        sys.exit(1)


_config_option: Final = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with SPINE_CDS_* settings; the environment beats it.",
)


@click.group()
@click.version_option(__version__)
def commands() -> None:
    """Spine imaging decision support for CDS Hooks clients."""


@commands.command()
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to bind.  [default: 8000]")
@click.option("--workers", type=int, help="Worker processes.  [default: 1]")
@_config_option
def serve(host: str | None, port: int | None, workers: int | None, config: Path | None) -> None:
    """Start the service. Options beat SPINE_CDS_* variables, which beat the --config file."""
    options = {"host": host, "port": port, "workers": workers}
    given = {field: value for field, value in options.items() if value is not None}
    settings = load_settings(os.environ, config, given)
    # Workers are processes of their own: they find their settings in the environment.
    os.environ.update({variable(field): str(value) for field, value in given.items()})
    if config is not None:
        os.environ[CONFIG] = str(config.resolve())
    _refuse_wrong_guideline()
    refuse_taken_address(settings.host, settings.port)
    prepare_history(settings)
    click.echo(opening_screen(settings))
    with _shared_metrics(settings.workers):
        _serve(settings)


@commands.group()
def database() -> None:
    """The history of what was advised: its tables."""


@database.command("upgrade")
@_config_option
def database_upgrade(config: Path | None) -> None:
    """Bring the tables up to date; `serve` does so too."""
    from cds_service.history.database import upgrade_database  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, config)
    with _told_database_errors():
        click.echo(f"The tables are at revision {upgrade_database(settings.database_url)}.")


@commands.command()
@click.option(
    "--before",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    required=True,
    help="First day that is kept (UTC).",
)
@_config_option
def purge(before: datetime, config: Path | None) -> None:
    """Forget calls, cards and feedback received before a day."""
    from cds_service.history.database import purge_database  # noqa: PLC0415 - as above

    settings = load_settings(os.environ, config)
    with _told_database_errors():
        gone = purge_database(settings.database_url, before.replace(tzinfo=UTC))
        click.echo(
            f"Forgotten: {gone.calls} calls, {gone.feedback} feedback entries, {gone.tokens} used tokens."
        )


def opening_screen(settings: Settings) -> str:
    """What somebody who just started the service would like to know."""
    base = settings.public_urls[0]
    sandbox = urlencode(
        {
            "serviceDiscoveryURL": f"{base}/cds-services",
            "hook": "order-select",
            "screen": "pama",
        }
    )
    lines = [
        f"Spine imaging decision support {__version__}",
        "",
        f"  Start here      {base}/",
        f"  Discovery       {base}/cds-services",
        f"  Health          {base}/health/ready",
        f"  Public sandbox  {_SANDBOX}?{sandbox}",
        "",
        *(f"  Note: {warning}" for warning in start_warnings(settings)),
        "  Not clinically approved. Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def refuse_taken_address(host: str, port: int) -> None:
    """Raises SettingsError when the address can't be bound.

    The server would share a port with another service of its kind and say nothing; calls would then go to
    one or the other.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        mistake = (
            f"{host}:{port} cannot be bound: {error.strerror}. Stop what listens there, or choose another "
            "port with --port (make serve PORT=9000)."
        )
        raise SettingsError((mistake,)) from None


def prepare_history(settings: Settings) -> None:
    """Makes the database and its key before any worker starts, so that mistakes are told once.

    A database that doesn't answer is only warned of: advice is given without it.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - other commands start without a database

    from cds_service.history.database import upgrade_database  # noqa: PLC0415 - the same
    from cds_service.history.pseudonyms import load_pseudonyms  # noqa: PLC0415 - the same

    load_pseudonyms(settings.history_key)
    try:
        upgrade_database(settings.database_url)
    except SQLAlchemyError as error:
        click.echo(
            f"Warning: the database does not answer ({type(error).__name__}). Calls are answered and not "
            "recorded. Correct SPINE_CDS_DATABASE_URL, or start the database and run: "
            "spine-cds database upgrade",
            err=True,
        )


@contextmanager
def _told_database_errors() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above

    try:
        yield
    except SQLAlchemyError as error:
        # Its text may hold the address with the password.
        message = f"The database of SPINE_CDS_DATABASE_URL failed: {type(error).__name__}."
        raise click.ClickException(message) from None


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """With several workers, a directory in which they add up their counts, unless the site has named one."""
    if workers == 1 or os.environ.get(_METRICS_DIRECTORY):
        yield
        return
    with TemporaryDirectory(prefix="spine-cds-metrics-") as directory:
        os.environ[_METRICS_DIRECTORY] = directory
        yield


def _refuse_wrong_guideline() -> None:
    """Tells mistakes in the guideline here, once, rather than in each worker."""
    from cds_service.knowledge.loader import load_guideline  # noqa: PLC0415 - other commands start without it

    load_guideline()


def _serve(settings: Settings) -> None:
    from granian import Granian  # noqa: PLC0415 - other commands start without a server
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        "cds_service.app:wsgi",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning,
    ).serve()


def _tell(heading: str, mistakes: tuple[str, ...]) -> None:
    click.echo(heading, err=True)
    for mistake in mistakes:
        click.echo(f"  {mistake}", err=True)
