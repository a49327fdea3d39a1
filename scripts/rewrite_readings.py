"""Writes anew what the tests say of whole texts, resources, drafts and conclusions, after a change that was meant.

    python scripts/rewrite_readings.py

Look at what changed with `git diff` before it is committed: each line is a promise of the reader.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cds_service.cds_hooks.model import DraftOrder, Source  # noqa: E402 - the tests are no installed package
from cds_service.evidence.model import PatientRecord  # noqa: E402
from cds_service.evidence.orders.orders import read_orders  # noqa: E402
from cds_service.evidence.record.record import read_record  # noqa: E402
from tests import shipped  # noqa: E402
from tests.assessment.whole import lines_of as conclusions  # noqa: E402
from tests.evidence.conftest import KEYS, PATIENT  # noqa: E402
from tests.evidence.orders.whole import lines_of as order_lines  # noqa: E402
from tests.evidence.record.whole import line_of  # noqa: E402
from tests.evidence.record.whole import lines_of as record_lines  # noqa: E402
from tests.evidence.text.reading import read  # noqa: E402
from tests.evidence.text.whole import whole  # noqa: E402
from tests.scenarios.cases import CASES, answered  # noqa: E402

AS_OF = date(2026, 6, 15)
_BY_ID = {case.id: case for case in CASES}
_LITERAL = ("resource", "draft")
"""Keys whose value holds quotation marks."""

Json = dict[str, Any]


def _text(case: Json) -> Json:
    return {"text": case["text"]} | whole(read(case["text"]))


def _record(*resources: tuple[str, Json]) -> PatientRecord:
    by_key: dict[str, list[msgspec.Raw]] = {name: [] for name in KEYS.values()}
    for key, body in resources:
        by_key[key].append(msgspec.Raw(msgspec.json.encode(body)))
    sources = {name: Source(name, tuple(raws), None) for name, raws in by_key.items()}
    return read_record(sources, "p1", shipped.index(), shipped.catalog(), AS_OF)


def _resource(case: Json) -> Json:
    resource = json.loads(case["resource"])
    usual = KEYS.get(resource["resourceType"], "conditions")
    record = _record(("patient", PATIENT), (case.get("key") or usual, resource))
    return case | {"reads": list(record_lines(record))}


def _patient(case: Json) -> Json:
    record = _record(("patient", json.loads(case["resource"])))
    return case | {"reads": [line_of(record.person), *record_lines(record)]}


def _draft(case: Json) -> Json:
    body, raw = json.loads(case["draft"]), msgspec.Raw(case["draft"].encode())
    draft = DraftOrder(raw, body["resourceType"], body.get("id", ""), case.get("full_url"))
    orders = read_orders((draft,), shipped.catalog(), shipped.index(), AS_OF)
    return case | {"reads": [line for order in orders for line in order_lines(order)]}


def _conclusion(case: Json) -> Json:
    assessment = answered(_BY_ID[case["case"]]).assessment
    return case | {"concludes": list(conclusions(assessment)) if assessment is not None else []}


_FILES: tuple[tuple[str, str, Callable[[Json], Json]], ...] = (
    ("tests/evidence/text/readings.toml", "case", _text),
    ("tests/evidence/record/resources.toml", "case", _resource),
    ("tests/evidence/record/patients.toml", "patient", _patient),
    ("tests/evidence/orders/drafts.toml", "case", _draft),
    ("tests/assessment/conclusions.toml", "whole", _conclusion),
)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(table: str, case: Json) -> Iterator[str]:
    yield f"[[{table}]]"
    for key, value in case.items():
        if key in _LITERAL:
            yield f"{key} = '''{value}'''"
        elif isinstance(value, list) and value and key not in {"left_over", "remarks"}:
            yield f"{key} = ["
            yield from (f"  {_written(item)}," for item in value)
            yield "]"
        else:
            yield f"{key} = {_written(value)}"
    yield ""


def main() -> int:
    """Writes the five files."""
    for name, table, answer in _FILES:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        head = [line for line in before.splitlines() if line.startswith("#")]
        cases = [answer(case) for case in tomllib.loads(before)[table]]
        lines = [*head, "", *(line for case in cases for line in _lines(table, case))]
        path.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
