"""The command line: one thin function a command; the work is done elsewhere.

Exit 0 fine, 1 found something wrong, 2 wrong usage or configuration.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import click

from cds_service import __version__
from cds_service.errors import KnowledgeError, SettingsError
from cds_service.settings import CONFIG, Settings, load_settings, start_warnings, variable

_SANDBOX: Final = "https://sandbox.cds-hooks.org/"
_THREADS: Final = 4
"""Of one worker. More could wait for FHIR servers at once, but large bodies get in each other's way."""
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


@click.group()
@click.version_option(__version__)
def commands() -> None:
    """Spine imaging decision support for CDS Hooks clients."""


@commands.command()
@click.option("--host", help="Address to bind.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to bind.  [default: 8000]")
@click.option("--workers", type=int, help="Worker processes.  [default: 1]")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with SPINE_CDS_* settings; the environment beats it.",
)
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
    click.echo(opening_screen(settings))
    _serve(settings)


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
