"""The command line: one thin function a command; the work is done elsewhere.

Exit 0 fine, 1 found something wrong, 2 wrong usage or configuration.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import click

from cds_service import __version__
from cds_service.collecting import uncollected
from cds_service.errors import (
    CaseError,
    HistoryUnavailable,
    KnowledgeError,
    SettingsError,
    SpineCdsError,
)
from cds_service.settings import CONFIG, Settings, load_settings, start_warnings, variable
from cds_service.web.built_site import is_built

if TYPE_CHECKING:
    from cds_service.knowledge.model import Guideline
    from cds_service.replay.cases import SavedCase, Unread
    from cds_service.replay.compare import Comparison
    from cds_service.replay.runner import Engine

_SANDBOX: Final = "https://sandbox.cds-hooks.org/"
_START_SECONDS: Final = 120.0


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
    except SpineCdsError as error:
        _tell("This cannot be done:", (str(error),))
        sys.exit(2)


_config_option: Final = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with SPINE_CDS_* settings; the environment beats it.",
)


_as_of_option: Final = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day for cases that have none of their own and whose order tells none.  [default: today]",
)


_new_file: Final = click.Path(dir_okay=False, writable=True, path_type=Path)


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
    from cds_service.web.keys import check_key_files  # noqa: PLC0415 - as below

    settings = load_settings(os.environ, config, given)
    # Workers are processes of their own: they find their settings in the environment.
    os.environ.update({variable(field): str(value) for field, value in given.items()})
    if config is not None:
        os.environ[CONFIG] = str(config.resolve())
    check_key_files(settings.trusted_clients, lambda: datetime.now(UTC))
    refuse_taken_address(settings.host, settings.port)
    prepare_history(settings)
    screen = opening_screen(settings, has_documentation=is_built())
    tell_when_it_answers(settings, screen)
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


def opening_screen(settings: Settings, *, has_documentation: bool) -> str:
    """What somebody who just started the service would like to know. An address stands there only when it answers."""
    base = settings.public_urls[0]
    documentation = (
        f"{base}/docs" if has_documentation else f"folder docs/; at {base}/docs after: make docs"
    )
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
        f"  Documentation   {documentation}",
        f"  Discovery       {base}/cds-services",
        f"  Health          {base}/health/ready",
        f"  Public sandbox  {_SANDBOX}?{sandbox}",
        "",
        *(f"  Note: {warning}" for warning in start_warnings(settings)),
        "  Not clinically approved. Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def tell_when_it_answers(settings: Settings, screen: str) -> None:
    """Prints the first screen once the service answers: who follows it before would find nothing there.

    A process of its own waits for that, because the server forks its workers and would fork a waiting thread too.
    """
    server = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        if os.fork() == 0 and _answers(settings, server):
            click.echo(screen)
            sys.stdout.flush()
    finally:
        # Nothing of what the server's process would do at its end.
        os._exit(0)


def _answers(settings: Settings, server: int) -> bool:
    """Waits until the service answers; False when it has gone or takes too long."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - read only
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(server, 0)
        except OSError:
            return False
        with (
            suppress(OSError, HTTPException),
            closing(HTTPConnection(host, settings.port, timeout=1)) as connection,
        ):
            connection.request("GET", "/health/live")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        time.sleep(0.05)
    return False


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

    Whatever keeps it from being done is only warned of: advice is given without a history.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - other commands start without a database

    from cds_service.history.database import prepare_database  # noqa: PLC0415 - the same
    from cds_service.history.pseudonyms import load_pseudonyms  # noqa: PLC0415 - the same

    try:
        load_pseudonyms(settings.history_key)
        prepare_database(settings.database_url)
    except SQLAlchemyError as error:
        _warn_of_history(f"The database cannot be used ({type(error).__name__}).")
    except HistoryUnavailable as error:
        _warn_of_history(str(error))


