"""How many cards a clinician gets on a day, and which patients get the same card again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from cds_service.pages.numbers import SMALLEST_SHOWN, counted, per_thousand, share
from cds_service.pages.plots import Series, standing_bars
from cds_service.replay.comparison_texts import words_of
from cds_service.replay.report_counts import most_frequent
from cds_service.replay.report_names import RunFacts

_CARDS_A_DAY: Final = (0, 1, 2, 5, 10)
"""Lower ends of the classes of cards that a clinician gets on a day."""


def burden_of(run: RunFacts) -> dict[str, Any] | None:
    """Days and clinicians by cards; None where the data name no clinician."""
    days: Mapping[str, Mapping[str, Any]] = run.details.get("clinician_days", {})
    if not days:
        return None
    per_day: Counter[int] = Counter()
    loud_days: Counter[int] = Counter()
    clinicians: dict[str, list[tuple[int, int, int]]] = {}
    for name, found in days.items():
        cards = found.get("cards", {})
        shown = sum(cards.values())
        loud = sum(n for card, n in cards.items() if run.indicators.get(card) != "info")
        per_day[shown] += 1
        loud_days[loud] += 1
        clinicians.setdefault(name.rpartition("|")[0], []).append(
            (found.get("orders", 0), shown, loud)
        )
    classes = _classes(per_day), _classes(loud_days)
    rows = sorted(
        (_clinician_row(name, found) for name, found in clinicians.items()),
        key=lambda row: row[0]["sort"] if isinstance(row[0], dict) else row[0],
    )
    kept = [row for row in rows if row[1] >= SMALLEST_SHOWN]
    few = len(rows) - len(kept)
    return {
        "days": len(days),
        "clinicians": len(clinicians),
        "few": few,
        "figure": standing_bars(
            [label for label, _ in classes[0]],
            (Series("● All cards", tuple(float(n) for _, n in classes[0]), "plot-present"),),
            "Days of a clinician",
            "Cards on that day",
        ),
        "classes": [
            [label, share(every, len(days)), share(loud, len(days))]
            for (label, every), (_, loud) in zip(*classes, strict=True)
        ],
        "rows": [[row[0], counted(row[1]), *row[2:]] for row in kept],
    }


def repeat_rows(run: RunFacts) -> list[list[str]]:
    """Kinds of cards that a patient got more than once."""
    counts = run.counts
    rows = []
    for card, number in most_frequent(counts.all.cards):
        again = number - counts.patient_cards[card]
        same_day = number - counts.day_cards[card]
        if again:
            rows.append(
                [words_of(card), counted(number), share(again, number), share(same_day, number)]
            )
    return rows


def _classes(days: Mapping[int, int]) -> list[tuple[str, int]]:
    """Days by number of cards, in a few classes."""
    ends = (*(low - 1 for low in _CARDS_A_DAY[1:]), None)
    return [
        (
            str(low) if high == low else f"{low}–{high}" if high is not None else f"{low} or more",
            sum(
                number
                for cards, number in days.items()
                if cards >= low and (high is None or cards <= high)
            ),
        )
        for low, high in zip(_CARDS_A_DAY, ends, strict=True)
    ]


def _clinician_row(name: str, days: list[tuple[int, int, int]]) -> list[Any]:
    orders, cards, loud = (sum(day[position] for day in days) for position in range(3))
    return [
        name,
        orders,
        counted(len(days)),
        f"{cards / len(days):.1f}",
        counted(max(day[1] for day in days)),
        f"{loud / len(days):.1f}",
        per_thousand(cards, orders),
    ]
