"""A reading in words: all that a text says, in the shortest form that a file can hold."""

from __future__ import annotations

from typing import Any

from cds_service.evidence.text.model import Care, PainDuration, Statement, TextReading

_BESIDE = ("tempo", "year", "days_ago", "side", "unit")
_REMARKS = ("is_unread", "is_empty_of_meaning", "is_only_a_place", "names_unjudged")


def _said(found: Statement) -> str:
    """`concept state: quote [first-last character]`, and what its clause says beside it."""
    parts = [f"{found.concept} {found.state}: {found.quote} [{found.start}-{found.end}]"]
    parts += [
        f"{name} {value}" for name in _BESIDE if (value := getattr(found, name)) or value == 0
    ]
    parts += [" ".join(found.levels), " ".join(found.regions)]
    parts += [f"{found.number:g}"] if found.number is not None else []
    return " | ".join(part for part in parts if part)


def _lasting(found: PainDuration | None) -> str:
    return "" if found is None else f"{found.least}-{found.most}: {found.quote}"


def _tried(found: Care | None) -> str:
    if found is None:
        return ""
    outcome = "failed" if found.has_failed else "tried"
    return f"{' '.join(found.kinds)} {outcome}, {found.days} days: {found.quote}"


def whole(found: TextReading) -> dict[str, Any]:
    """A reading as a case of readings.toml, without its text; what is empty is left out."""
    parts = {
        "language": "" if found.language == "en" else found.language,
        "says": [_said(statement) for statement in found.statements],
        "lasts": _lasting(found.duration),
        "care": _tried(found.care),
        "left_over": list(found.left_over),
        "remarks": [name for name in _REMARKS if getattr(found, name)],
    }
    return {name: value for name, value in parts.items() if value}
