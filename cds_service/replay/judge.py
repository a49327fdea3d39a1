"""Judges the charts and calls of one part of a run: the same in every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from cds_service.errors import SpineCdsError
from cds_service.evidence.loose_json import as_object, as_text, read_json
from cds_service.replay.cases import SavedCase, Unread, expecting, read_case
from cds_service.replay.chart_orders import (
    NOT_NAMED,
    ChartOrder,
    OrderFacts,
    OrderMaker,
    Undated,
)
from cds_service.replay.charts import Chart
from cds_service.replay.details import MOST_PLACES, Details, count, merge_details
from cds_service.replay.engine_choice import EngineChoice, make_engine
from cds_service.replay.front_door import FrontDoor
from cds_service.replay.judging import count_order, rows_of
from cds_service.replay.modes import count_modes
from cds_service.replay.pieces import Piece
from cds_service.replay.readiness import Meanings, Readiness
from cds_service.replay.rows import Row, RowsDigest, row_line
from cds_service.replay.runner import Outcome, checked_case

_OK: Final = 200
_UNDATED: Final = "an order that nothing dates to the day; judge it with --as-of DATE"

WriteRow = Callable[[Row], object]


class Judged(Struct):
    """What came of a part of a run."""

    digest: RowsDigest
    details: Details


class Judge:
    """One for each process: loads the guideline once."""

    def __init__(self, choice: EngineChoice, door: FrontDoor | None = None) -> None:
        self.choice = choice
        self._door = door
        self.engine = make_engine(choice)
        self._names = choice.names
        self._meanings = Meanings(self.engine.compiled)
        self._maker = OrderMaker(self.engine.compiled, choice.what_if, choice.as_of)

    def charts(self, charts: Iterable[Chart], write: WriteRow) -> Judged:
        """Judge every order of some charts; the rows come in the order of the charts."""
        digest, details = RowsDigest(), self._told_knowledge()
        readiness = Readiness(self._meanings)
        for chart in charts:
            try:
                self._chart(chart, readiness, Judged(digest, details), write)
            except (SpineCdsError, OSError):
                raise  # a service that is away, or a disk that is full
            except Exception as error:  # noqa: BLE001 - one bad chart must not cost the others
                why = f"the chart could not be judged to its end ({type(error).__name__} inside)"
                count_unread(details, Unread(self._patient(chart), why))
        merge_details(details, readiness.details())
        return Judged(digest, details)

    def _chart(self, chart: Chart, readiness: Readiness, so_far: Judged, write: WriteRow) -> None:
        details = so_far.details
        count(details, "charts", "all")
        if chart.repeated:
            count(details, "sources", "repeated", by=chart.repeated)
        readiness.add(chart)
        orders = tuple(self._maker.orders(chart))
        if orders:
            count(details, "charts", "with_orders")
        for order in orders:
            if isinstance(order, Undated):
                place = f"{self._patient(chart)} {self._names.reference(order.order)}"
                count_unread(details, Unread(place, _UNDATED))
                continue
            outcome = self._checked(order.case)
            count_differences(details, outcome, self._told(order))
            self._keep(outcome, order.facts, (so_far.digest, details), write)

    def _patient(self, chart: Chart) -> str:
        return f"{chart.dataset}/{self._names.of('Patient', chart.patient)}"

    def call(self, case: SavedCase, dataset: str, so_far: Judged, write: WriteRow) -> Outcome:
        """Judge one saved call."""
        outcome = self._checked(case)
        merge_details(so_far.details, self._told_knowledge())
        count(so_far.details, "sources", "hook_calls")
        count_differences(so_far.details, outcome, case.name)
        _count_call(so_far.details, outcome)
        facts = OrderFacts(dataset, "", "", "call", _user(case), NOT_NAMED)
        self._keep(outcome, facts, (so_far.digest, so_far.details), write)
        return outcome

    def _checked(self, case: SavedCase) -> Outcome:
        return checked_case(case, self.engine, self._door)

    def _told_knowledge(self) -> Details:
        content = self.engine.compiled.guideline.content
        return {"run": {"knowledge": f"{content.id} {content.version}"}}

    def _told(self, order: ChartOrder) -> str:
        facts = order.facts
        patient = self._names.of("Patient", facts.patient)
        return f"{facts.dataset}/{patient} {self._names.reference(facts.order)}"

    def _keep(
        self,
        outcome: Outcome,
        facts: OrderFacts,
        so_far: tuple[RowsDigest, Details],
        write: WriteRow,
    ) -> None:
        digest, details = so_far
        rows = tuple(rows_of(outcome, facts, self._names))
        count_modes(details, rows, outcome, self.engine)
        for row in rows:
            digest.add(row_line(row))
            count_order(details, row, facts, self._names)
            write(row)


def count_pieces(details: Details, kind: str, name: str, number: int) -> None:
    """Count pieces that were read, of a kind and a resource type."""
    if kind == "call":
        return
    count(details, "resources", name, by=number)
    count(details, "sources", "resources", by=number)
    if kind == "other":
        count(details, "sources", "of_other_types", by=number)


def count_differences(details: Details, outcome: Outcome, name: str) -> None:
    """Count a call that came out otherwise than it should, and name it as long as there are not very many."""
    if not outcome.differences:
        return
    count(details, "different", "all")
    places = details.setdefault("different_places", [])
    if len(places) < MOST_PLACES:
        places.append({"case": name, "differences": list(outcome.differences)})


def count_unread(details: Details, unread: Unread) -> None:
    """Count one piece that could not be read, and name it as long as there are not very many."""
    count(details, "unread", unread.why)
    places = details.setdefault("unread_places", [])
    if len(places) < MOST_PLACES:
        places.append({"file": unread.name, "line": unread.line, "why": unread.why})


def case_of(piece: Piece, choice: EngineChoice) -> SavedCase | Unread:
    """The saved call of a piece, with what stands beside its file of what has to come out."""
    case = read_case(piece.raw, piece.id.removesuffix(".json"), choice.otherwise)
    if isinstance(case, Unread):
        return Unread(piece.id, case.why)
    return expecting(Path(piece.path), case) if piece.path.endswith(".json") else case


def _count_call(details: Details, outcome: Outcome) -> None:
    """What the closing lines of a run say of saved calls."""
    count(details, "calls", "all")
    if outcome.differences:
        count(details, "calls", "different")
    if outcome.status != _OK:
        count(details, "calls", "errors", str(outcome.status))
    elif outcome.advice is None or not outcome.advice.cards:
        count(details, "calls", "without_cards")
    for card in outcome.advice.cards if outcome.advice is not None else ():
        count(details, "calls", "cards", card.id)


def _user(case: SavedCase) -> str:
    """Who called, as the call says."""
    context = as_object((read_json(case.body) or {}).get("context"))
    return as_text(context.get("userId")) or NOT_NAMED
