"""`SPINE_CDS_STRICT_FHIR=on` tells what is not valid FHIR, and changes nothing else."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest

from cds_service.settings import Settings
from tests.web.real_service import (
    ADVICE,
    BACK_PAIN,
    RETENTION,
    SELECT,
    Json,
    advice_of,
    call,
    card_ids,
    service,
)

HEADER = "Spine-CDS-Strict"
STRICT = Settings(strict_fhir=True)


def conditions(made: Json) -> list[Json]:
    return [entry["resource"] for entry in made["prefetch"]["conditions"]["entry"]]


def draft(made: Json) -> Json:
    found = made["context"]["draftOrders"]["entry"][0]["resource"]
    assert isinstance(found, dict)
    return found


def findings(made: Json) -> tuple[str, list[Json]]:
    """The header, and the findings in the explanation."""
    answer = service(STRICT).post(SELECT, json=made)
    assert answer.status_code == 200
    return answer.headers[HEADER], advice_of(answer.get_json()).get("strictFindings", [])


def test_a_valid_call_has_no_finding_and_says_so():
    assert findings(call(BACK_PAIN)) == ("0", [])


def test_without_the_setting_nothing_is_said():
    made = call(BACK_PAIN)
    conditions(made)[0]["severity"] = "bad"
    answer = service().post(SELECT, json=made)
    assert HEADER not in answer.headers
    assert "strictFindings" not in advice_of(answer.get_json())


@pytest.mark.parametrize(
    ("change", "path", "kind"),
    [
        ({"subject": None}, "subject", "missing"),
        ({"severity": "bad"}, "severity", "wrong-type"),
        ({"favorite": "blue"}, "favorite", "unknown-element"),
        ({"recordedDate": "last spring"}, "recordedDate", "wrong-value"),
    ],
)
def test_what_a_condition_has_wrong_is_named_without_its_value(
    change: Json, path: str, kind: str
) -> None:
    made = call(BACK_PAIN)
    condition = conditions(made)[0]
    condition |= change
    if change.get("subject", "") is None:
        del condition["subject"]
    number, found = findings(made)
    reference = f"Condition/{condition['id']}"
    expected = {"source": "conditions", "reference": reference, "path": path, "kind": kind}
    assert number == str(len(found))
    assert expected in found
    assert all(set(item) == {"source", "reference", "path", "kind"} for item in found)
    assert not {"bad", "blue", "last spring"} & set(json.dumps(found).split('"'))


def test_the_draft_order_is_looked_at_too():
    made = call(BACK_PAIN)
    draft(made)["priority"] = ["urgent"]
    _, found = findings(made)
    assert found == [
        {
            "source": "order",
            "reference": "ServiceRequest/o1",
            "path": "priority",
            "kind": "wrong-type",
        }
    ]


def test_a_resource_of_r5_is_valid():
    made = call(BACK_PAIN)
    order = draft(made)
    order["reason"] = [{"concept": item} for item in order.pop("reasonCode")]
    order["code"] = {"concept": order["code"]}
    assert findings(made) == ("0", [])


def test_an_element_that_neither_release_has_is_found_in_a_resource_of_r5():
    made = call(BACK_PAIN)
    order = draft(made)
    order["reason"] = [{"concept": item} for item in order.pop("reasonCode")]
    order["code"] = {"concept": order["code"]}
    order["orderedBy"] = "someone"
    number, found = findings(made)
    assert number == "1"
    assert found[0]["path"] == "orderedBy"


def test_a_type_that_fhir_does_not_have_is_found():
    made = call(BACK_PAIN)
    made["prefetch"]["conditions"]["entry"].append({"resource": {"resourceType": "Complaint"}})
    _, found = findings(made)
    assert found == [
        {
            "source": "conditions",
            "reference": "Complaint",
            "path": "resourceType",
            "kind": "unknown-type",
        }
    ]


def test_neither_a_name_of_no_element_nor_an_id_of_no_id_is_repeated():
    made = call(BACK_PAIN)
    condition = conditions(made)[0]
    condition["Jane Doe, born 1981"] = True
    condition["id"] = "Jane Doe"
    _, found = findings(made)
    assert found
    assert "Jane" not in json.dumps(found)
    assert {item["reference"] for item in found} == {"Condition"}


@pytest.mark.parametrize("case", [BACK_PAIN, RETENTION])
@pytest.mark.parametrize(
    "change",
    [{"severity": "bad"}, {"favorite": "blue"}, {"note": "not a list"}, {"stage": [[[]]]}],
)
def test_no_card_changes_and_no_chart_is_refused(case: Json, change: Json) -> None:
    made = call(copy.deepcopy(case))
    for condition in conditions(made):
        condition.update(change)
    answers = [service(settings).post(SELECT, json=made) for settings in (Settings(), STRICT)]
    assert [answer.status_code for answer in answers] == [200, 200]
    plain, strict = (answer.get_json() for answer in answers)
    assert int(answers[1].headers[HEADER]) > 0
    assert card_ids(plain) == card_ids(strict)
    del strict["extension"][ADVICE]["strictFindings"]
    assert plain == strict


def test_a_long_list_is_cut_and_the_header_has_the_number_of_all():
    made = call(BACK_PAIN)
    entries: list[Any] = made["prefetch"]["conditions"]["entry"]
    first = conditions(made)[0]
    entries += [{"resource": first | {"id": f"x{number}", "favorite": 1}} for number in range(150)]
    number_, found = findings(made)
    assert int(number_) == 150
    assert len(found) == 100


def test_the_models_are_loaded_only_where_the_setting_is_on():
    code = (
        "import sys\n"
        "from cds_service.app import create_app\n"
        "from cds_service.settings import Settings\n"
        "create_app(Settings())\n"
        "print(any(name.startswith('fhir.resources') for name in sys.modules))\n"
        "create_app(Settings(strict_fhir=True))\n"
        "print(any(name.startswith('fhir.resources') for name in sys.modules))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "True"]
