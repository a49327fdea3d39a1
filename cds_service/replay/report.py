"""The report of a replay: one HTML page that is read without a network, made from rows, details and the guideline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cds_service import __version__
from cds_service.knowledge.model import Guideline
from cds_service.pages.frame import page_environment, page_html
from cds_service.pages.numbers import SMALLEST_SHOWN, counted, per_thousand, share
from cds_service.pages.plots import plot_script
from cds_service.replay.comparison_texts import words_of
from cds_service.replay.nearest import NearestSets
from cds_service.replay.report_burden import burden_of, repeat_rows
from cds_service.replay.report_cards import card_figure, cards_of_kind, dimensions, mode_rows
from cds_service.replay.report_counts import count_rows, most_frequent
from cds_service.replay.report_findings import (
    age_figure,
    criteria_figure,
    emergency,
    gap_figures,
)
from cds_service.replay.report_names import RunFacts
from cds_service.replay.report_readiness import (
    ReadyCriterion,
    UnreadCode,
    UnreadWords,
    ready_criteria,
    unread_codes,
    unread_words,
    vocabulary_lines,
    word_lines,
)
from cds_service.replay.rows import Row

_PLACES: Final = 50
"""Unread pieces that are named on the page."""


def report_page(rows: Iterable[Row], details: Mapping[str, Any], guideline: Guideline) -> str:
    """The report of a run. `details` are its counts, as `replay/details.py` has them; empty where they are not kept."""
    counts = count_rows(rows)
    run = RunFacts(counts, details, guideline)
    nearest = NearestSets(guideline)
    codes, codes_left = unread_codes(details, nearest)
    words, words_left = unread_words(details, nearest)
    ready = ready_criteria(guideline, details)
    return page_html(
        page_environment("cds_service.replay"),
        "report.html",
        is_inline=True,
        version=__version__,
        plotly=plot_script(),
        whose=_whose(details),
        run=details.get("run", {}),
        counts=counts,
        critical=cards_of_kind(run, "critical"),
        warning=cards_of_kind(run, "warning"),
        what_was_judged=_what_was_judged(details),
        urgency=_urgencies(run),
        appropriateness=_shares(
            counts.appropriateness,
            ("appropriate", "may-be-appropriate", "not-appropriate", "undetermined"),
            counts.advised,
        ),
        modes=mode_rows(run),
        emergencies=[emergency(run, row) for row in counts.emergencies],
        cards=card_figure(run),
        dimensions=dimensions(run),
        criteria=criteria_figure(run),
        ages=age_figure(run),
        burden=burden_of(run),
        repeats=repeat_rows(run),
        gaps=gap_figures(run),
        not_advised=[
            [words_of(source), words_of(reason), counted(number)]
            for (source, reason), number in most_frequent(counts.not_advised)
        ],
        unread=_unread(details),
        charts=details.get("charts", {}).get("all", 0),
        types=_types(details),
        ready=_ready(ready, details),
        reach=_reach(ready),
        out_of_reach=[one for one in ready if one.is_out_of_reach],
        ready_count=len(ready),
        codes_near=[_code_row(one) for one in codes if one.nearest],
        codes_far=[_code_row(one)[:-1] for one in codes if not one.nearest],
        codes_left=codes_left,
        code_lines=vocabulary_lines(codes),
        words=[_word_row(one) for one in words],
        words_left=words_left,
        word_lines=word_lines(words),
        smallest=SMALLEST_SHOWN,
        details=details,
    )


def _whose(details: Mapping[str, Any]) -> str:
    """What a case is: a chart is a patient's, and who a saved call is about no row tells."""
    if "calls" not in details:
        return "patients"
    return "patients and saved calls" if "charts" in details else "saved calls"


def _what_was_judged(details: Mapping[str, Any]) -> list[list[str]]:
    made_from = details.get("made_from", {})
    return [
        [_made_from(name), counted(number)]
        for name, number in sorted(made_from.items(), key=lambda item: (-item[1], item[0]))
    ]


def _unread(details: Mapping[str, Any]) -> dict[str, Any]:
    places = details.get("unread_places", [])
    reasons = details.get("unread", {})
    return {
        "total": sum(reasons.values()),
        "rows": [
            [why, counted(number)]
            for why, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ],
        "places": [
            f"{one['file']}{':' + str(one['line']) if one.get('line') else ''}: {one['why']}"
            for one in places[:_PLACES]
        ],
    }


