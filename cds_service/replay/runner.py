"""Replays cases and says what came out: here, and on request from a running service as well."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Protocol

import msgspec
import requests

from cds_service.advice import Advice, AdviceOptions, CompiledGuideline, advise, in_scope
from cds_service.cds_hooks.client_options import read_client_options
from cds_service.cds_hooks.model import Card, HookRequest
from cds_service.cds_hooks.profiles import ClientProfile
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.cds_hooks.response import ADVICE_EXTENSION, response_json
from cds_service.errors import HookRequestError, PatientDataUnavailable, SpineCdsError
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.anchors import Cards
from cds_service.replay.cases import DayFrom, SavedCase
from cds_service.replay.moved import moved_body

_TIMEOUT = 30
_INCIDENT = 500
_NEVER_HIDDEN = frozenset((Cards.PARTIAL_DATA,))
_BYTES_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """The guideline, the site's choices and the client profile that cases are replayed with."""

    compiled: CompiledGuideline
    options: AdviceOptions
    profile: ClientProfile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one case."""

    case: SavedCase
    status: int
    """As the web service answers: 200, 400, 412."""
    body: bytes
    """The response body; empty for an error."""
    advice: Advice | None
    problem: str
    """Why there is no advice; empty when there is."""
    differences: tuple[str, ...] = ()
    """From what was expected, and from what a running service said."""
    lacking: tuple[tuple[str, str], ...] = ()
    """(prefetch key, why) of the required data that kept the advice from being given."""


def replay_case(case: SavedCase, engine: Engine) -> Outcome:
    """One case through the steps of the web service, without web and network."""
    try:
        request = parse_hook_request(case.service_id, case.body)
        wants_card = engine.options.card_on_missing_data
        if not in_scope(request, engine.compiled, card_on_missing_data=wants_card):
            return Outcome(case, 200, response_json((), (), None, engine.profile), None, "")
        sources = complete(request, requirements_for(request.hook), None)
        options = _as_the_client_chose(engine, request)
        advice = advise(request, sources, engine.compiled, case.as_of, options)
    except HookRequestError as error:
        return Outcome(case, error.status, b"", None, str(error))
    except PatientDataUnavailable as error:
        lacking = tuple(zip(error.keys, map(_as_gap, error.causes), strict=True))
        return Outcome(case, 412, b"", None, str(error), lacking=lacking)
    body = response_json(advice.cards, advice.system_actions, advice.extension_json, engine.profile)
    return Outcome(case, 200, body, advice, "")


class Door(Protocol):
    """Another way to the same answers."""

    def compare(self, case: SavedCase, engine: Engine) -> Iterator[str]:
        """How its answer differs from ours."""
        ...


def checked_case(case: SavedCase, engine: Engine, service: Door | None) -> Outcome:
    """One case, compared with what it expects, and with what a running service says to it.

    A bug in us is an outcome with status 500 and a difference: the cases after it are replayed all the same.
    """
    try:
        outcome = replay_case(case, engine)
    except Exception as error:  # noqa: BLE001 - one bad case must not hide the others
        problem = f"{type(error).__name__} inside; replay it alone with `explain` to see where"
        return Outcome(case, _INCIDENT, b"", None, problem, (f"status {_INCIDENT}: {problem}",))
    differences = [*compare_with_expected(outcome)]
    if service is not None:
        differences += service.compare(case, engine)
    return replace(outcome, differences=tuple(differences))


def _as_gap(cause: str) -> str:
    """The reason of a gap for one of the causes of a failed read."""
    return "not-provided" if cause in ("not-provided", "misspelled-key") else "unreadable"


def _as_the_client_chose(engine: Engine, request: HookRequest) -> AdviceOptions:
    """The site's options with the choices that a client may make for itself, as the service takes them."""
    cards = frozenset(card.id for card in engine.compiled.guideline.wording.card)
    chosen = read_client_options(request.extension, cards - _NEVER_HIDDEN)
    return replace(engine.options, max_cards=chosen.max_cards, hidden_cards=chosen.hidden_cards)


def compare_with_expected(outcome: Outcome) -> Iterator[str]:
    """Differences from what the case expects: this status, exactly these cards, in this order.

    A case that expects nothing may have any cards; an error is what nobody expects.
    """
    if outcome.case.expected is None:
        if outcome.status != 200:  # noqa: PLR2004 - HTTP
            yield f"an error that was not expected: {outcome.status} ({outcome.problem})"
        return
    if outcome.status != outcome.case.expected_status:
        why = f" ({outcome.problem})" if outcome.problem else ""
        yield f"expected status {outcome.case.expected_status}; got {outcome.status}{why}"
        return
    got = [card_summary(card) for card in (outcome.advice.cards if outcome.advice else ())]
    wanted = [dict(card) for card in outcome.case.expected]
    if got != wanted:
        yield f"expected {_cards_text(wanted) or 'no card'}; got {_cards_text(got) or 'no card'}"
    explained = outcome.case.expected_explanation
    if explained is not None:
        yield from _explanation_differences(explained, explained_json(outcome))


def explained_json(outcome: Outcome) -> dict[str, Any]:
    """What a story promises of the explanation: what was found, from which resource, and what was not read."""
    extension = outcome.advice.extension_json if outcome.advice is not None else None
    return {
        key: extension[key] for key in ("assessments", "gaps") if extension and key in extension
    }


