"""Orders of a chart, each as of its own moment: nothing after it is seen, and what ended later had not ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.errors import CaseError
from cds_service.replay.chart_orders import ChartOrder, OrderMaker, Undated
from cds_service.replay.chart_resources import read_resource
from cds_service.replay.charts import Chart, make_chart
from cds_service.replay.runner import Engine, replay_case
from cds_service.replay.what_if import WhatIfDay, parse_what_if
from tests.replay.charts import (
    BACK_PAIN,
    MRI,
    PATIENT,
    RETENTION,
    condition,
    icd,
    of,
    order,
    study,
)

TYPES = frozenset(
    (
        *("Patient", "Condition", "Observation", "MedicationRequest", "Procedure"),
        *("ServiceRequest", "DiagnosticReport", "AllergyIntolerance", "Device"),
    )
)
AT = "2026-06-15T10:00:00Z"
PAIN = condition("c1", BACK_PAIN, "2026-06-14", onsetDateTime="2026-06-14")


def chart(*resources: dict[str, Any], provided: frozenset[str] = TYPES) -> Chart:
    read = [
        read_resource(one["resourceType"], json.dumps(one).encode())
        for one in (PATIENT, *resources)
    ]
    return make_chart(("clinic", "p1"), read, provided)


def made(engine: Engine, one: Chart, as_of: date | None = None) -> list[ChartOrder | Undated]:
    return list(OrderMaker(engine.compiled, None, as_of).orders(one))


def judged(engine: Engine, *resources: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """(reference, day, cards) of each order."""
    found = []
    for one in made(engine, chart(*resources)):
        assert isinstance(one, ChartOrder)
        outcome = replay_case(one.case, engine)
        assert outcome.advice is not None, outcome.problem
        cards = [card.id for card in outcome.advice.cards]
        found.append((one.facts.order, one.case.as_of.isoformat(), cards))
    return found


def prefetched(engine: Engine, *resources: dict[str, Any]) -> set[str]:
    """Ids of what the call of the only order brings."""
    (one,) = made(engine, chart(*resources))
    assert isinstance(one, ChartOrder)
    return set(ids(json.loads(one.case.body)["prefetch"].values()))


def ids(values: Iterable[dict[str, Any]]) -> Iterator[str]:
    for value in values:
        for entry in value.get("entry", [{"resource": value}]):
            yield entry["resource"]["id"]


def test_an_order_is_judged_on_the_day_that_it_was_written(engine: Engine):
    assert judged(engine, order("o1", AT), PAIN) == [
        ("ServiceRequest/o1", "2026-06-15", ["not-yet-indicated"])
    ]


@pytest.mark.parametrize(
    ("recorded", "is_emergency"),
    [
        ("2026-06-15T09:59:00Z", True),
        ("2026-06-15", True),
        ("2026-06-15T11:30:00+02:00", True),
        ("2026-06-15T10:01:00Z", False),
        ("2026-06-15T09:30:00-04:00", False),
        ("2026-06-16", False),
        ("2026-07", False),
    ],
)
def test_what_is_recorded_after_the_moment_never_counts(
    engine: Engine, recorded: str, is_emergency: bool
):
    pain = condition("c1", BACK_PAIN, "2026-06-10")
    found = judged(engine, order("o1", AT), pain, condition("c2", RETENTION, recorded))
    assert ("emergency-escalate" in found[0][2]) is is_emergency


LATER = [
    of("p1", "Observation", "x", effectiveDateTime="2026-06-16"),
    of("p1", "Observation", "x", effectiveDateTime="2026-06-14", issued="2026-06-15T12:00:00Z"),
    of("p1", "MedicationRequest", "x", authoredOn="2026-06-15T10:00:01Z"),
    of("p1", "Procedure", "x", performedPeriod={"start": "2026-06-17", "end": "2026-06-18"}),
    of("p1", "ServiceRequest", "x", authoredOn="2027"),
    of("p1", "DiagnosticReport", "x", effectiveDateTime="2026-06-01", issued="2026-06-20"),
    of("p1", "AllergyIntolerance", "x", recordedDate="2026-06-16"),
    of("p1", "Device", "x", manufactureDate="2026-08-01"),
    of("p1", "Condition", "x", onsetDateTime="2026-06-16"),
]


@pytest.mark.parametrize("later", LATER, ids=[str(one["resourceType"]) for one in LATER])
def test_no_resource_dated_or_recorded_later_is_sent(engine: Engine, later: dict[str, Any]):
    assert prefetched(engine, order("o1", AT), later) == {"p1"}


EARLIER = [
    of("p1", "Observation", "x", effectiveDateTime="2026-06-14", issued="2026-06-15T08:00:00Z"),
    of("p1", "MedicationRequest", "x", authoredOn="2026-06-15"),
    of("p1", "Procedure", "x", performedPeriod={"start": "2026-06-14", "end": "2026-06-18"}),
    of("p1", "Condition", "x", onsetDateTime="2026-06-16", recordedDate="2026-06-14"),
    of("p1", "AllergyIntolerance", "x"),
    of("p1", "Device", "x"),
    of("p1", "Observation", "x", effectiveDateTime="no date"),
    of("p1", "Observation", "x", effectiveDateTime={"odd": 1}, issued="2026-06-14"),
]


@pytest.mark.parametrize("earlier", EARLIER, ids=[str(one["resourceType"]) for one in EARLIER])
def test_what_was_known_or_tells_no_date_is_sent(engine: Engine, earlier: dict[str, Any]):
    assert prefetched(engine, order("o1", AT), earlier) == {"p1", "x"}


def test_an_entry_without_a_date_is_as_old_as_its_encounter(engine: Engine):
    at = {"encounter": {"reference": "Encounter/e1"}}
    pain, entry = condition("c1", BACK_PAIN, "2026-06-10"), of("p1", "Condition", "x", **at)
    for start, is_known in (("2026-06-20", False), ("2026-06-01", True)):
        encounter = of("p1", "Encounter", "e1", period={"start": start})
        assert ("x" in prefetched(engine, order("o1", AT), pain, entry, encounter)) is is_known


@pytest.mark.parametrize(
    ("abated", "is_over"),
    [("2026-06-15T10:30:00Z", False), ("2026-06-16", False), ("2026-06-15T09:30:00Z", True)],
)
def test_what_ended_later_had_not_ended(engine: Engine, abated: str, is_over: bool):
    ended = condition("c1", RETENTION, "2026-06-15T08:00:00Z", abatementDateTime=abated) | {
        "clinicalStatus": {"coding": [{"code": "resolved"}]}
    }
    ((_, _, cards),) = judged(engine, order("o1", AT), ended)
    assert ("emergency-escalate" not in cards) is is_over


def test_the_order_itself_and_what_came_of_it_are_not_seen(engine: Engine):
    result = {"basedOn": [{"reference": "ServiceRequest/o1"}]}
    series = study("ImagingStudy", "i1", "2026-06-15T09:00:00Z", **result)
    report = study("DiagnosticReport", "r1", "2026-06-15", conclusion="Cauda equina", **result)
    found = judged(engine, order("o1", AT), series, report, PAIN)
    assert found == [("ServiceRequest/o1", "2026-06-15", ["not-yet-indicated"])]


def test_an_earlier_study_of_another_order_is_seen(engine: Engine):
    pain = condition("c1", BACK_PAIN, "2026-05-14")
    before = order("o0", "2026-06-01"), study("DiagnosticReport", "r0", "2026-06-03")
    found = judged(engine, order("o1", AT), *before, pain)
    assert [name for name, _, _ in found] == ["ServiceRequest/o0", "ServiceRequest/o1"]
    assert "duplicate-recent" in found[1][2]


def test_an_order_that_was_done_later_was_still_open(engine: Engine):
    done = study(
        "DiagnosticReport", "r0", "2026-06-20", basedOn=[{"reference": "ServiceRequest/o0"}]
    )
    resources = order("o0", "2026-06-10"), order("o1", AT), done
    every = made(engine, chart(*resources))
    last = every[-1]
    assert isinstance(last, ChartOrder)
    orders = json.loads(last.case.body)["prefetch"]["orders"]["entry"]
    assert [(one["resource"]["id"], one["resource"]["status"]) for one in orders] == [
        ("o0", "active")
    ]


@pytest.mark.parametrize("kind", ["ImagingStudy", "Procedure", "DiagnosticReport"])
def test_imaging_that_was_performed_without_an_order_is_judged_when_it_began(
    engine: Engine, kind: str
):
    done = study(kind, "s1", AT, reasonCode=[BACK_PAIN])
    assert judged(engine, done, PAIN) == [(f"{kind}/s1", "2026-06-15", ["not-yet-indicated"])]


def test_several_resources_about_one_study_are_one_order(engine: Engine):
    one = study("ImagingStudy", "i1", AT)
    report = study(
        "DiagnosticReport", "r1", "2026-06-17", imagingStudy=[{"reference": "ImagingStudy/i1"}]
    )
    same_day = study("Procedure", "s1", "2026-06-15")
    assert [name for name, _, _ in judged(engine, one, report, same_day)] == ["ImagingStudy/i1"]


def test_two_studies_of_two_days_are_two_orders(engine: Engine):
    found = judged(engine, study("Procedure", "s1", AT), study("Procedure", "s2", "2026-06-18"))
    assert [name for name, _, _ in found] == ["Procedure/s1", "Procedure/s2"]


def test_a_report_on_two_orders_leaves_them_two(engine: Engine):
    xray = order("o2", AT, code={"text": "X-ray lumbar spine"})
    named = [{"reference": f"ServiceRequest/{name}"} for name in ("o1", "o2")]
    report = study("DiagnosticReport", "r1", "2026-06-16", basedOn=named)
    found = judged(engine, order("o1", AT), xray, report)
    assert sorted(name for name, _, _ in found) == ["ServiceRequest/o1", "ServiceRequest/o2"]


@pytest.mark.parametrize(
    "none",
    [
        order("o1", AT, status="entered-in-error"),
        order("o1", AT, code={"text": "MRI knee"}),
        order("o1", AT, doNotPerform=True),
        study("Procedure", "s1", AT, status="not-done"),
        study("Procedure", "s1", AT, code={"text": "X-ray of the wrist"}),
    ],
)
def test_what_is_no_imaging_of_the_spine_or_was_never_meant_is_no_order(
    engine: Engine, none: dict[str, Any]
):
    assert made(engine, chart(none)) == []


@pytest.mark.parametrize("status", ["active", "completed", "revoked", "draft"])
def test_an_order_is_judged_whatever_became_of_it(engine: Engine, status: str):
    assert len(judged(engine, order("o1", AT, status=status))) == 1


def test_an_order_without_a_day_is_told_unless_a_day_is_given(engine: Engine):
    undated = {name: value for name, value in order("o1", AT).items() if name != "authoredOn"}
    assert made(engine, chart(undated)) == [Undated("ServiceRequest/o1")]
    (found,) = made(engine, chart(undated), date(2026, 6, 15))
    assert isinstance(found, ChartOrder)
    assert found.case.as_of == date(2026, 6, 15)


def test_a_reason_that_nobody_knew_yet_is_taken_off_the_order(engine: Engine):
    later = condition("c9", RETENTION, "2026-06-16")
    known = condition("c1", BACK_PAIN, "2026-06-14")
    reasons = [{"reference": "Condition/c9"}, {"reference": "Condition/c1"}]
    (one,) = made(engine, chart(order("o1", AT, reasonReference=reasons), later, known))
    assert isinstance(one, ChartOrder)
    draft = json.loads(one.case.body)["context"]["draftOrders"]["entry"][0]["resource"]
    assert draft["reasonReference"] == [{"reference": "Condition/c1"}]
    assert draft["status"] == "draft"


def test_a_type_that_the_data_set_holds_of_nobody_was_not_provided(engine: Engine):
    (one,) = made(engine, chart(order("o1", AT), provided=TYPES - {"Observation"}))
    assert isinstance(one, ChartOrder)
    assert "observations" not in json.loads(one.case.body)["prefetch"]
    advice = replay_case(one.case, engine).advice
    assert advice is not None
    assert "partial-data" in [card.id for card in advice.cards]


def test_who_ordered_and_where_is_kept(engine: Engine):
    doctor = {"reference": "Practitioner/d1", "display": "Dr. Who"}
    at = {"encounter": {"reference": "Encounter/e1"}}
    encounter = of("p1", "Encounter", "e1", serviceProvider={"display": "Spine clinic"})
    (one,) = made(engine, chart(order("o1", AT, requester=doctor, **at), encounter))
    assert isinstance(one, ChartOrder)
    assert (one.facts.clinician, one.facts.clinic) == ("Practitioner/d1", "Spine clinic")
    (one,) = made(engine, chart(order("o1", AT)))
    assert isinstance(one, ChartOrder)
    assert (one.facts.clinician, one.facts.clinic) == ("not named", "not named")


def test_the_same_chart_gives_the_same_calls_whatever_the_order_of_its_resources(engine: Engine):
    resources = [order("o1", AT), condition("c1", BACK_PAIN, "2026-06-14"), *EARLIER[:1]]
    one = made(engine, chart(*resources))
    other = made(engine, chart(*reversed(resources)))
    assert one == other


def test_a_resource_twice_is_one_and_of_two_versions_the_newer_stays():
    old = condition("c1", BACK_PAIN, "2026-06-14", meta={"lastUpdated": "2026-06-14T00:00:00Z"})
    new = condition("c1", RETENTION, "2026-06-14", meta={"lastUpdated": "2026-06-15T00:00:00Z"})
    twice = condition("c2", BACK_PAIN, "2026-06-14")
    found = chart(new, old, twice, twice)
    assert [one.id for one in found.of("Condition")] == ["c1", "c2"]
    assert b"Retention" in found.of("Condition")[0].raw
    assert found.repeated == 2
    without = [{**one, "meta": {}} for one in (old, new)]
    assert len(chart(*without).of("Condition")) == 2


# ------------------------------------------------------------------------------- what if


def supposed(
    engine: Engine, day: WhatIfDay, *resources: dict[str, Any], as_of: date | None = None
) -> list[tuple[str, str]]:
    what_if = parse_what_if("mr-lumbar-without:stat", day)
    found = []
    for one in OrderMaker(engine.compiled, what_if, as_of).orders(chart(*resources)):
        assert isinstance(one, ChartOrder)
        outcome = replay_case(one.case, engine)
        assert outcome.advice is not None, outcome.problem
        (order,) = outcome.advice.orders
        assert (order.procedure.modality, order.procedure.regions) == ("MR", ("lumbar",))
        assert order.priority == "stat"
        found.append((one.facts.order, one.case.as_of.isoformat()))
    return found


PAINS = (
    condition("c1", BACK_PAIN, "2026-01-10"),
    condition("c2", BACK_PAIN, "2026-06-14"),
    of("p1", "Observation", "x", effectiveDateTime="2026-06-30"),
)


def test_a_question_is_asked_on_the_day_of_each_complaint(engine: Engine):
    assert supposed(engine, "complaint", *PAINS) == [
        ("what-if/2026-01-10", "2026-01-10"),
        ("what-if/2026-06-14", "2026-06-14"),
    ]


def test_a_question_is_asked_as_of_the_last_resource_or_of_the_day_given(engine: Engine):
    assert supposed(engine, "last", *PAINS) == [("what-if/2026-06-30", "2026-06-30")]
    day = date(2026, 3, 1)
    assert supposed(engine, "complaint", *PAINS, as_of=day) == [
        ("what-if/2026-03-01", "2026-03-01")
    ]
    assert supposed(engine, "complaint", *PAINS, as_of=date(2025, 3, 1)) == []


@pytest.mark.parametrize(
    "none",
    [
        condition("c1", icd("I10", "Hypertension"), "2026-01-10"),
        condition(
            "c1", BACK_PAIN, "2026-01-10", verificationStatus={"coding": [{"code": "refuted"}]}
        ),
    ],
)
def test_nobody_without_a_complaint_is_asked_about(engine: Engine, none: dict[str, Any]):
    assert supposed(engine, "complaint", none) == []


@pytest.mark.parametrize(
    "text", ["mr", "mr-knee", "mri-lumbar", "mr-lumbar-dye", "mr-lumbar:now", "", "MR-lumbar"]
)
def test_what_is_no_study_is_refused_with_what_is_expected(text: str):
    with pytest.raises(CaseError, match="MODALITY-REGION"):
        parse_what_if(text, "complaint")


def test_a_body_is_a_call_that_a_client_could_send(engine: Engine):
    (one,) = made(engine, chart(order("o1", AT, code=MRI)))
    assert isinstance(one, ChartOrder)
    body = msgspec.json.decode(one.case.body)
    assert body["hook"] == "order-sign"
    assert body["context"]["patientId"] == "p1"
    assert body["prefetch"]["patient"]["id"] == "p1"
    assert set(body["prefetch"]) >= {"conditions", "observations", "devices"}
