"""A comparison of two results for a terminal, as JSON, and as a page in one file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cds_service import __version__
from cds_service.pages.frame import page_environment, page_html
from cds_service.pages.numbers import counted, share
from cds_service.replay.compare import KINDS, Change, Comparison, Kind

HEADINGS: Final[dict[Kind, str]] = {
    "card": "Cards",
    "appropriateness": "Appropriateness",
    "urgency": "Urgency",
}
ON_SCREEN: Final = 20
ON_PAGE: Final = 1000
_SEVERITY: Final = ("emergency", "urgent", "routine")
_SPELLED: Final = {"mri": "MRI", "ct": "CT", "spa": "SpA"}
"""Words of names that are written otherwise than words."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words_of(code: str) -> str:
    """`NotYetIndicated` and `not-yet-indicated` as `Not yet indicated`; `MriSafety` as `MRI safety`."""
    words = _CAMEL.sub(" ", code).replace("-", " ").lower().split(" ")
    text = " ".join(_SPELLED.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def comparison_lines(found: Comparison) -> Iterator[str]:
    """The comparison in lines of text: sums, matrices, and the first orders of the list."""
    yield from _sum_lines(found)
    for kind in KINDS:
        if found.count(kind):
            yield ""
            yield from _matrix_lines(kind, found)
    for change in found.changes[:ON_SCREEN]:
        yield ""
        yield from _change_lines(change)
    if len(found.changes) > ON_SCREEN:
        yield ""
        yield f"… and {len(found.changes) - ON_SCREEN} more: --json and --report have the list."
    if found.is_same:
        yield "The same."


def _sum_lines(found: Comparison) -> Iterator[str]:
    yield f"before: {found.names[0]} ({_orders(found.rows[0])})"
    yield f"after:  {found.names[1]} ({_orders(found.rows[1])})"
    yield f"in both: {_orders(found.both)}"
    for name, only in zip(found.names, found.only, strict=True):
        if only:
            studies = ", ".join(f"{study} {count}" for study, count in only.most_common(8))
            yield f"only in {name}: {_orders(only.total())}: {studies}"
    if not found.both:
        yield no_match_note(found)
        return
    for kind in KINDS:
        yield f"{HEADINGS[kind]} {'change' if kind == 'card' else 'changes'}: {share(found.count(kind), found.both)}"
    lowered = sum(change.is_lowered for change in found.changes)
    if lowered:
        yield f"LESS URGENT: {_orders(lowered)}, first in the list"
    yield f"The same answer for another reason: {len(found.changes) - len(found.decided)}"


def no_match_note(found: Comparison) -> str:
    """Why nothing may have been found in both; empty where something was."""
    if found.both or not all(found.rows):
        return ""
    return "No order is in both. Were they made from the same data, and both with or both without --with-ids?"


def comparison_json(found: Comparison) -> bytes:
    """Everything as one JSON object."""
    body: dict[str, Any] = {
        "before": {"name": found.names[0], "orders": found.rows[0]},
        "after": {"name": found.names[1], "orders": found.rows[1]},
        "isSame": found.is_same,
        "inBoth": found.both,
        "same": found.same,
        "changed": {kind: found.count(kind) for kind in KINDS},
        "lessUrgent": sum(change.is_lowered for change in found.changes),
        "otherReasonOnly": len(found.changes) - len(found.decided),
        "onlyBefore": _only_json(found, 0),
        "onlyAfter": _only_json(found, 1),
        "matrices": {
            kind: [
                {"before": before, "after": after, "orders": orders}
                for (before, after), orders in sorted(found.matrices[kind].items())
            ]
            for kind in KINDS
        },
        "changes": found.changes,
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n"


def comparison_page(found: Comparison) -> str:
    """The comparison as a page that loads nothing."""
    return page_html(
        page_environment("cds_service.replay"),
        "comparison.html",
        is_inline=True,
        version=__version__,
        found=found,
        no_match=no_match_note(found),
        lowered=sum(change.is_lowered for change in found.changes),
        matrices=[_matrix_table(kind, found) for kind in KINDS if found.count(kind)],
        changes=[_change_row(change) for change in found.changes[:ON_PAGE]],
        on_page=ON_PAGE,
        kinds=[(HEADINGS[kind], found.count(kind)) for kind in KINDS],
    )


def _only_json(found: Comparison, which: int) -> dict[str, Any]:
    only = found.only[which]
    return {"orders": only.total(), "byStudy": dict(only), "named": found.only_keys[which]}


def _matrix(kind: Kind, found: Comparison) -> tuple[list[str], Counter[tuple[str, str]]]:
    cells = found.matrices[kind]
    totals: Counter[str] = Counter()
    for (before, after), orders in cells.items():
        totals[before] += orders
        totals[after] += orders
    if kind == "urgency":
        known = [value for value in _SEVERITY if value in totals]
        return known + sorted(set(totals) - set(known)), cells
    return [value for value, _ in totals.most_common()], cells


def _matrix_heading(kind: Kind) -> str:
    return "First card" if kind == "card" else HEADINGS[kind]


def _matrix_lines(kind: Kind, found: Comparison) -> Iterator[str]:
    values, cells = _matrix(kind, found)
    yield f"{_matrix_heading(kind)}: orders by value before (down) and after (across)"
    width = max(len(value) for value in values)
    marks = [f"({number})" for number in range(1, len(values) + 1)]
    cell = max(6, *(len(str(orders)) for orders in cells.values())) + 1
    yield " " * (width + 6) + "".join(mark.rjust(cell) for mark in marks)
    for mark, before in zip(marks, values, strict=True):
        row = "".join(str(cells[before, after] or ".").rjust(cell) for after in values)
        yield f"{mark:>5} {before.ljust(width)}{row}"


def _matrix_table(kind: Kind, found: Comparison) -> dict[str, Any]:
    values, cells = _matrix(kind, found)
    shown = [words_of(value) for value in values]
    rows = [
        [
            words_of(before),
            *(counted(cells[before, after]) if cells[before, after] else "–" for after in values),
            counted(sum(cells[before, after] for after in values)),
        ]
        for before in values
    ]
    return {
        "heading": _matrix_heading(kind),
        "columns": [
            "Before, then after",
            *(("number", value) for value in shown),
            ("number", "All before"),
        ],
        "rows": rows,
    }


def _change_row(change: Change) -> list[Any]:
    rank = {"emergency": 3, "urgent": 2, "routine": 1}.get(change.after.urgency, 0)
    return [
        f"{change.case} {change.order}",
        change.as_of,
        change.study or "not read",
        _then(_cards_text(change.before.cards), _cards_text(change.after.cards)),
        _then(words_of(change.before.appropriateness), words_of(change.after.appropriateness)),
        {
            "shown": _then(words_of(change.before.urgency), words_of(change.after.urgency)),
            "sort": rank,
        },
        "; ".join(change.reasons),
    ]


def _change_lines(change: Change) -> Iterator[str]:
    mark = "LESS URGENT " if change.is_lowered else ""
    yield f"{mark}{change.case} {change.order} [{change.as_of}] {change.study or 'not read'}"
    if "card" in change.changed:
        yield f"  cards: {_cards(change.before.cards)} -> {_cards(change.after.cards)}"
    for kind in KINDS[1:]:
        if kind in change.changed:
            yield f"  {kind}: {getattr(change.before, kind)} -> {getattr(change.after, kind)}"
    for reason in change.reasons:
        yield f"  why: {reason}"


def _then(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _cards(cards: tuple[str, ...]) -> str:
    return ", ".join(cards) or "none"


def _cards_text(cards: tuple[str, ...]) -> str:
    return ", ".join(words_of(card) for card in cards) or "No card"


def _orders(count: int) -> str:
    return f"{counted(count)} order{'' if count == 1 else 's'}"
