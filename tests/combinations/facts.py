"""Single findings to be combined: what makes each criterion present, today, long ago, or as a reason of the order.

They come from the scenarios of kind `present`, so that a new criterion is combined as soon as it has its scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from tests.scenarios.cases import CASES, PATIENT

DAY: Final = date(2026, 6, 15)
LISTS: Final = (
    "conditions", "observations", "medications", "procedures", "reports", "devices", "allergies", "open_orders",
    "family_history", "studies", "encounters",
)  # fmt: skip
_DATES: Final = ("onset", "recorded", "date", "start")
_CODES: Final = ("icd10", "who_icd10", "snomed", "text")
_CODED: Final = ("icd10", "who_icd10", "snomed")
LONG_AGO: Final = timedelta(days=1500)
LONG_OVER: Final = (DAY - LONG_AGO + timedelta(days=30)).isoformat()


@dataclass(frozen=True)
class Fact:
    """What stands in a record, or on the order, when one thing is true of a patient."""

    id: str
    entries: Mapping[str, tuple[Mapping[str, Any], ...]]
    """By list of the compact notation."""
    patient: Mapping[str, Any] | None = None
    """None: any patient."""
    reasons: tuple[Mapping[str, Any], ...] = field(default=())
    """Of the order, beside the usual one."""

    @property
    def of(self) -> str:
        """The criterion that it makes present."""
        return self.id.partition(" (")[0]


def _present() -> tuple[Fact, ...]:
    return tuple(
        Fact(
            id=case.data["criterion"],
            entries={name: tuple(case.data[name]) for name in LISTS if name in case.data},
            patient=case.data.get("patient"),
            reasons=tuple(_in_words(case.data)),
        )
        for case in CASES
        if case.data.get("kind") == "present"
    )


def _in_words(case: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What the order of a case says in words or answers alone: criteria that stand on no record are found by it."""
    for order in case.get("orders", ())[:1]:
        yield from (
            reason
            for reason in order.get("reason", ())
            if ("text" in reason or "answer" in reason)
            and not any(code in reason for code in _CODED)
        )


def _earlier(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    moved = {
        key: (date.fromisoformat(entry[key]) - LONG_AGO).isoformat()
        for key in _DATES
        if isinstance(entry.get(key), str) and len(entry[key]) == len("2026-06-15")
    }
    return {**entry, **moved}


def _long_ago(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same entries of the problem list, four years older and still active."""
    return tuple(
        Fact(
            f"{fact.id} (long ago)",
            {"conditions": tuple(map(_earlier, fact.entries["conditions"]))},
            fact.patient,
        )
        for fact in facts
        if any(
            "onset" in entry or "recorded" in entry for entry in fact.entries.get("conditions", ())
        )
    )


def _ended(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same entries of the problem list, four years older and resolved a month after."""
    return tuple(
        replace(
            fact,
            id=fact.id.replace("(long ago)", "(over)"),
            entries={
                "conditions": tuple(
                    {**entry, "clinical": "resolved", "abated": LONG_OVER}
                    for entry in fact.entries["conditions"]
                )
            },
        )
        for fact in facts
    )


def _said(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same codes as reasons of the order, and not in the record."""
    return tuple(
        Fact(
            f"{fact.id} (said)",
            {name: entries for name, entries in fact.entries.items() if name != "conditions"},
            fact.patient,
            (
                *fact.reasons,
                *(
                    {key: entry[key] for key in _CODES if key in entry}
                    for entry in fact.entries["conditions"]
                ),
            ),
        )
        for fact in facts
        if fact.entries.get("conditions")
    )


NOW: Final = _present()
NOTHING: Final = (
    Fact("nothing", {}),
    Fact("pain of ten days", {"conditions": ({"icd10": "M54.50", "onset": "2026-06-05"},)}),
    Fact("pain of three months", {"conditions": ({"icd10": "M54.50", "onset": "2026-03-15"},)}),
    Fact("pain without a date", {"conditions": ({"icd10": "M54.50"},)}),
    Fact(
        "pain of three months, imaged since",
        {
            "conditions": ({"icd10": "M54.50", "onset": "2026-03-15"},),
            "reports": ({"cpt": "72148", "text": "MRI lumbar spine", "date": "2026-05-10"},),
        },
    ),
)
"""What is no finding: where reassurance is due."""
LONG_STANDING: Final = _long_ago(NOW)
ENDED: Final = _ended(LONG_STANDING)
SAID: Final = _said(NOW)


def together(facts: tuple[Fact, ...]) -> dict[str, Any] | None:
    """A case without orders in which all the facts are true; None when they are of different patients."""
    patients = [fact.patient for fact in facts if fact.patient is not None]
    if any(patient != patients[0] for patient in patients):
        return None
    data: dict[str, Any] = {"patient": patients[0] if patients else PATIENT}
    for name in LISTS:
        entries = [entry for fact in facts for entry in fact.entries.get(name, ())]
        if entries:
            data[name] = entries
    data["reasons"] = [reason for fact in facts for reason in fact.reasons]
    return data


def refuted(fact: Fact) -> Fact:
    """The same with every entry of the problem list refuted, later than it was made."""
    entries = {
        **fact.entries,
        "conditions": tuple(
            {**entry, "verification": "refuted", "recorded": DAY.isoformat()}
            for entry in fact.entries.get("conditions", ())
        ),
    }
    return replace(fact, id=f"{fact.id} (refuted)", entries=entries)


def unlisted(fact: Fact) -> Fact:
    """The same without its entries of the problem list."""
    entries = {name: items for name, items in fact.entries.items() if name != "conditions"}
    return replace(fact, id=f"{fact.id} (unlisted)", entries=entries)