def _warn_of_history(why: str) -> None:
    click.echo(
        f"Warning: {why} Calls are answered and not recorded until that is mended; /health/ready says so and "
        "/metrics counts what is lost. See SPINE_CDS_DATABASE_URL and SPINE_CDS_HISTORY_KEY, free the disk, or start "
        "the database; then: spine-cds database upgrade",
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
    except HistoryUnavailable as error:
        raise click.ClickException(str(error)) from None


@commands.command()
@click.argument("paths", nargs=-1, required=True)
@_as_of_option
@click.option(
    "--what-if",
    metavar="STUDY[:PRIORITY]",
    help="Judge this study (mr-lumbar, mr-lumbar-without-and-with:stat) for every patient with a spine complaint.",
)
@click.option(
    "--what-if-day",
    type=click.Choice(["complaint", "last"]),
    default="complaint",
    show_default=True,
    help="As of each complaint, or of the last resource; --as-of beats both.",
)
@click.option("--against", metavar="URL", help="A running service that has to answer the same.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Calls a second to URL.")
@click.option(
    "--prefetch",
    multiple=True,
    metavar="[KEY=]MODE",
    help="Sent to URL as on, off, null, paged or outcome, for all keys or one; or random.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of --prefetch random.")
@click.option("--jsonl", type=_new_file, help="File for one line of JSON an order.")
@click.option(
    "--parquet",
    metavar="FOLDER",
    help="New folder (with --engine spark also a URL) for the same rows as Parquet.",
)
@click.option("--report", type=_new_file, help="File for a report as one HTML page.")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    help="Of the local engine.  [default: all processors]",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var", "replay"),
    show_default=True,
    help="Folder for what a stopped run goes on from; it holds patients' data.",
)
@click.option("--resume", is_flag=True, help="Go on where the same run was stopped.")
@click.option("--lenient", is_flag=True, help="Exit 0 although something could not be read.")
@click.option("--with-ids", is_flag=True, help="Ids as they are, not their hashes.")
@click.option("--update-expected", is_flag=True, hidden=True)
def replay(as_of: datetime | None, processes: int | None, **options: Any) -> None:
    """Judge saved cases, and the imaging orders in whole populations of FHIR data, as the service would.

    PATHS are files or folders: patients' stories, hook calls, FHIR Bundles, bulk exports (NDJSON), Parquet with FHIR
    JSON in the column `resource`. Orders and performed imaging in the data are judged as of their own moment.

    Exit 1 when something else comes out than a case expects, or than the service at URL answers, when a call ends with
    an error that nobody expected, and when anything could not be read (not with --lenient).
    """
    from cds_service.replay.command import Asked, run_replay  # noqa: PLC0415 - other commands start without it
    from cds_service.replay.local import default_processes  # noqa: PLC0415 - as above

    asked = Asked(
        today=_today(),
        as_of=None if as_of is None else as_of.date(),
        processes=processes or default_processes(),
        **options,
    )
    sys.exit(run_replay(asked, load_settings(os.environ, None), click.echo))


@commands.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.argument("page", type=_new_file)
def report(results: Path, page: Path) -> None:
    """Make the report of a replay that is over: one HTML page.

    RESULTS is what --jsonl or --parquet of replay wrote, with the counts beside it; PAGE is the file to write.
    """
    from cds_service.replay.command import report_of  # noqa: PLC0415 - other commands start without it

    report_of(results, page, load_settings(os.environ, None), click.echo)


@commands.command()
@click.argument("before", type=click.Path(exists=True, path_type=Path))
@click.argument("after", type=click.Path(exists=True, path_type=Path))
@click.argument("more", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
    help="BEFORE and AFTER are guideline folders; both judge these files and folders.",
)
@click.option("--json", "as_json", type=_new_file, help="File for the comparison as JSON.")
@click.option("--report", type=_new_file, help="File for the comparison as one HTML page.")
def compare(
    before: Path,
    after: Path,
    more: tuple[Path, ...],
    data: tuple[Path, ...],
    as_json: Path | None,
    report: Path | None,
) -> None:
    """Compare two results of replay: which orders change card, appropriateness or urgency, and why.

    BEFORE and AFTER are what --jsonl or --parquet of replay wrote, or with --data two guideline folders. Exit 1 when
    anything differs.
    """
    from cds_service.replay.comparison_texts import (  # noqa: PLC0415 - other commands start without it
        comparison_json,
        comparison_lines,
        comparison_page,
    )

    if more and not data:
        raise click.UsageError("Two results are compared. For two guidelines name data: --data.")
    found = _compared(before, after, (*data, *more))
    for line in comparison_lines(found):
        click.echo(line)
    if as_json is not None:
        as_json.write_bytes(comparison_json(found))
    if report is not None:
        report.write_text(comparison_page(found), encoding="utf-8")
    if not found.is_same:
        sys.exit(1)


def _compared(before: Path, after: Path, data: tuple[Path, ...]) -> Comparison:
    from cds_service.replay.cases import Day  # noqa: PLC0415 - as above

    if data:
        from cds_service.replay.compare_guidelines import compare_guidelines  # noqa: PLC0415 - as above
        from cds_service.replay.local import default_processes  # noqa: PLC0415 - as above

        settings, day = load_settings(os.environ, None), Day(_today(), "today")
        return compare_guidelines((before, after), data, settings, day, default_processes())
    from cds_service.replay.compare import compare_results  # noqa: PLC0415 - as above
    from cds_service.replay.results import read_rows  # noqa: PLC0415 - as above

    names = (str(before), str(after))
    return compare_results(names, lambda: read_rows(before), lambda: read_rows(after))


