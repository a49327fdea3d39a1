"""How much of published value sets acts as the only entry of a problem list: the table of docs/codes.md.

value_sets.py [--misses] VALUESET.json...
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from bodies import AS_OF

from cds_service.advice import CompiledGuideline, compile_guideline
from cds_service.cds_hooks.prefetch import page_source, read_page
from cds_service.evidence.record.record import read_record
from cds_service.knowledge.loader import load_guideline
from cds_service.terminology.building import Sources, build_vocabulary, expanded_codes

_MISSES: Final = "--misses"
Acts = Literal["code", "words", "quoted", "not"]


def acts(compiled: CompiledGuideline, uri: str, code: str, display: str) -> Acts:
    """How a current problem of this code counts; quoted: not at all, and a card says that it was not understood."""
    problem = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
        "code": {"coding": [{"system": uri, "code": code, "display": display}]},
    }
    page = read_page(msgspec.Raw(json.dumps(problem).encode()), expected_type="Condition")
    sources = {"conditions": page_source("conditions", page)}
    record = read_record(sources, "p1", compiled.index, compiled.catalog, AS_OF)
    ways = {hit.via for hits in record.conditions.values() for hit in hits}
    if ways:
        return "code" if "code" in ways else "words"
    return "quoted" if record.not_understood else "not"


def _row(codes: list[tuple[str, str, str]], compiled: CompiledGuideline) -> Counter[Acts]:
    return Counter(acts(compiled, *code) for code in codes)


def _cells(found: Counter[Acts]) -> Iterator[int]:
    yield found["code"]
    yield found["words"]
    yield found["quoted"] + found["not"]


def main() -> None:
    """The table, and with --misses every code that does not act."""
    asked = [arg for arg in sys.argv[1:] if arg != _MISSES]
    files = tuple(Path(arg) for arg in asked)
    guideline = load_guideline()
    plain = compile_guideline(guideline)
    made = date(2026, 1, 1)
    vocabulary = build_vocabulary(
        Sources(value_sets=files), guideline, plain.index, plain.catalog, made
    )
    with_it = compile_guideline(guideline, vocabulary)
    for file in files:
        body: dict[str, Any] = json.loads(file.read_bytes())
        codes = list(expanded_codes(body))
        before, after = _row(codes, plain), _row(codes, with_it)
        name = body.get("title") or body.get("name")
        numbers = (len(codes), *_cells(before), *_cells(after))
        sys.stdout.write(f"| {name} | " + " | ".join(f"{n:,}" for n in numbers) + " |\n")
        sys.stdout.write(f"  quoted: {before['quoted']:,} before, {after['quoted']:,} after\n")
        if _MISSES in sys.argv:
            for code in codes:
                ways = acts(plain, *code), acts(with_it, *code)
                if not {"quoted", "not"}.isdisjoint(ways):
                    sys.stdout.write("\t".join((*ways, *code)) + "\n")


if __name__ == "__main__":
    main()