def _explanation_differences(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for key in ("assessments", "gaps"):
        one, other = wanted.get(key), got.get(key)
        if one != other:
            yield (
                f"the explanation differs in {key}"
                f"{_first_difference(msgspec.json.encode(one), msgspec.json.encode(other))}"
            )


def card_summary(card: Card) -> dict[str, Any]:
    """What a story promises of a card."""
    return {
        "id": card.id,
        "indicator": card.indicator,
        "summary": card.summary,
        "suggestions": [suggestion.id for suggestion in card.suggestions],
    }


def _cards_text(cards: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{card.get('indicator')} {card.get('id')} ({card.get('summary')}) "
        f"[{', '.join(card.get('suggestions', ()))}]"
        for card in cards
    )


@dataclass(slots=True)
class RunningService:
    """A service that the same cases are sent to; both doors have to give the same bytes."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    _today: date | None = None

    def compare(
        self, case: SavedCase, engine: Engine, seconds: list[float] | None = None
    ) -> Iterator[str]:
        """Send the case, moved to the service's own day, and compare the answer byte by byte.

        How long the answer took is added to `seconds`.
        """
        day = self._day(case)
        moved = moved_case(case, day)
        here = replay_case(moved, engine)
        started = time.perf_counter()
        status, body = self._post(moved)
        if seconds is not None:
            seconds.append(time.perf_counter() - started)
        if status != here.status:
            yield f"{self.url}: status {status}, here {here.status} {here.problem}"
        elif status == 200 and body != here.body:  # noqa: PLR2004 - HTTP
            yield f"{self.url}: other bytes than here{_first_difference(body, here.body)}"

    def _post(self, case: SavedCase) -> tuple[int, bytes]:
        try:
            answer = self.session.post(
                f"{self.url.rstrip('/')}/cds-services/{case.service_id}",
                data=case.body,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            raise SpineCdsError(
                f"{self.url}: no answer ({type(error).__name__}). Is the service running there?"
            ) from error
        return answer.status_code, answer.content

    def _day(self, case: SavedCase) -> date:
        """The service's day, as its explanation says it; without one, cases stay on their own day."""
        if self._today is None:
            _, body = self._post(case)
            self._today = _as_of(body)
        return self._today or case.as_of


def moved_case(case: SavedCase, day: date) -> SavedCase:
    """The case with all its dates moved, so that its day is `day`."""
    days = (day - case.as_of).days
    return SavedCase(
        case.name,
        case.service_id,
        day,
        moved_body(case.body, days),
        case.expected,
        case.expected_file,
    )


def _as_of(body: bytes) -> date | None:
    try:
        text = msgspec.json.decode(body)["extension"][ADVICE_EXTENSION]["asOf"]
        return date.fromisoformat(text)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return None


def _first_difference(one: bytes, other: bytes) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    there = one[at : at + _BYTES_SHOWN].decode(errors="replace")
    here = other[at : at + _BYTES_SHOWN].decode(errors="replace")
    return f" from byte {at}: there {there!r}, here {here!r}"


@dataclass(slots=True)
class RunTally:
    """What a run of cases came to."""

    cases: int = 0
    different: int = 0
    without_cards: int = 0
    not_read: int = 0
    """Files that hold no case."""
    errors: Counter[int] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """The run in a few lines."""
        yield f"{_counted(self.cases, 'case')}, {self.different} with differences"
        if self.not_read:
            yield f"not read: {_counted(self.not_read, 'file')}"
        if self.cards:
            listed = ", ".join(f"{name} {count}" for name, count in self.cards.most_common())
            yield f"cards: {listed}"
        if self.without_cards:
            yield f"without a card: {self.without_cards}"
        if self.errors:
            listed = ", ".join(
                f"{status}: {count}" for status, count in sorted(self.errors.items())
            )
            yield f"answered with an error: {listed}"

    def count(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.cases += 1
        self.different += bool(outcome.differences)
        if outcome.status != 200:  # noqa: PLR2004 - HTTP
            self.errors[outcome.status] += 1
        elif outcome.advice is None or not outcome.advice.cards:
            self.without_cards += 1
        if outcome.advice is not None:
            self.cards.update(card.id for card in outcome.advice.cards)


def outcome_line(outcome: Outcome) -> str:
    """One line: the case, its order, its cards and why."""
    name = f"{outcome.case.name} [{day_text(outcome.case)}]"
    if outcome.status != 200:  # noqa: PLR2004 - HTTP
        return f"{name}: {outcome.status} {outcome.problem}"
    if outcome.advice is None:
        return f"{name}: no spine imaging order, no card"
    parts = []
    for assessment in outcome.advice.assessment.orders if outcome.advice.assessment else ():
        own = [card for card in outcome.advice.cards if card.is_about(assessment.order.reference)]
        cards = ", ".join(f"{card.indicator} {card.id}" for card in own) or "no card"
        why = ", ".join(
            f"{result.criterion.id} ({result.state.value})" for result in assessment.criteria[:4]
        )
        parts.append(
            f"{assessment.order.display} [{assessment.order.priority}] -> {cards}; "
            f"{assessment.scenario}{': ' + why if why else ''}"
        )
    return f"{name}: {' | '.join(parts)}"


_DAY_FROM: Final[Mapping[DayFrom, str]] = {
    "case": "",
    "order": ", the day of the order",
    "option": ", as given",
    "today": ", today",
}


def day_text(case: SavedCase) -> str:
    """The day that a case is judged on, and whose day it is where it is not the case's own."""
    return f"{case.as_of.isoformat()}{_DAY_FROM[case.day_from]}"


def expectation_json(outcome: Outcome) -> bytes:
    """What came out, in the form of a story's expectation."""
    body: dict[str, Any] = {}
    if outcome.status != 200:  # noqa: PLR2004 - HTTP
        body["status"] = outcome.status
    body["cards"] = [card_summary(card) for card in outcome.advice.cards] if outcome.advice else []
    explanation = explained_json(outcome)
    if explanation:
        body["explanation"] = explanation
    return msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
