"""What a replay keeps from chart to chart: the same codes are read once, and no answer depends on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from cds_service.evidence.codes import kept_readings
from cds_service.evidence.codes.concepts import ConceptReader, Readings
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.codes.kept_readings import KeptReadings
from cds_service.replay.judge import Judge
from tests.replay.charts import PATIENT, condition, export, icd, of, order
from tests.replay.test_local import CHOICE, run

IBUPROFEN = {"text": "ibuprofen 400 mg"}


@pytest.fixture
def keeping(index: CodeIndex) -> CodeIndex:
    return replace(index, kept_readings=KeptReadings(Readings))


def test_only_a_replay_keeps_what_it_read(index: CodeIndex):
    # the service reads with the index as compiled: what stands in a record ends there with its call
    assert index.kept_readings is None
    written = Raw(b'{"text":"Cauda equina syndrome"}')
    assert ConceptReader(index).read(written) is not ConceptReader(index).read(written)
    assert Judge(CHOICE).engine.compiled.index.kept_readings is not None


def test_a_code_is_read_once_for_all_charts(keeping: CodeIndex):
    written = Raw(b'{"text":"Cauda equina syndrome"}')
    first = ConceptReader(keeping).read(written)
    assert first.hits
    assert ConceptReader(keeping).read(written) is first


def test_an_order_and_a_record_are_read_in_their_own_ways(keeping: CodeIndex):
    written = Raw(b'{"text":"Cauda equina syndrome"}')
    of_record = ConceptReader(keeping).read(written)
    assert ConceptReader(keeping, lambda _: "").read(written) != of_record
    assert ConceptReader(keeping).read(written) is of_record


def test_what_is_kept_has_an_end(keeping: CodeIndex, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_readings, "_MOST", 3)
    reader = ConceptReader(keeping)
    for number in range(5):
        reader.read(Raw(b'{"text":"pain %d"}' % number))
    # one call keeps what it read to its end; the next begins anew
    assert len(reader.readings.concepts) > 3
    assert ConceptReader(keeping).readings.size < 3


def charts(folder: Path) -> Path:
    """Charts that hold the same codes and names, each beside something else."""
    resources: list[dict[str, Any]] = []
    for number, (words, drug) in enumerate(
        (
            ("cannot pass urine", "active"),
            ("low back pain", "active"),
            ("cannot pass urine", "entered-in-error"),
            ("family history of cauda equina syndrome", "stopped"),
        )
    ):
        whose = {"subject": {"reference": f"Patient/p{number}"}}
        resources += [
            PATIENT | {"id": f"p{number}"},
            condition(f"a{number}", {"text": words}, "2026-06-10") | whose,
            condition(f"b{number}", icd("M54.50", words), "2026-06-10") | whose,
            order(f"o{number}", "2026-06-15", **whose),
            of(f"p{number}", "Observation", f"t{number}", status="final")
            | {"code": {"text": "Body temperature"}, "valueQuantity": {"value": 39, "unit": "C"}}
            | {"effectiveDateTime": f"2026-06-1{number}"},
            of(f"p{number}", "Procedure", f"s{number}", status="completed")
            | {"code": {"text": "Lumbar laminectomy"}, "performedDateTime": "2026-05-20"},
            of(f"p{number}", "MedicationRequest", f"d{number}", status=drug, intent="order")
            | {"medicationCodeableConcept": IBUPROFEN, "authoredOn": "2026-05-01"},
        ]
    return export(folder, resources)


def test_the_rows_are_those_of_a_run_that_keeps_nothing(tmp_path: Path):
    folder = charts(tmp_path / "clinic")
    forgetting = Judge(CHOICE)
    compiled = forgetting.engine.compiled
    plain = replace(compiled, index=replace(compiled.index, kept_readings=None))
    forgetting.engine = replace(forgetting.engine, compiled=plain)
    kept = run(folder, tmp_path / "a")
    forgot = run(folder, tmp_path / "b", judge=forgetting)
    assert len(kept.rows) == 4
    assert kept.rows == forgot.rows
    assert {row.urgency for row in kept.rows} == {"emergency", "urgent"}


@pytest.mark.parametrize("given_first", [True, False])
def test_a_drug_that_was_never_given_is_in_no_chart_whichever_is_read_first(
    tmp_path: Path,
    given_first: bool,
):
    names = ("p1", "p2") if given_first else ("p2", "p1")
    resources = [
        part
        for name, status in zip(names, ("active", "entered-in-error"), strict=True)
        for part in (
            PATIENT | {"id": name},
            of(name, "MedicationRequest", f"d-{name}", status=status, intent="order")
            | {"medicationCodeableConcept": IBUPROFEN, "authoredOn": "2026-05-01"},
        )
    ]
    ran = run(export(tmp_path / "clinic", resources), tmp_path / "work", judge=Judge(CHOICE))
    assert ran.details["readiness"]["value_sets"]["conservative-drug"]["charts"] == 1
