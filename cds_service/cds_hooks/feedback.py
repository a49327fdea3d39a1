"""Feedback of a CDS client: what became of the cards (CDS Hooks 2.0, section Feedback).

A batch may hold entries of many calls and of several clients' dialects. One bad entry never costs
the others: it is reported with its place, and the good ones are kept.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cds_service.errors import HookRequestError

Outcome = Literal["accepted", "overridden"]

MAX_ENTRIES: Final = 1000
"""Entries of one batch. They are written before the answer, so a batch must stay small."""
_MAX_ID: Final = 200
_MAX_TEXT: Final = 300
_MAX_COMMENT: Final = 1000
_MAX_SUGGESTIONS: Final = 50
_EPIC: Final = "com.epic.cdshooks.feedback.overrideReason.reason"
_OUTCOMES: Final[Mapping[str, Outcome]] = {"accepted": "accepted", "overridden": "overridden"}


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """Why a card was overridden. One of `code` and `display` is never empty."""

    code: str
    system: str | None
    """None where the client left it out, which the CDS Hooks sandbox does."""
    display: str


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """What became of one card."""

    index: int
    """Position in the batch."""
    card: str
    """The card's uuid as we gave it; any other text is kept too, some clients have ids of their own."""
    outcome: Outcome
    accepted_suggestions: tuple[str, ...]
    """Uuids, never empty for an accepted card."""
    reason: OverrideReason | None
    user_comment: str
    outcome_at: datetime | None
    """In UTC; None when the client gave none."""


@dataclass(frozen=True, slots=True)
class FeedbackProblem:
    """One entry that was left out, and why. Echoes nothing of the entry."""

    index: int
    expression: str
    """Where: `feedback[2].outcome`."""
    expected: str
    code: str
    """FHIR issue-type code."""


@dataclass(frozen=True, slots=True)
class FeedbackBatch:
    """One feedback call. Both may be non-empty, not both empty."""

    entries: tuple[FeedbackEntry, ...]
    problems: tuple[FeedbackProblem, ...]


def parse_feedback(body: bytes) -> FeedbackBatch:
    """One feedback call, entry by entry.

    Raises HookRequestError when the body as a whole is no feedback: 400, or 413 for too many entries.
    """
    entries: list[FeedbackEntry] = []
    problems: list[FeedbackProblem] = []
    for index, value in enumerate(_entry_values(body)):
        try:
            entries.append(_parse_entry(index, value))
        except HookRequestError as error:
            problems.append(FeedbackProblem(index, error.expression, str(error), error.code))
    return FeedbackBatch(tuple(entries), tuple(problems))


def _entry_values(body: bytes) -> list[Any]:
    try:
        decoded = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise HookRequestError("the body is not JSON", code="structure") from None
    if not isinstance(decoded, dict):
        raise HookRequestError("the body has to be a JSON object with `feedback`", code="structure")
    values = decoded.get("feedback")
    if not isinstance(values, list) or not values:
        raise HookRequestError(
            "`feedback` has to be an array with at least one entry",
            expression="feedback",
            code="required" if values is None else "value",
        )
    if len(values) > MAX_ENTRIES:
        raise HookRequestError(
            f"`feedback` holds more than {MAX_ENTRIES} entries: send it in several calls",
            expression="feedback",
            status=413,
            code="too-long",
        )
    return values


def _parse_entry(index: int, value: Any) -> FeedbackEntry:
    here = f"feedback[{index}]"
    if not isinstance(value, dict):
        raise HookRequestError("expected an object", expression=here)
    outcome_text = value.get("outcome")
    outcome = _OUTCOMES.get(outcome_text.strip().lower()) if isinstance(outcome_text, str) else None
    if outcome is None:
        raise HookRequestError(
            "expected `accepted` or `overridden`", expression=f"{here}.outcome", code="value"
        )
    reason, comment = (
        _parse_reason(value, here) if outcome == "overridden" else (None, _comment(value))
    )
    return FeedbackEntry(
        index=index,
        card=_parse_id(value.get("card"), f"{here}.card", "the uuid of the card"),
        outcome=outcome,
        accepted_suggestions=_parse_suggestions(value, here) if outcome == "accepted" else (),
        reason=reason,
        user_comment=comment,
        outcome_at=_parse_instant(value.get("outcomeTimestamp"), f"{here}.outcomeTimestamp"),
    )


