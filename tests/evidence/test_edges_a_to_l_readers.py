"""Readers at their edges: ages without a unit, implants by severity, codings of odd shape, guards at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from cds_service.evidence.codes.concepts import ConceptHit, ConceptReading
from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.loose_json import read_concept, read_concepts
from cds_service.evidence.model import PatientRecord
from cds_service.evidence.orders.earlier import read_earlier_study
from cds_service.knowledge.model import Guideline
from tests import shipped

ReadRecord = Callable[..., PatientRecord]

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"


def condition(**elements: Any) -> Any:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": ICD, "code": "R33.9"}]},
        "subject": {"reference": "Patient/p1"},
    } | elements


@pytest.mark.parametrize(
    ("age", "first", "last"),
    [
        ({"value": 60}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "years"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "year"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "unit": "yr"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "code": "a"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 60, "code": "a", "unit": "mo"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 720, "code": "mo"}, date(2020, 5, 20), date(2021, 5, 19)),
        ({"value": 719, "unit": "months"}, date(2019, 5, 20), date(2020, 5, 19)),
        ({"value": 12, "unit": "month"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 52, "code": "wk"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 51, "unit": "weeks"}, date(1960, 5, 20), date(1961, 5, 19)),
        ({"value": 104, "unit": "week"}, date(1962, 5, 20), date(1963, 5, 19)),
        ({"value": 365, "code": "d"}, date(1961, 5, 20), date(1962, 5, 19)),
        ({"value": 364, "unit": "days"}, date(1960, 5, 20), date(1961, 5, 19)),
        ({"value": 730, "unit": "day"}, date(1962, 5, 20), date(1963, 5, 19)),
        ({"value": 0}, date(1960, 5, 20), date(1961, 5, 19)),
        ({"value": 150}, date(2110, 5, 20), date(2111, 5, 19)),
    ],
)
def test_an_age_at_onset_is_a_year_of_days(
    read: ReadRecord, age: Any, first: date, last: date
) -> None:
    (found,) = read(condition(onsetAge=age)).conditions["urinary-retention"]
    assert found.entry.onset is not None
    assert (found.entry.onset.first, found.entry.onset.last) == (first, last)


@pytest.mark.parametrize(
    "age",
    [
        {"value": 151},
        {"value": -1},
        {"value": 60, "code": "h"},
        {"value": 60, "unit": "XXXX"},
        {"unit": "years"},
        {"value": "old"},
        {},
    ],
)
def test_an_age_that_cannot_be_is_no_onset(read: ReadRecord, age: Any) -> None:
    (found,) = read(condition(onsetAge=age)).conditions["urinary-retention"]
    assert found.entry.onset is None


def test_a_date_of_onset_is_taken_before_a_period_and_a_period_before_an_age(
    read: ReadRecord,
) -> None:
    age = {"onsetAge": {"value": 60}}
    period = {"onsetPeriod": {"start": "2025-02-01"}}
    for elements, day in (
        (age | period | {"onsetDateTime": "2025-01-01"}, "2025-01-01"),
        (age | {"onsetDateTime": "2025-01-01"}, "2025-01-01"),
        (age | period, "2025-02-01"),
        (period | {"onsetDateTime": "soon"}, "2025-02-01"),
    ):
        (found,) = read(condition(**elements)).conditions["urinary-retention"]
        assert found.entry.onset == read_date(day)


def test_an_allergy_to_a_drug_hides_no_contrast_agent_beside_it(read: ReadRecord) -> None:
    steroid = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}
    gadolinium = {"system": SNOMED, "code": "58281002"}
    for codings in ([steroid, gadolinium], [gadolinium, steroid]):
        allergy = {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "code": {"coding": codings, "text": "Two agents"},
            "patient": {"reference": "Patient/p1"},
        }
        (found,) = read(allergy).allergies
        assert (found.value_set, found.via, found.suspected) == ("gadolinium-agent", "code", False)


def test_the_catalog_keeps_its_words_in_lower_case(index: CodeIndex, guideline: Guideline) -> None:
    catalog = guideline.catalog
    assert shipped.catalog().imaging_categories == {c.lower() for c in catalog.imaging_categories}
    assert shipped.catalog().imaging_systems == {uri.lower() for uri in catalog.imaging_systems}
    assert dict(shipped.catalog().dicom_modality) == dict(catalog.dicom_modality)
    assert dict(shipped.catalog().imaging_code_prefixes) == dict(catalog.imaging_code_prefixes)
    assert shipped.catalog().refuted_words == set(guideline.evidence.condition_drop_verification)
    assert shipped.catalog().past_words == set(guideline.evidence.condition_past)


IMPLANT_TEXTS = [("Abandoned pacemaker lead", "unsafe"), ("Cochlear implant", "unknown")]


@pytest.mark.parametrize(("text", "safety"), IMPLANT_TEXTS)
def test_an_implant_that_a_condition_or_procedure_names_is_as_bad_as_its_value_set(
    read: ReadRecord, text: str, safety: str
) -> None:
    code = {"text": text}
    (by_condition,) = read(condition(code=code, onsetDateTime="2019-01-01")).devices
    assert (by_condition.reference, by_condition.safety) == ("Condition/c1", safety)
    assert (by_condition.via, by_condition.display) == ("text", text)
    assert by_condition.when == read_date("2019-01-01")
    (recorded,) = read(condition(code=code, recordedDate="2018-01-01")).devices
    assert recorded.when == read_date("2018-01-01")
    done = {"resourceType": "Procedure", "id": "x", "status": "completed", "code": code}
    (by_procedure,) = read(done | {"performedDateTime": "2017-01-01"}).devices
    assert (by_procedure.reference, by_procedure.safety) == ("Procedure/x", safety)
    assert (by_procedure.via, by_procedure.display) == ("text", text)
    assert by_procedure.when == read_date("2017-01-01")


def test_a_refuted_or_removed_implant_hides_no_other(read: ReadRecord) -> None:
    pacer = {"coding": [{"system": ICD, "code": "Z95.0"}]}
    refuted = condition(id="c0", code=pacer, verificationStatus={"coding": [{"code": "refuted"}]})
    removed = condition(id="c2", code={"text": "Removal of pacemaker"})
    found = read(refuted, removed, condition(code=pacer)).devices
    assert [entry.reference for entry in found] == ["Condition/c1"]


@pytest.mark.parametrize(
    ("value", "text", "codes"),
    [
        ({"system": ICD, "code": "M54.5"}, "", ["M545"]),
        ({"system": ICD, "code": "M54.5", "text": "LBP"}, "LBP", ["M545"]),
        ({"coding": [{"system": ICD, "code": "M54.5"}], "text": "LBP"}, "LBP", ["M545"]),
        ({"coding": {"system": ICD, "code": "M54.5"}, "code": "R33"}, "", ["M545"]),
        ({"coding": None, "code": "C1", "text": " a  b "}, "a b", ["C1"]),
        ({"concept": {"system": ICD, "code": "M54.5"}}, "", ["M545"]),
        ({"concept": {"text": "LBP"}, "text": "other"}, "LBP", []),
        ({"concept": None, "text": "LBP"}, "LBP", []),
        ({"coding": [{"display": "LBP"}, {}, None]}, "", [""]),
        ("LBP", "LBP", []),
        ({"text": 5}, "5", []),
    ],
)
def test_a_concept_of_any_shape_has_a_text_and_codings(
    value: Any, text: str, codes: list[str]
) -> None:
    (concept,) = read_concepts(value)
    assert concept.text == text
    assert isinstance(concept.text, str)
    assert [coding.code for coding in concept.codings] == codes


def test_a_bare_coding_is_labeled_by_its_display_then_by_its_code() -> None:
    coded = read_concept({"system": ICD, "code": "M54.5"})
    assert (coded.label, coded.label_in_words) == ("M545", "")
    shown = read_concept({"system": ICD, "code": "M54.5", "display": "LBP"})
    assert (shown.label, shown.label_in_words) == ("LBP", "LBP")


def test_bare_codings_of_a_list_are_read_as_one_concept() -> None:
    both = read_concept([{"system": ICD, "code": "M54.5"}, {"system": ICD, "code": "R33.9"}])
    assert (both.text, both.known_codings) == ("", (("icd10cm", "M545"), ("icd10cm", "R339")))


@pytest.mark.parametrize(
    ("description", "contrast"),
    [
        ("L-SPINE W/O CONTRAST", "without"),
        ("L-spine with contrast", "with"),
        ("L-spine without and with contrast", "without-and-with"),
    ],
)
def test_the_description_says_the_contrast_also_beside_a_text_of_the_procedure(
    index: CodeIndex, description: str, contrast: str
) -> None:
    body = {
        "resourceType": "ImagingStudy",
        "id": "s1",
        "status": "available",
        "modality": [{"code": "MR"}],
        "procedureCode": [{"text": "MRI lumbar spine"}],
        "description": description,
    }
    found = read_earlier_study(
        "ImagingStudy", msgspec.Raw(json.dumps(body).encode()), shipped.catalog()
    )
    assert found is not None
    assert found.procedure.contrast == contrast
    assert found.display == "MRI lumbar spine"


@pytest.mark.parametrize(
    ("words", "text", "first"),
    [
        ("positive_words", "detected", "detected"),
        ("negative_words", "not detected", "not detected"),
        ("negative_words", "NOT  DETECTED", "NOT  DETECTED"),
    ],
)
def test_the_longest_answer_is_found_first(
    index: CodeIndex, words: str, text: str, first: str
) -> None:
    pattern = getattr(index.compiled, words)
    match = pattern.search(text)
    assert match is not None
    assert match.group() == first


@pytest.mark.parametrize("words", ["positive_words", "negative_words", "local_use", "guard_words"])
def test_every_word_of_a_list_is_found_whole(index: CodeIndex, words: str) -> None:
    rules = index.rules
    lists = {
        "positive_words": rules.positive_text,
        "negative_words": rules.negative_text,
        "local_use": (*rules.route_exclude, *rules.form_words_exclude),
        "guard_words": (*rules.text.guard, *rules.text.guard_after),
    }
    pattern = getattr(index.compiled, words)
    for phrase in lists[words]:
        match = pattern.match(f"{phrase.strip().upper()} and more")
        assert match is not None
        assert match.group().lower() == phrase.strip().lower()
        assert pattern.fullmatch(f"x{phrase.strip()}x") is None


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("no fever, saddle anesthesia or", False),
        ("no fever, saddle anesthesia or chills", False),
        ("no fever, saddle anesthesia nor", False),
        ("no fever, saddle anesthesia", True),
        ("no fever. saddle anesthesia or", True),
        ("denies fever, saddle anesthesia", False),
        ("denies fever but saddle anesthesia", True),
        ("saddle anesthesia no", False),
        ("saddle anesthesia denied", False),
        ("saddle anesthesia, no fever", True),
        ("saddle anesthesia", True),
    ],
)
def test_a_denial_reaches_as_far_as_its_list_also_when_the_text_is_cut(
    index: CodeIndex, text: str, *, is_found: bool
) -> None:
    found = {hit.value_set for hit in index.phrases.read(text)}
    assert ("saddle-anesthesia" in found) is is_found


def test_a_concept_is_in_its_value_sets_and_in_no_other() -> None:
    one = ConceptReading(hits=(ConceptHit("fever-condition", "code", "", ""),))
    assert one.is_in("fever-condition")
    assert not one.is_in("malignancy")
    assert not ConceptReading().is_in("malignancy")
