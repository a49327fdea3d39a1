"""What every fixture is answered: by the service over HTTP, and as the rows of a run have it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.replay.cases import SavedCase
from cds_service.replay.rows import Row
from cds_service.settings import Settings
from tests import shipped

EXTENSION = "org.spine-imaging-cds.advice"


class Answer(NamedTuple):
    """What one order of one call was told."""

    call: int
    """Its line in the file of calls."""
    order: str
    as_of: str
    scenario: str | None
    appropriateness: str | None
    urgency: str | None
    cards: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    criteria: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Id, state and where its evidence stands."""
    gaps: tuple[str, ...]


def write_calls(cases: Iterable[SavedCase], path: Path) -> None:
    """One call a line, each with its own day."""
    with path.open("w", encoding="utf-8") as file:
        for case in cases:
            call = {"as_of": case.as_of.isoformat(), "request": json.loads(case.body)}
            file.write(json.dumps(call) + "\n")


def answers_by_web(cases: Sequence[SavedCase]) -> list[Answer]:
    """Of a service whose day is that of the call."""
    return sorted(
        answer for number, case in enumerate(cases, 1) for answer in _by_web(number, case)
    )


def answers_in(rows: Iterable[Row], file: str) -> list[Answer]:
    """Of the rows that come from this file of calls."""
    return sorted(
        Answer(
            int(row.case.rpartition(":")[2]),
            row.order,
            row.as_of,
            row.scenario,
            row.appropriateness,
            row.urgency,
            row.cards,
            tuple(sorted(row.groups.items())),
            tuple(
                sorted(
                    (one.id, one.state, tuple(sorted(held.reference for held in one.evidence)))
                    for one in row.criteria
                )
            ),
            tuple(sorted({gap.source for gap in row.gaps})),
        )
        for row in rows
        if row.case.startswith(file)
    )


@cache
def _client(day: str) -> FlaskClient:
    now = datetime.combine(datetime.fromisoformat(day), time(12), tzinfo=UTC)
    app = create_app(Settings(as_of=now.date()), shipped.compiled(), clock=lambda: now)
    return app.test_client()


def _by_web(number: int, case: SavedCase) -> list[Answer]:
    day = case.as_of.isoformat()
    response = _client(day).post(
        f"/cds-services/{case.service_id}", data=case.body, content_type="application/json"
    )
    found: Any = response.get_json()
    if response.status_code != 200:
        keys = {
            where.removeprefix("prefetch.") for one in found["issue"] for where in one["expression"]
        }
        return [Answer(number, "", day, None, None, None, (), (), (), tuple(sorted(keys)))]
    advice = found.get("extension", {}).get(EXTENSION, {})
    gaps = tuple(sorted({gap["source"] for gap in advice.get("gaps", ())}))
    return [
        Answer(
            number,
            one["order"],
            advice["asOf"],
            one["scenario"],
            one["appropriateness"],
            one["urgency"],
            (*one.get("cards", ()), *advice.get("callCards", ())),
            tuple(sorted(one.get("groups", {}).items())),
            tuple(
                sorted(
                    (
                        held["id"],
                        held["state"],
                        tuple(sorted(where["reference"] for where in held["evidence"])),
                    )
                    for held in one.get("criteria", ())
                )
            ),
            gaps,
        )
        for one in advice.get("assessments", ())
    ]