@commands.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@_as_of_option
def explain(path: Path, as_of: datetime | None) -> None:
    """Say in words what a case shows: a file with a hook call, or a patient's story."""
    from cds_service.replay.explain import explanation_lines  # noqa: PLC0415 - as above
    from cds_service.replay.runner import replay_case  # noqa: PLC0415 - as above

    engine = _engine()
    cases, unread = _cases((path,), as_of)
    for position, case in enumerate(cases):
        if position:
            click.echo("")
        for line in explanation_lines(replay_case(case, engine), engine.compiled):
            click.echo(line)
    for file in unread:
        click.echo(f"NOT READ: {file.name}: {file.why}")
    if unread:
        sys.exit(1)


@commands.group()
def terminology() -> None:
    """A site's own vocabulary: licensed expansions, local codes and orders."""


_several: Final = click.Path(exists=True, path_type=Path)


@terminology.command("build")
@click.option("--rf2", multiple=True, type=_several, help="Folder of an RF2 release.")
@click.option("--valueset", multiple=True, type=_several, help="ValueSet with its expansion.")
@click.option("--conceptmap", multiple=True, type=_several, help="ConceptMap of local codes.")
@click.option("--toml", multiple=True, type=_several, help="Local codes and orders as TOML.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write."
)
def terminology_build(
    rf2: tuple[Path, ...],
    valueset: tuple[Path, ...],
    conceptmap: tuple[Path, ...],
    toml: tuple[Path, ...],
    out: Path,
) -> None:
    """Make one vocabulary file; SPINE_CDS_TERMINOLOGY names it to the service."""
    from cds_service.advice import compile_guideline  # noqa: PLC0415 - as above
    from cds_service.knowledge.loader import load_guideline  # noqa: PLC0415 - as above
    from cds_service.knowledge.vocabulary import vocabulary_json  # noqa: PLC0415 - as above
    from cds_service.terminology.building import (  # noqa: PLC0415 - as above
        Sources,
        build_vocabulary,
    )

    if not (rf2 or valueset or conceptmap or toml):
        raise click.UsageError("Name a source: --rf2, --valueset, --conceptmap or --toml.")
    guideline = load_guideline()
    compiled = compile_guideline(guideline)
    vocabulary = build_vocabulary(
        Sources(rf2, valueset, conceptmap, toml),
        guideline,
        compiled.index,
        compiled.catalog,
        _today(),
    )
    out.write_bytes(vocabulary_json(vocabulary))
    click.echo(f"{out}: {vocabulary.size} codes from {len(vocabulary.origins)} sources.")


@commands.command()
@click.option(
    "--release", is_flag=True, help="As strict as a release: review date, approval, memory."
)
def check(*, release: bool) -> None:
    """Check the guideline files: all mistakes at once, and every summary at its longest."""
    from cds_service.checks.authored_fhir import authored_remarks  # noqa: PLC0415 - as above
    from cds_service.checks.content import check_guideline  # noqa: PLC0415 - as above
    from cds_service.checks.scenario_kinds import scenario_remarks  # noqa: PLC0415 - as above
    from cds_service.checks.summary_lengths import length_remarks  # noqa: PLC0415 - as above
    from cds_service.knowledge.loader import load_guideline  # noqa: PLC0415 - as above

    guideline = load_guideline()
    vocabulary = load_settings(os.environ, None).terminology
    if vocabulary is not None:
        from cds_service.knowledge.vocabulary import load_vocabulary  # noqa: PLC0415 - as above

        loaded = load_vocabulary(vocabulary, guideline)
        click.echo(f"{vocabulary}: {loaded.size} codes, made {loaded.version}")
    scenarios = Path("tests", "scenarios")
    found = [
        *check_guideline(guideline, _today(), release=release),
        *length_remarks(guideline),
        *authored_remarks(guideline),
        *(scenario_remarks(guideline, scenarios) if scenarios.is_dir() else ()),
    ]
    errors = [finding for finding in found if finding.severity == "error"]
    warnings = [finding for finding in found if finding.severity == "warning"]
    for finding in (*errors, *warnings):
        click.echo(f"{finding.severity}: {finding.where}: {finding.message}")
    click.echo(f"{len(errors)} errors, {len(warnings)} warnings")
    if errors:
        sys.exit(1)