def _parse_id(value: Any, expression: str, what: str) -> str:
    text = _text(value, _MAX_ID + 1)
    if not text or len(text) > _MAX_ID:
        raise HookRequestError(
            f"expected {what}, at most {_MAX_ID} characters",
            expression=expression,
            code="required" if value is None else "value",
        )
    try:
        # A client may give the same uuid in another spelling: upper case, or as a URN.
        return str(UUID(text))
    except ValueError:
        return text


def _parse_suggestions(entry: Mapping[str, Any], here: str) -> tuple[str, ...]:
    expression = f"{here}.acceptedSuggestions"
    values = entry.get("acceptedSuggestions")
    if isinstance(values, dict):
        values = [values]
    if not isinstance(values, list) or not values or len(values) > _MAX_SUGGESTIONS:
        raise HookRequestError(
            f"expected an array of 1 to {_MAX_SUGGESTIONS} suggestions, each with its `id`",
            expression=expression,
            code="required" if values is None else "value",
        )
    ids = (
        _parse_id(
            value.get("id", value.get("uuid")) if isinstance(value, dict) else value,
            f"{expression}[{position}].id",
            "the uuid of the suggestion",
        )
        for position, value in enumerate(values)
    )
    return tuple(dict.fromkeys(ids))


def _parse_reason(entry: Mapping[str, Any], here: str) -> tuple[OverrideReason | None, str]:
    # The plural key is Epic's.
    key = "overrideReason" if entry.get("overrideReason") is not None else "overrideReasons"
    value = entry.get(key)
    values = value if isinstance(value, list) else [value]
    reason: OverrideReason | None = None
    comment = _comment(entry)
    for given in values:
        if isinstance(given, str):
            comment = comment or _text(given, _MAX_COMMENT)
        elif isinstance(given, dict):
            reason = reason or _read_reason(given)
            comment = comment or _comment(given)
        elif given is not None:
            raise HookRequestError(
                "expected an object with `reason` or `userComment`", expression=f"{here}.{key}"
            )
    return reason or _read_epic_extension(entry), comment


def _read_reason(given: Mapping[str, Any]) -> OverrideReason | None:
    for value in _codings(given):
        code = _text(value.get("code"), _MAX_TEXT)
        display = _text(value.get("display"), _MAX_TEXT) or _text(value.get("text"), _MAX_TEXT)
        if code or display:
            return OverrideReason(code, _text(value.get("system"), _MAX_TEXT) or None, display)
    return _read_epic_extension(given)


def _codings(given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Where a Coding may stand: in `reason`, in a CodeableConcept there, or flat as in the drafts of 1.1."""
    reason = given.get("reason")
    for value in _objects(reason if isinstance(reason, list) else [reason]):
        nested = value.get("coding")
        if isinstance(nested, list):
            yield from _objects(nested)
        yield value
    yield given


def _objects(values: list[Any]) -> list[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _read_epic_extension(given: Mapping[str, Any]) -> OverrideReason | None:
    reason = given.get("reason")
    for place in (given, reason):
        extension = place.get("extension") if isinstance(place, dict) else None
        if not isinstance(extension, dict):
            continue
        code = _text(extension.get(f"{_EPIC}Category"), _MAX_TEXT)
        display = _text(extension.get(f"{_EPIC}Display"), _MAX_TEXT) or _text(
            extension.get(f"{_EPIC}Title"), _MAX_TEXT
        )
        if code or display:
            return OverrideReason(code, None, display)
    return None


def _comment(given: Mapping[str, Any]) -> str:
    return _text(given.get("userComment"), _MAX_COMMENT)


def _parse_instant(value: Any, expression: str) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        # A time without a zone is read as UTC, which the specification asks for.
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        raise HookRequestError(
            "expected a time as in RFC 3339, such as 2026-06-15T09:30:00Z",
            expression=expression,
            code="value",
        ) from None


def _text(value: Any, limit: int) -> str:
    """A text or a number as one line; anything else is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # Control characters have no place in a reason, and a NUL is refused by PostgreSQL.
    kept = "".join(character if character.isprintable() else " " for character in str(value))
    return " ".join(kept.split())[:limit]
