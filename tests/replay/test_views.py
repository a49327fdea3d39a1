"""The SQL-on-FHIR views: valid, run by a runner that is not ours, and read back without a change of any answer."""

from __future__ import annotations

import copy
import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models
from msgspec import Struct
from sqlonfhir.sqlonfhir import ViewDefinitionEvaluator, normalize

from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.replay.cases import Unread
from cds_service.replay.runner import Engine, replay_case
from cds_service.replay.views import load_views, read_table, resource_of, view_of_file
from tests.replay.conftest import FIXTURES, cases_below

FOLDER = Path(__file__).parents[2] / "cds_service" / "replay" / "view_definitions"
FILES = sorted(FOLDER.glob("*.json"))
STORIES = cases_below(FIXTURES / "patients")
BREAST_CANCER = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "clinicalStatus": {"coding": [{"system": "urn:status", "code": "active"}]},
    "code": {
        "text": "Breast cancer",
        "coding": [
            {"system": "http://snomed.info/sct", "code": "254837009", "display": "Breast cancer"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.9"},
        ],
    },
    "bodySite": [{"text": "left breast"}, {"coding": [{"code": "12738006"}]}],
    "note": [{"text": 'says "since May",\nseen in June'}],
    "onsetDateTime": "2024-05",
}
TEMPERATURE = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
    "effectiveDateTime": "2026-06-14T08:00:00Z",
    "valueQuantity": {"value": 38.5, "unit": "Cel", "code": "Cel"},
    "component": [
        {
            "code": {"text": "systolic"},
            "valueQuantity": {"value": 120, "unit": "mmHg"},
        },
        {
            "code": {"text": "diastolic"},
            "valueQuantity": {"value": 80, "unit": "mmHg"},
        },
    ],
}


class ViewColumn(Struct, forbid_unknown_fields=True, kw_only=True):
    """ViewDefinition.select.column of the specification."""

    path: str
    name: str
    type: str  # asked for by the profile of views that are shared
    description: str = ""
    collection: bool = False