@commands.command("text")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--show", is_flag=True, help="Also what was read in every line.")
@_as_of_option
def text(file: Path, as_of: datetime | None, *, show: bool) -> None:
    """Read the order reasons of a file with tabs, and say how many of its labels are met.

    Exit 1 when a line is read as less than it is labelled, or a plain line gets a critical card.
    """
    from cds_service.replay.labelled import (  # noqa: PLC0415 - as above
        accuracy_table,
        read_line,
        read_lines,
        shown_line,
    )

    engine = _engine()
    day = as_of.date() if as_of is not None else _today()
    found = [read_line(line, engine, day) for line in read_lines(file)]
    for line in found:
        is_wrong = not line.is_right or (line.line.expected == "plain" and line.critical)
        if show or is_wrong:
            for row in shown_line(line):
                click.echo(row)
    for row in accuracy_table(found):
        click.echo(row)
    if any(not line.is_right for line in found):
        sys.exit(1)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _cases(paths: Iterable[Path], as_of: datetime | None) -> tuple[list[SavedCase], list[Unread]]:
    """Every case below the paths, and the files without one. `as_of`, else today, is for those that tell no day.

    Raises CaseError for a path without any: a run of nothing would look like a run without differences.
    """
    from cds_service.replay.cases import Day, SavedCase, Unread, find_cases  # noqa: PLC0415 - as above

    otherwise = Day(_today(), "today") if as_of is None else Day(as_of.date(), "option")
    found = []
    for path in paths:
        of_path = list(find_cases(path, otherwise))
        if not of_path:
            raise CaseError(
                f"{path}: holds no hook call. Name a JSON file with 'hook' and 'context', a patient's "
                "story, or a folder of them."
            )
        found += of_path
    cases = [item for item in found if isinstance(item, SavedCase)]
    return cases, [item for item in found if isinstance(item, Unread)]


def _engine() -> Engine:
    """The packaged guideline with the defaults of a service in open mode, and the vocabulary of the site."""
    from cds_service.advice import AdviceOptions, compile_guideline  # noqa: PLC0415 - as above
    from cds_service.cds_hooks.profiles import PROFILES  # noqa: PLC0415 - as above
    from cds_service.knowledge.loader import load_guideline  # noqa: PLC0415 - as above
    from cds_service.knowledge.vocabulary import load_vocabulary  # noqa: PLC0415 - as above
    from cds_service.replay.runner import Engine  # noqa: PLC0415 - as above

    settings = Settings()
    options = AdviceOptions(
        jurisdiction=settings.jurisdiction,
        site_country=settings.site_country,
        is_quiet=settings.show == "actionable",
        pama=settings.is_pama_on,
        qcdsm_id=settings.qcdsm_id,
        explain=settings.explain,
        card_on_missing_data=settings.on_missing_data == "card",
        max_orders=settings.max_orders,
        gives_links=bool(settings.public_url),
    )
    guideline = load_guideline()
    terminology = load_settings(os.environ, None).terminology
    vocabulary = load_vocabulary(terminology, guideline) if terminology is not None else None
    compiled = compile_guideline(guideline, vocabulary)
    return Engine(compiled, options, PROFILES[settings.profile])


def _refuse_wrong_guideline(guideline: Guideline) -> None:
    """Tells mistakes in the guideline here, once, rather than in each worker; warns past its review date."""
    from cds_service.checks.authored_fhir import authored_remarks  # noqa: PLC0415 - other commands start without it

    mistakes = tuple(f"{found.where}: {found.message}" for found in authored_remarks(guideline))
    if mistakes:
        raise KnowledgeError(mistakes)
    if _today() > guideline.content.review_by:
        click.echo(
            f"The guideline {guideline.content.version} was due for review on "
            f"{guideline.content.review_by.isoformat()}. Ask its owner for a newer version.",
            err=True,
        )


def _serve(settings: Settings) -> None:
    from cds_service.web.server import run_server  # noqa: PLC0415 - other commands start without a server

    def prepare() -> None:
        with uncollected():
            # Not before: the counts look at their import whether they are shared.
            from cds_service.app import compiled_for, prepare_workers  # noqa: PLC0415

            _refuse_wrong_guideline(compiled_for(settings).guideline)
            prepare_workers(settings)

    run_server("cds_service.app:worker", settings, prepare)


def _tell(heading: str, mistakes: tuple[str, ...]) -> None:
    click.echo(heading, err=True)
    for mistake in mistakes:
        click.echo(f"  {mistake}", err=True)
