"""What the report tells of findings: emergencies with their evidence, criteria, ages, and what could not be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cds_service.pages.numbers import counted, per_thousand, share
from cds_service.pages.plots import Series, lying_bars
from cds_service.replay.comparison_texts import words_of
from cds_service.replay.report_cards import cards_per_thousand
from cds_service.replay.report_counts import days_old, deciding, most_frequent
from cds_service.replay.report_names import IN_PLOT, RunFacts, study_text
from cds_service.replay.rows import FoundCriterion, Row

_AGES: Final = ("0-7", "8-30", "31-90", "91-365", "366-1825", "older", "undated")
_AGE_WORDS: Final = (
    "0–7 days",
    "8–30 days",
    "31–90 days",
    "91–365 days",
    "1–5 years",
    "Older",
    "No date",
)


def emergency(run: RunFacts, row: Row) -> list[str]:
    """One emergency with its evidence, as a row of a table."""
    levels = [level for level in ("active", "possible") if level in row.groups.values()][:1]
    groups = [
        f"{run.groups.get(group, group)} ({level})"
        for group, level in row.groups.items()
        if level in levels
    ]
    return [
        row.as_of,
        study_text(row.study),
        ", ".join(groups) or "–",
        "; ".join(line for found in deciding(row) for line in _evidence(run, found, row)),
        ", ".join(words_of(card) for card in row.cards) or "No card",
        f"{row.case} {row.order}",
    ]


def criteria_figure(run: RunFacts) -> dict[str, Any]:
    """Every criterion that was found, most frequent first, and the names of those that were not."""
    counts = run.counts
    found = most_frequent(counts.criteria)
    states = ("present", "suspected", "historical")
    plotted = found[:IN_PLOT]
    looks = (
        ("present", "Present", "present"),
        ("suspected", "Suspected", "suspected"),
        ("historical", "Historical", "other"),
    )
    series = tuple(
        Series(
            label,
            tuple(
                round(1000 * counts.states[name, state] / max(counts.advised, 1), 2)
                for name, _ in plotted
            ),
            f"plot-{color}",
        )
        for state, label, color in looks
    )
    return {
        "figure": lying_bars(
            [run.criteria.get(name, name) for name, _ in plotted],
            series,
            "Orders with the criterion per 1,000",
        )
        if found
        else None,
        "rows": [
            [
                run.criteria.get(name, name),
                counted(number),
                per_thousand(number, counts.advised),
                *(counted(counts.states[name, state]) for state in states),
                *cards_per_thousand(run, counts.by_criterion[name]),
            ]
            for name, number in found
        ],
        "never": [text for name, text in run.criteria.items() if name not in counts.criteria],
    }


def age_figure(run: RunFacts) -> dict[str, Any]:
    """How old the newest evidence of each criterion was; an age of the patient has none."""
    ages: dict[str, Mapping[str, int]] = {
        name: found
        for name, found in run.details.get("evidence_age", {}).items()
        if name not in run.ages
    }
    ordered = sorted(ages.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    plotted = ordered[:IN_PLOT]
    series = tuple(
        Series(
            label,
            tuple(
                round(100 * found.get(age, 0) / max(sum(found.values()), 1), 1)
                for _, found in plotted
            ),
            f"plot-age-{position}",
        )
        for position, (age, label) in enumerate(zip(_AGES, _AGE_WORDS, strict=True))
    )
    labels = [run.criteria.get(name, name) for name, _ in plotted]
    return {
        "figure": lying_bars(labels, series, "Share of the orders with the criterion, per cent")
        if plotted
        else None,
        "columns": [
            "Criterion",
            ("number", "Orders"),
            *(("number", age) for age in _AGE_WORDS),
        ],
        "rows": [
            [
                run.criteria.get(name, name),
                counted(sum(found.values())),
                *(counted(found.get(age, 0)) for age in _AGES),
            ]
            for name, found in ordered
        ],
    }


def gap_figures(run: RunFacts) -> dict[str, Any]:
    """What was not read, and where words were not understood."""
    counts = run.counts
    found = most_frequent(counts.gaps)
    return {
        "figure": lying_bars(
            [f"{words_of(source)}: {words_of(reason).lower()}" for (source, reason), _ in found],
            (
                Series(
                    "Orders",
                    tuple(round(1000 * n / max(counts.advised, 1), 1) for _, n in found),
                    "plot-other",
                ),
            ),
            "Orders per 1,000",
        )
        if found
        else None,
        "rows": [
            [
                words_of(source),
                words_of(reason),
                counted(number),
                share(number, counts.advised),
            ]
            for (source, reason), number in found
        ],
        "words": [
            [words_of(source), share(number, counts.advised)]
            for source, number in most_frequent(counts.words)
        ],
    }


def _evidence(run: RunFacts, found: FoundCriterion, row: Row) -> list[str]:
    name = run.criteria.get(found.id, found.id)
    lines = []
    for one in found.evidence:
        what = f"“{one.quote}”" if one.stated and one.quote else one.display
        said = ", ".join(part for part in (what, one.value) if part)
        age = _age_text(days_old(one, row.as_of), one.date)
        lines.append(f"{name} ({found.state}): {said} ({age}; {one.reference})")
    return lines


def _age_text(days: int | None, written: str) -> str:
    if days is None:
        return "no date"
    unit = "day" if days == 1 else "days"
    return f"{written}, {counted(days)} {unit} before" if days else f"{written}, the same day"
