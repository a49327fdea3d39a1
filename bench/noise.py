"""How many cards ordinary orders get: an MRI of the lumbar spine for low back pain, once for every chart of a folder.

noise.py FOLDER [DAY]. Each folder of NDJSON files below FOLDER is one data set; files in FOLDER itself are too. Of 24
orders 8 say nothing of the onset, 6 have pain of under six weeks, 10 of over six weeks; of these every other one had
care (physiotherapy, first and last visit). Every chart is asked both ways: all cards, and only those that are
actionable. Printed are cards per 1,000 orders by card and data set, `all / actionable`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from cds_service.advice import AdviceOptions, CompiledGuideline, advise, compile_guideline
from cds_service.cards.ids import topic_code
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import TYPES, requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.loader import load_guideline

_DAY: Final = date(2026, 6, 15)
_UNKNOWN: Final = (0, 3, 6, 9, 12, 15, 18, 21)
_RECENT: Final = (1, 4, 7, 13, 16, 19)
_CARED_FOR: Final = (2, 8, 11, 17, 22)
_OF: Final = 24
"""An order's number, counted through a data set and taken modulo this, says which of the four kinds it is."""
_MODES: Final = {"all": False, "actionable": True}
_LOW_VALUE: Final = "low value, any"
_NONE: Final = "no card"

Json = dict[str, Any]
Counts = dict[tuple[str, str], Counter[str]]
"""By data set and mode: orders by card."""


def main(folder: Path, day: date) -> None:
    """Ask about every chart in both modes and print the table."""
    compiled = compile_guideline(load_guideline())
    counts: Counts = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for data_set, records in _data_sets(folder):
        for number, (patient, entries) in enumerate(sorted(records.items())):
            sizes[data_set] += 1
            body = _call(patient, entries, number % _OF, day)
            for mode, is_quiet in _MODES.items():
                counts[data_set, mode].update(_cards(body, compiled, day, is_quiet=is_quiet))
    for line in _table(counts, sizes):
        print(line)


def _data_sets(folder: Path) -> Iterator[tuple[str, dict[str, list[Json]]]]:
    """Each data set with its resources by patient, the patient first. A chart without a Patient is left out."""
    for place in (folder, *sorted(item for item in folder.iterdir() if item.is_dir())):
        files = sorted(place.glob("*.ndjson") if place == folder else place.rglob("*.ndjson"))
        records: dict[str, list[Json]] = {}
        others: dict[str, list[Json]] = defaultdict(list)
        for file in files:
            for line in file.read_text(encoding="utf-8").splitlines():
                resource = json.loads(line)
                if resource.get("resourceType") == "Patient":
                    records[resource["id"]] = [resource]
                else:
                    whose = resource.get("subject") or resource.get("patient") or {}
                    reference = str(whose.get("reference", "")) if isinstance(whose, dict) else ""
                    others[reference.rpartition("/")[2].rpartition(":")[2]].append(resource)
        for patient, own in records.items():
            own.extend(others.get(patient, []))
        if records:
            yield place.name, records


def _call(patient: str, entries: list[Json], kind: int, day: date) -> bytes:
    """An order-sign call for an ordinary MRI, with the pain on record as its kind says."""
    subject = {"reference": f"Patient/{patient}"}
    pain = {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M54.50"}],
        "text": "Low back pain",
    }
    condition: Json = {
        "resourceType": "Condition",
        "id": "noise-pain",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "subject": subject,
        "code": pain,
    }
    added: list[Json] = [condition]
    if kind not in _UNKNOWN:
        days = 14 if kind in _RECENT else 120
        condition["onsetDateTime"] = str(day - timedelta(days=days))
    if kind in _CARED_FOR:
        added += [_visit(subject, day - timedelta(days=days)) for days in (60, 20)]
    order = {
        "resourceType": "ServiceRequest",
        "id": "noise-order",
        "status": "draft",
        "intent": "order",
        "subject": subject,
        "authoredOn": str(day),
        "code": {
            "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72148"}],
            "text": "MRI lumbar spine without contrast",
        },
        "reasonCode": [pain],
    }
    call = {
        "hook": "order-sign",
        "hookInstance": f"noise-{patient}",
        "context": {
            "userId": "Practitioner/noise",
            "patientId": patient,
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
        "prefetch": _prefetch([*entries, *added]),
    }
    return json.dumps(call).encode()


def _visit(subject: Json, day: date) -> Json:
    """A visit for physiotherapy."""
    return {
        "resourceType": "Procedure",
        "id": f"noise-{day}",
        "status": "completed",
        "subject": subject,
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "97110"}]},
        "performedDateTime": str(day),
    }


def _prefetch(entries: list[Json]) -> Json:
    """Every key with what answers it; a key that nothing answers is an empty Bundle: it was read."""
    key_of = {one.name: one.answers[0] for one in TYPES if one.answers}
    by_key: dict[str, list[Json]] = defaultdict(list)
    for entry in entries:
        by_key[key_of.get(entry.get("resourceType", ""), "")].append(entry)
    found: Json = {"patient": by_key["patient"][0]}
    for need in requirements_for("order-sign"):
        if need.key != "patient":
            bundled = [{"resource": entry} for entry in by_key[need.key]]
            found[need.key] = {"resourceType": "Bundle", "type": "searchset", "entry": bundled}
    return found


def _cards(body: bytes, compiled: CompiledGuideline, day: date, *, is_quiet: bool) -> list[str]:
    """The cards of one order, and the lines of the table that sum them up."""
    options = AdviceOptions(
        jurisdiction="us",
        site_country=None,
        is_quiet=is_quiet,
        pama=False,
        qcdsm_id=None,
        explain=False,
        card_on_missing_data=True,
    )
    request = parse_hook_request("spine-imaging-order-sign", body)
    sources = complete(request, requirements_for(request.hook), None)
    cards = {card.id for card in advise(request, sources, compiled, day, options).cards}
    low_value = compiled.guideline.card_limits.low_value
    return [
        *(topic_code(card) for card in cards),
        *([_LOW_VALUE] if not cards.isdisjoint(low_value) else []),
        *([_NONE] if not cards else []),
    ]


def _table(counts: Mapping[tuple[str, str], Counter[str]], sizes: Counter[str]) -> Iterator[str]:
    """Markdown: one row a card, one column a data set, every chart last."""
    sums = {mode: sum((counts[name, mode] for name in sizes), Counter()) for mode in _MODES}
    columns = [*((f"{name} ({sizes[name]})", sizes[name]) for name in sizes)]
    columns.append((f"every chart ({sum(sizes.values())})", sum(sizes.values())))
    by_column = [[counts[name, mode] for mode in _MODES] for name in sizes]
    by_column.append([sums[mode] for mode in _MODES])
    yield "| card | " + " | ".join(name for name, _ in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for card in sorted(
        sums["all"].keys() | sums["actionable"].keys(), key=lambda c: -sums["all"][c]
    ):
        cells = [
            " / ".join(f"{1000 * found[card] / size:.0f}" for found in modes)
            for modes, (_, size) in zip(by_column, columns, strict=True)
        ]
        yield f"| {card} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else _DAY,  # noqa: PLR2004 - the second argument
    )