def _types(details: Mapping[str, Any]) -> list[list[Any]]:
    charts = details.get("charts", {}).get("all", 0)
    types = details.get("readiness", {}).get("types", {})
    return [
        [
            kind,
            share(found.get("charts", 0), charts),
            counted(found.get("resources", 0)),
            share(found["coded"], found.get("resources", 0)) if "coded" in found else "–",
            share(found["dated"], found.get("resources", 0)) if "dated" in found else "–",
        ]
        for kind, found in sorted(
            types.items(), key=lambda item: (-item[1].get("charts", 0), item[0])
        )
    ]


def _ready(ready: Iterable[ReadyCriterion], details: Mapping[str, Any]) -> list[list[Any]]:
    charts = details.get("charts", {}).get("all", 0)
    rows: list[list[Any]] = []
    for one in ready:
        beside = [
            *(["birth date"] if one.by_age else []),
            *(["the order"] if one.by_order else []),
        ]
        for need in one.needs:
            trouble = [
                f"{text} in {counted(number)}"
                for text, number in (
                    ("no unit", need.unit_missing),
                    ("unknown unit", need.unit_unknown),
                    ("value that cannot be", need.implausible),
                    ("words alone", need.by_words),
                )
                if number
            ]
            rows.append(
                [
                    one.criterion,
                    one.group,
                    f"{need.title} ({need.kind})",
                    _held(need.charts, charts),
                    _of_those(need.dated, need.charts),
                    "–" if need.valued is None else _of_those(need.valued, need.charts),
                    "; ".join(trouble) or "–",
                    ", ".join(beside) or "–",
                ]
            )
        if not one.needs:
            rows.append(
                [
                    one.criterion,
                    one.group,
                    f"Nothing of the record ({', '.join(beside) or 'other criteria'})",
                    "–",
                    "–",
                    "–",
                    "–",
                    "–",
                ]
            )
    return rows


def _reach(ready: Iterable[ReadyCriterion]) -> list[list[Any]]:
    """By group: how many of its criteria the charts could show at all."""
    groups: dict[str, list[ReadyCriterion]] = {}
    for one in ready:
        groups.setdefault(one.group, []).append(one)
    return [
        [
            group,
            share(sum(not one.is_out_of_reach for one in members), len(members)),
            "; ".join(one.criterion for one in members if one.is_out_of_reach) or "–",
        ]
        for group, members in groups.items()
    ]


def _urgencies(run: RunFacts) -> list[list[str]]:
    """By urgency, with how many of the orders got a card that says so: a card that only informs may be overlooked."""
    counts = run.counts
    alerted: Counter[str] = Counter()
    for (urgency, cards), number in counts.urgency_cards.items():
        if any(run.indicators.get(card, "info") != "info" for card in cards):
            alerted[urgency] += number
    shares = _shares(counts.urgency, ("emergency", "urgent", "routine"), counts.advised)
    return [
        [*cells, f"{counted(alerted[name])} of {counted(counts.urgency[name])}"]
        for name, cells in zip(("emergency", "urgent", "routine"), shares, strict=True)
    ]


def _shares(found: Counter[str], order: Iterable[str], of: int) -> list[list[str]]:
    return [[words_of(name), counted(found[name]), per_thousand(found[name], of)] for name in order]


def _code_row(one: UnreadCode) -> list[Any]:
    like = f"{one.nearest.value_set}: {one.nearest.name}" if one.nearest else "None is near"
    return [
        one.display or "no name",
        one.type,
        f"{one.system} {one.code}".strip() or "name alone",
        counted(one.charts),
        like,
    ]


def _word_row(one: UnreadWords) -> list[Any]:
    like = f"{one.nearest.value_set}: {one.nearest.name}" if one.nearest else "None is near"
    return [one.text, words_of(one.source), counted(one.number), like]


def _held(charts: int, of: int) -> dict[str, Any]:
    text = share(charts, of)
    return {
        "state": "ok" if charts else "unknown",
        "shown": text if charts else "In no chart",
        "sort": charts,
    }


def _of_those(number: int, charts: int) -> str:
    return share(number, charts) if charts else "–"


def _made_from(name: str) -> str:
    return {
        "what-if": "Assumed for a complaint",
        "call": "Saved hook calls",
        "ServiceRequest": "Orders (ServiceRequest)",
        "Procedure": "Imaging done (Procedure)",
        "ImagingStudy": "Imaging done (ImagingStudy)",
        "DiagnosticReport": "Imaging done (DiagnosticReport)",
    }.get(name, name)