class ViewSelect(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """ViewDefinition.select of the specification."""

    column: list[ViewColumn] = []
    select: list[ViewSelect] = []
    for_each: str | None = None
    for_each_or_null: str | None = None
    union_all: list[ViewSelect] = []


class ViewDefinition(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """ViewDefinition of the specification, with what the profile of views that are shared asks for."""

    resource_type: Literal["ViewDefinition"]
    meta: dict[str, Any]
    url: str
    name: str
    title: str
    status: Literal["draft", "active", "retired", "unknown"]
    experimental: bool
    publisher: str
    description: str
    fhir_version: list[str]
    resource: str
    select: list[ViewSelect]


def all_columns(selects: list[ViewSelect]) -> Iterator[ViewColumn]:
    for select in selects:
        yield from select.column
        yield from all_columns(select.select)


def test_there_is_a_view_for_each_input_of_a_call():
    asked = {need.resource_type for need in REQUIREMENTS if need.key != "dispatchedOrders"}
    assert {view.resource for view in load_views().values()} == asked
    assert len(load_views()) == 9


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_view_has_the_shape_of_the_specification(file):
    view = msgspec.json.decode(file.read_bytes(), type=ViewDefinition)
    assert file.stem == view.name
    assert view.fhir_version
    columns = list(all_columns(view.select))
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    for name in [view.name, *names]:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    for select in view.select:
        assert not (select.for_each and select.for_each_or_null)
    assert not any(column.collection for column in columns)


class Runner(ViewDefinitionEvaluator):  # type: ignore[misc]  # without types of its own
    """The runner, told what a member of a list is: it forgets, and then knows no `value.ofType(…)` of a component."""

    base = ""

    def for_each_or_null(self, expr, resource, view_definition):
        kind, path = resource.get("resourceType"), expr["forEachOrNull"]
        self.base = f"{kind}.{path}" if path.isalpha() else ""
        members = self.eval_root(resource, path)
        rows = [row for one in members for row in self.select(expr, one, view_definition)]
        self.base = ""
        return rows or [self.get_all_child_columns(expr)]

    def eval_root(self, resource, path):
        return super().eval_fhirpath(resource, path)

    def eval_fhirpath(self, resource, path):
        if not self.base:
            return super().eval_fhirpath(resource, path)
        return evaluate(resource, {"base": self.base, "expression": path}, None, models["r4"])


RUNNER = Runner()


def run_view(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one resource, as a runner that is not ours makes them."""
    view = next(v for v in load_views().values() if v.resource == resource["resourceType"])
    definition = json.loads((FOLDER / f"{view.name}.json").read_text(encoding="utf-8"))
    rows = RUNNER.call_fn(normalize(definition), copy.deepcopy(resource), {})
    return json.loads(json.dumps(rows, default=float))  # type: ignore[no-any-return]  # rows, as asked


class RoundTrip:
    """Resources through their view and back; each is run once."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.views = {view.resource: view for view in load_views().values()}

    def __call__(self, resource: dict[str, Any]) -> dict[str, Any]:
        view = self.views.get(resource["resourceType"])
        if view is None:
            return resource
        key = json.dumps(resource)
        if key not in self.known:
            self.known[key], has_more = resource_of(view, run_view(resource))
            assert not has_more
        return self.known[key]


@pytest.fixture(scope="module")
def round_trip() -> RoundTrip:
    return RoundTrip()


@pytest.mark.parametrize("case", STORIES, ids=lambda case: case.name)
def test_a_chart_that_went_through_the_views_gets_the_same_answer(case, engine: Engine, round_trip):
    request = json.loads(case.body)
    for key, value in request.get("prefetch", {}).items():
        if value["resourceType"] == "Bundle":
            for entry in value.get("entry", ()):
                if "resource" in entry:
                    entry["resource"] = round_trip(entry["resource"])
        else:
            request["prefetch"][key] = round_trip(value)
    encode = msgspec.json.Encoder(decimal_format="number").encode
    through = replay_case(replace(case, body=encode(request)), engine)
    straight = replay_case(case, engine)
    assert (through.status, through.body) == (straight.status, straight.body)


def written(folder: Path, name: str, resources: list[dict[str, Any]]) -> Path:
    """A table of these resources in the form that its name says."""
    rows = [row for resource in resources for row in run_view(resource)]
    path = folder / name
    if name.endswith(".csv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    elif name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith(".json"):
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    return path


def read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    view = view_of_file(path.name)
    assert view is not None
    found = list(read_table(str(path), view, path.name))
    resources = [json.loads(item[1]) for item in found if not isinstance(item, Unread)]
    return resources, [item.text for item in found if isinstance(item, Unread)]


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "ndjson.gz", "parquet"])
@pytest.mark.parametrize("resource", [BREAST_CANCER, TEMPERATURE], ids=["condition", "observation"])
def test_a_table_in_any_form_gives_the_resource_back(tmp_path, form, resource):
    name = "spine_conditions" if resource is BREAST_CANCER else "spine_observations"
    assert read(written(tmp_path, f"{name}.{form}", [resource])) == ([resource], [])


def test_a_part_of_a_table_is_read_as_the_table():
    assert view_of_file("spine_conditions.000.ndjson") is load_views()["spine_conditions"]
    assert view_of_file("conditions.ndjson") is None
    assert view_of_file("spine_conditions.txt") is None


def test_resources_follow_each_other(tmp_path):
    second = BREAST_CANCER | {"id": "c2", "onsetDateTime": "2025-01"}
    assert read(written(tmp_path, "spine_conditions.csv", [BREAST_CANCER, second])) == (
        [BREAST_CANCER, second],
        [],
    )


def test_rows_of_one_resource_that_stand_apart_are_told(tmp_path):
    second = BREAST_CANCER | {"id": "c2"}
    path = written(tmp_path, "spine_conditions.ndjson", [BREAST_CANCER, second, BREAST_CANCER])
    _, told = read(path)
    assert told == [
        "spine_conditions.ndjson:9: rows of one resource stand apart; sort the table by id"
    ]


def test_a_column_that_is_not_there_is_told_and_the_rest_is_read(tmp_path):
    path = tmp_path / "spine_patient.csv"
    path.write_text("id,birth_date,gender\np1,1960-02-03,female\n", encoding="utf-8")
    resources, told = read(path)
    assert resources == [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-03", "gender": "female"}
    ]
    assert "has no column address_country, address_use, deceased, deceased_date" in told[0]


def test_a_value_that_its_column_cannot_hold_is_told_by_the_column_alone(tmp_path):
    path = written(tmp_path, "spine_observations.ndjson", [TEMPERATURE])
    path.write_text(path.read_text(encoding="utf-8").replace("38.5", '"Mary Miller"'), "utf-8")
    resources, told = read(path)
    assert resources == []
    assert told == ["spine_observations.ndjson:1: column value_quantity_value: no number"]


def test_more_codings_than_the_view_holds_are_told(tmp_path):
    site = {"coding": [{"code": str(number)} for number in range(4)]}
    path = written(tmp_path, "spine_conditions.ndjson", [BREAST_CANCER | {"bodySite": [site]}])
    resources, told = read(path)
    assert len(resources[0]["bodySite"][0]["coding"]) == 3
    assert "more codings than the view holds" in told[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[1]", "holds no row of a table"),
        ("not json", "holds no row of a table"),
        ('{"id": null}', "a row without an id"),
    ],
)
def test_what_is_no_row_is_told(tmp_path, content, why):
    path = tmp_path / "spine_devices.ndjson"
    path.write_text(content + "\n", encoding="utf-8")
    resources, told = read(path)
    assert resources == []
    assert any(why in line for line in told)


def test_the_digits_of_a_number_stay(tmp_path):
    path = written(tmp_path, "spine_observations.csv", [TEMPERATURE])
    path.write_text(path.read_text(encoding="utf-8").replace("38.5", "38.50"), "utf-8")
    view = load_views()["spine_observations"]
    ((_, text),) = [
        item for item in read_table(str(path), view, "x") if not isinstance(item, Unread)
    ]
    assert b'"value":38.50' in text
