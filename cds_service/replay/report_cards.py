"""The report's cards: how many of each, by mode, and by what the data say of the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cds_service.pages.numbers import SMALLEST_SHOWN, counted, per_thousand, share
from cds_service.pages.plots import Series, lying_bars, standing_bars
from cds_service.replay.comparison_texts import words_of
from cds_service.replay.report_counts import Slice, merged, most_frequent, slices_of
from cds_service.replay.report_names import (
    IN_PLOT,
    INDICATORS,
    MODALITIES,
    NOT_NAMED,
    RunFacts,
    region_text,
)


def cards_of_kind(run: RunFacts, indicator: str) -> int:
    """Cards of this kind."""
    return sum(
        number
        for card, number in run.counts.all.cards.items()
        if run.indicators.get(card) == indicator
    )


def mode_rows(run: RunFacts) -> list[list[str]]:
    """What each mode of showing cards would have shown."""
    orders = run.counts.advised
    rows = []
    for name, label in (("all", "All cards"), ("actionable", "Actionable cards only")):
        mode = run.details.get("modes", {}).get(name)
        if mode is None:
            continue
        cards = mode.get("cards", {})
        by_kind: Counter[str] = Counter()
        for card, number in cards.items():
            by_kind[run.indicators.get(card, "info")] += number
        shown = sum(cards.values())
        rows.append(
            [
                label,
                share(mode.get("with_card", 0), orders),
                counted(shown),
                per_thousand(shown, orders),
                *(per_thousand(by_kind[kind], orders) for kind in INDICATORS),
            ]
        )
    return rows


def card_figure(run: RunFacts) -> dict[str, Any]:
    """Every kind of card, most frequent first."""
    orders = run.counts.all.orders
    found = most_frequent(run.counts.all.cards)
    return {
        "figure": lying_bars(
            [words_of(card) for card, _ in found],
            _by_indicator(run, [{card: number} for card, number in found], [orders] * len(found)),
            "Cards per 1,000 orders",
        ),
        "rows": [
            [
                words_of(card),
                _state(run, card),
                counted(number),
                per_thousand(number, orders),
                run.summaries.get(card, "–"),
            ]
            for card, number in found
        ],
    }


def dimensions(run: RunFacts) -> list[dict[str, Any]]:
    """Cards by month, modality, region, clinic, clinician and data set."""
    counts = run.counts
    orders, cards = run.details.get("orders_by", {}), run.details.get("cards_by", {})
    found = [
        _dimension(run, "Month", "month", sorted(counts.by_month.items()), upright=True),
        _dimension(
            run,
            "Modality",
            "modality",
            [(MODALITIES.get(name, name), one) for name, one in _largest(counts.by_modality)],
        ),
        _dimension(
            run,
            "Region",
            "region",
            [(region_text(name), one) for name, one in _largest(counts.by_region)],
        ),
    ]
    for title, name in (
        ("Clinic", "clinic"),
        ("Clinician", "clinician"),
        ("Data set", "dataset"),
    ):
        slices = slices_of(orders.get(name, {}), cards.get(name, {}))
        if name == "dataset" and len(slices) < 2:  # noqa: PLR2004 - one is the whole
            continue
        if set(slices) == {NOT_NAMED}:
            slices = {}
        found.append(_dimension(run, title, name, _shielded(slices, name)))
    return found


def _dimension(
    run: RunFacts, title: str, name: str, slices: list[tuple[str, Slice]], *, upright: bool = False
) -> dict[str, Any]:
    plotted = slices if upright else slices[:IN_PLOT]
    series = _by_indicator(
        run, [one.cards for _, one in plotted], [one.orders for _, one in plotted]
    )
    labels = [value for value, _ in plotted]
    figure = (
        standing_bars(labels, series, "Cards per 1,000 orders", "Month of the order")
        if upright
        else lying_bars(labels, series, "Cards per 1,000 orders")
    )
    return {
        "title": title,
        "name": name,
        "figure": figure if series else None,
        "rows": [_slice_row(run, value, one) for value, one in slices],
    }


def cards_per_thousand(run: RunFacts, one: Slice) -> list[str]:
    """Cards per 1,000 orders of a slice: all, critical, warning, information."""
    by_kind: Counter[str] = Counter()
    for card, number in one.cards.items():
        by_kind[run.indicators.get(card, "info")] += number
    return [
        per_thousand(number, one.orders)
        for number in (one.cards.total(), *(by_kind[kind] for kind in INDICATORS))
    ]


def _slice_row(run: RunFacts, value: str, one: Slice) -> list[Any]:
    most = most_frequent(one.cards)[:1]
    return [
        value,
        counted(one.orders),
        *cards_per_thousand(run, one),
        f"{words_of(most[0][0])} ({per_thousand(most[0][1], one.orders)})" if most else "–",
    ]


def _state(run: RunFacts, card: str) -> dict[str, Any]:
    kind = run.indicators.get(card, "info")
    return {"state": kind, "sort": INDICATORS.index(kind)}


def _by_indicator(
    run: RunFacts, cards: list[Mapping[str, int]], orders: list[int]
) -> tuple[Series, ...]:
    """Cards per 1,000 orders of each slice, by indicator."""
    looks = (
        ("critical", "▲ Critical"),
        ("warning", "◆ Warning"),
        ("info", "● Information"),
    )
    series = []
    for kind, name in looks:
        values = tuple(
            round(
                1000
                * sum(n for card, n in of.items() if run.indicators.get(card, "info") == kind)
                / max(every, 1),
                2,
            )
            for of, every in zip(cards, orders, strict=True)
        )
        if any(values):
            series.append(Series(name, values, f"plot-{kind}"))
    return tuple(series)


def _shielded(slices: Mapping[str, Slice], name: str) -> list[tuple[str, Slice]]:
    """Largest first; those that are few and could be recognized as one row at the end."""
    if name == "dataset":
        return _largest(slices)
    kept = {
        value: one
        for value, one in slices.items()
        if one.orders >= SMALLEST_SHOWN and value != NOT_NAMED
    }
    few = [one for value, one in slices.items() if value not in kept and value != NOT_NAMED]
    found = _largest(kept)
    if few:
        found.append((f"{len(few)} with under {SMALLEST_SHOWN} orders each", merged(few)))
    if NOT_NAMED in slices:
        found.append(("Not named in the data", slices[NOT_NAMED]))
    return found


def _largest(slices: Mapping[str, Slice]) -> list[tuple[str, Slice]]:
    return sorted(slices.items(), key=lambda item: (-item[1].orders, item[0]))
