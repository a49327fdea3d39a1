"""Conditions: what they are, since when, and how sure the record is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.evidence.model import ConditionHit, DateSpan, PatientRecord

ReadRecord = Callable[..., PatientRecord]

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
WHO = "http://hl7.org/fhir/sid/icd-10"


def coded(system: str, code: str, display: str | None = None, text: str | None = None) -> Any:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def status(code: str) -> Any:
    """A status as R4 has it."""
    return {"coding": [{"system": "http://terminology.hl7.org/x", "code": code}]}


def condition(code: Any, **elements: Any) -> Any:
    """An active, confirmed Condition."""
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": status("active"),
        "verificationStatus": status("confirmed"),
        "code": code,
        "subject": {"reference": "Patient/p1"},
    } | elements


RETENTION = coded(ICD, "R33.9", "Retention of urine, unspecified")


def hit(record: PatientRecord, value_set: str) -> ConditionHit:
    """The only hit of a value set."""
    (found,) = record.conditions[value_set]
    return found


def test_a_code_in_a_value_set_is_a_hit_by_code(read: ReadRecord) -> None:
    """With the display as the record has it."""
    found = hit(read(condition(RETENTION)), "urinary-retention")
    assert (found.via, found.system, found.code) == ("code", "icd10cm", "R339")
    assert found.entry.display == "Retention of urine, unspecified"
    assert found.entry.reference == "Condition/c1"
    assert found.entry.codings == (("icd10cm", "R339"),)


def test_a_text_without_code_is_a_hit_by_text(read: ReadRecord) -> None:
    """A phrase of the value set, in any case."""
    found = hit(read(condition({"text": "Saddle Anesthesia"})), "saddle-anesthesia")
    assert (found.via, found.system, found.code) == ("text", "", "saddle anesthesia")
    assert found.entry.text == "saddle anesthesia"


def test_a_denied_text_is_no_hit(read: ReadRecord) -> None:
    """The near-miss of the text above."""
    record = read(condition({"text": "No saddle anesthesia"}))
    assert "saddle-anesthesia" not in record.conditions


def test_a_vague_code_is_made_precise_by_its_text(read: ReadRecord) -> None:
    """Text is read also when a code is there."""
    record = read(condition(coded(ICD, "R20.0", text="Saddle anesthesia")))
    assert hit(record, "numbness").via == "code"
    assert hit(record, "saddle-anesthesia").via == "text"


def test_a_code_beats_a_text_of_the_same_set(read: ReadRecord) -> None:
    """One hit a set."""
    record = read(condition(coded(ICD, "R33.9", text="Urinary retention")))
    assert hit(record, "urinary-retention").via == "code"


def test_a_display_is_read_where_there_is_no_text(read: ReadRecord) -> None:
    """In a system that is not ours."""
    local = coded("http://e-imo.com/products/problem-it", "123", "Saddle anesthesia")
    assert hit(read(condition(local)), "saddle-anesthesia").via == "text"


def test_a_code_without_system_is_not_guessed(read: ReadRecord) -> None:
    """It looks like ICD-10-CM, and nobody said so."""
    record = read(condition({"coding": [{"code": "R33.9"}]}))
    assert record.conditions == {}
    assert [entry.text for entry in record.not_understood] == ["R33.9"]


def test_a_snomed_code_under_icd_is_looked_up_as_snomed(read: ReadRecord) -> None:
    """Real problem lists hold it so."""
    assert "low-back-pain" in read(condition(coded(ICD, "278860009"))).conditions


def test_who_codes_match_at_four_characters(read: ReadRecord) -> None:
    """A German code has a site as its fifth."""
    german = coded("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "M54.56")
    assert "low-back-pain" in read(condition(german)).conditions


@pytest.mark.parametrize(
    "code",
    [
        coded(ICD, "Z80.3", "Family history of malignant neoplasm of breast"),
        coded(SNOMED, "312824007", "Family history of cancer of colon"),
        coded(SNOMED, "363346000", "Family history of malignant neoplasm"),
        coded(SNOMED, "363346000", text="Family history: malignant neoplastic disease"),
        {"text": "FHx metastatic cancer"},
        {"text": "Metastatic cancer (family history)"},
    ],
)
def test_a_family_history_never_counts(read: ReadRecord, code: Any) -> None:
    """Whatever else the entry says; and it is not one that was not understood."""
    assert read(condition(code)).conditions == {}


def test_a_cancer_with_a_word_on_the_mother_is_still_the_patients(read: ReadRecord) -> None:
    """The near-miss of a family history."""
    record = read(condition(coded(ICD, "C50.911", text="Breast cancer. Family history: ovary")))
    assert hit(record, "malignancy").via == "code"


def test_what_neither_code_nor_text_tells_is_counted(read: ReadRecord) -> None:
    """An empty code and none at all; not an allergy of the nose, which its code tells, nor what was refuted."""
    record = read(
        condition(coded(ICD, "J30.1")),
        condition({}),
        condition(None),
        condition({"coding": [{}]}),
        condition(coded(ICD, "J30.1"), verificationStatus=status("refuted")),
        condition(coded(ICD, "J30.1"), verificationStatus=status("entered-in-error")),
        condition(RETENTION),
    )
    assert [entry.text for entry in record.not_understood] == ["an entry without code or words"] * 3
    assert record.counts["conditions"] == 7


@pytest.mark.parametrize(
    ("code", "seventh"),
    [
        ("M48.50XA", "initial"),
        ("M48.50XD", "subsequent"),
        ("M48.50XS", "sequela"),
        ("M48.50X", ""),
    ],
)
def test_the_seventh_character_is_put_on_the_hit(read: ReadRecord, code: str, seventh: str) -> None:
    """Of a vertebral fracture."""
    assert hit(read(condition(coded(ICD, code))), "vertebral-fracture").seventh == seventh


def test_a_sequela_beside_a_snomed_code_is_still_a_sequela(read: ReadRecord, index: Any) -> None:
    """The SNOMED code alone would look current."""
    snomed = next(
        entry
        for entry in index._exact["snomed"]
        if "vertebral-fracture" in index._exact["snomed"][entry]
    )
    both = {"coding": [{"system": SNOMED, "code": snomed}, {"system": ICD, "code": "M48.50XS"}]}
    assert hit(read(condition(both)), "vertebral-fracture").seventh == "sequela"


@pytest.mark.parametrize("code", ["active", "recurrence", "relapse", "Active"])
def test_an_active_condition_is_current(read: ReadRecord, code: str) -> None:
    """In any case of letters."""
    entry = hit(read(condition(RETENTION, clinicalStatus=status(code))), "urinary-retention").entry
    assert (entry.clinical, entry.status_recorded) == ("current", True)


@pytest.mark.parametrize("code", ["inactive", "remission", "resolved"])
def test_a_resolved_condition_is_past(read: ReadRecord, code: str) -> None:
    """Also as the bare string of STU3."""
    for written in (
        status(code),
        code,
        {"text": code},
        [status(code)],
        {"coding": status(code)["coding"][0]},
    ):
        entry = hit(read(condition(RETENTION, clinicalStatus=written)), "urinary-retention").entry
        assert (entry.clinical, entry.status_recorded) == ("past", True)


@pytest.mark.parametrize("written", [None, {}, status("unknown"), 5, "", []])
def test_without_a_status_it_is_current_and_said_to_be_unrecorded(
    read: ReadRecord, written: Any
) -> None:
    """Unknown is not over."""
    entry = hit(read(condition(RETENTION, clinicalStatus=written)), "urinary-retention").entry
    assert (entry.clinical, entry.status_recorded) == ("current", False)


@pytest.mark.parametrize("code", ["unconfirmed", "provisional", "differential"])
def test_a_provisional_condition_is_suspected(read: ReadRecord, code: str) -> None:
    """Verification, in R4 and STU3."""
    for written in (status(code), code):
        record = read(condition(RETENTION, verificationStatus=written))
        assert hit(record, "urinary-retention").entry.verification == "suspected"


def test_a_missing_verification_is_confirmed(read: ReadRecord) -> None:
    """Half of real records have none."""
    record = read(condition(RETENTION, verificationStatus=None))
    assert hit(record, "urinary-retention").entry.verification == "confirmed"


def test_a_refuted_condition_stays_to_be_weighed(read: ReadRecord) -> None:
    """It is never shown as current evidence, but may contradict another entry."""
    record = read(condition(RETENTION, verificationStatus=status("refuted")))
    assert hit(record, "urinary-retention").entry.verification == "refuted"


def test_what_was_entered_in_error_is_gone(read: ReadRecord) -> None:
    """As if it had never been written."""
    record = read(condition(RETENTION, verificationStatus=status("entered-in-error")))
    assert record.conditions == {}


@pytest.mark.parametrize(
    "abatement",
    [
        {"abatementDateTime": "2026-06-15"},
        {"abatementDateTime": "2017-05-01T10:00:00+02:00"},
        {"abatementDateTime": "2026"},
        {"abatementPeriod": {"start": "2020-01-01", "end": "2020-02-01"}},
        {"abatementString": "last week"},
        {"abatementBoolean": True},
        {"abatementAge": {"value": 60, "code": "a"}},
        {"abatementRange": {"low": {"value": 50}}},
        {"abatementDateTime": "sometime in spring"},
    ],
)
def test_an_abated_condition_is_past_even_when_it_is_called_active(
    read: ReadRecord, abatement: Any
) -> None:
    """As in all of one big set of real records."""
    entry = hit(read(condition(RETENTION, **abatement)), "urinary-retention").entry
    assert entry.clinical == "past"


@pytest.mark.parametrize(
    "abatement",
    [
        {"abatementDateTime": "2026-06-17"},
        {"abatementDateTime": "9999-12-31"},
        {"abatementPeriod": {"end": "2027-01-01"}},
        {"abatementBoolean": False},
        {"abatementDateTime": None},
        {"abatementString": ""},
        {"abatementAge": {"value": 70, "code": "a"}},
    ],
)
def test_an_abatement_that_lies_ahead_has_not_happened(read: ReadRecord, abatement: Any) -> None:
    """Nor has one that is empty."""
    entry = hit(read(condition(RETENTION, **abatement)), "urinary-retention").entry
    assert entry.clinical == "current"


def test_an_abatement_one_day_ahead_is_today_in_another_zone(read: ReadRecord) -> None:
    """A date up to one day ahead counts as today."""
    entry = hit(
        read(condition(RETENTION, abatementDateTime="2026-06-16")), "urinary-retention"
    ).entry
    assert entry.clinical == "past"
    assert entry.abated == DateSpan(date(2026, 6, 16), date(2026, 6, 16))


@pytest.mark.parametrize(
    ("onset", "first", "last"),
    [
        ({"onsetDateTime": "2026-06-14T23:00:00-08:00"}, "2026-06-14", "2026-06-14"),
        ({"onsetDateTime": "2026-05"}, "2026-05-01", "2026-05-31"),
        ({"onsetPeriod": {"start": "2026-06-01", "end": "2026-06-02"}}, "2026-06-01", "2026-06-01"),
        ({"onsetAge": {"value": 40, "unit": "years"}}, "2000-05-20", "2001-05-19"),
        ({"onsetAge": {"value": "40", "code": "a"}}, "2000-05-20", "2001-05-19"),
        ({"onsetAge": {"value": 18, "code": "mo"}}, "1961-05-20", "1962-05-19"),
        (
            {"onsetDateTime": "about noon", "onsetPeriod": {"start": "2026-06-03"}},
            "2026-06-03",
            "2026-06-03",
        ),
    ],
)
def test_the_onset_is_read_in_every_form(
    read: ReadRecord, onset: Any, first: str, last: str
) -> None:
    """dateTime, period, age."""
    found = hit(read(condition(RETENTION, **onset)), "urinary-retention").entry.onset
    assert found == DateSpan(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "onset",
    [
        {},
        {"onsetString": "three days ago"},
        {"onsetAge": {"value": 40, "unit": "kg"}},
        {"onsetAge": {"value": -1, "code": "a"}},
        {"onsetAge": {"value": 4000, "code": "a"}},
        {"onsetDateTime": {"value": 5}},
        {"onsetPeriod": "2026-01-01"},
    ],
)
def test_an_onset_that_is_no_date_is_no_onset(read: ReadRecord, onset: Any) -> None:
    """The entry stays, undated."""
    assert hit(read(condition(RETENTION, **onset)), "urinary-retention").entry.onset is None


def test_an_age_at_onset_needs_a_birth_date(read: ReadRecord) -> None:
    """Without one the onset is unknown."""
    nobody = {"resourceType": "Patient", "id": "p1"}
    record = read(condition(RETENTION, onsetAge={"value": 40, "code": "a"}), patient=nobody)
    assert hit(record, "urinary-retention").entry.onset is None


@pytest.mark.parametrize("name", ["recordedDate", "assertedDate", "dateRecorded"])
def test_the_recorded_date_is_read_in_every_version(read: ReadRecord, name: str) -> None:
    """R4, STU3, DSTU2."""
    found = hit(read(condition(RETENTION, **{name: "2026-06-01"})), "urinary-retention").entry
    assert found.recorded == DateSpan(date(2026, 6, 1), date(2026, 6, 1))
    assert found.onset is None


def test_the_asserted_date_of_us_core_is_read(read: ReadRecord) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
    asserted = [{"url": "http://example.org/x"}, {"url": url, "valueDateTime": "2026-06-01"}]
    found = hit(read(condition(RETENTION, extension=asserted)), "urinary-retention").entry
    assert found.recorded == DateSpan(date(2026, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize("extension", [None, [], {}, [None], "x", [{"url": "http://example.org"}]])
def test_other_extensions_are_no_date(read: ReadRecord, extension: Any) -> None:
    found = hit(read(condition(RETENTION, extension=extension)), "urinary-retention").entry
    assert found.recorded is None


@pytest.mark.parametrize(
    "text",
    [
        "Lumbago, kein Hinweis auf Cauda-equina-Syndrom",
        "Lombalgie sans syndrome de la queue de cheval",
        "Lumbalgia sin síndrome de cauda equina",
        "Lombalgia senza sindrome della cauda equina",
        "Bel ağrısı, kauda ekuina sendromu yok",
    ],
)
def test_a_problem_in_another_language_denies_what_it_says_is_not_there(
    read: ReadRecord, text: str
) -> None:
    assert "cauda-equina-syndrome" not in read(condition({"text": text})).conditions


@pytest.mark.parametrize(
    "text",
    [
        "Lumbago, Verdacht auf Cauda-equina-Syndrom",
        "Cauda-equina-Syndrom, keine Operation",
        "Lombalgie et syndrome de la queue de cheval",
        "Kauda ekuina sendromu",
    ],
)
def test_and_states_what_it_says_is_there(read: ReadRecord, text: str) -> None:
    assert "cauda-equina-syndrome" in read(condition({"text": text})).conditions


def test_a_numb_perineum_is_known_by_its_body_site(read: ReadRecord) -> None:
    """The value sets of a bodySite; a list or one alone."""
    perineum = coded(SNOMED, "38864007", "Perineum")
    for written in ([perineum], perineum, [None, {"text": "left"}, perineum]):
        record = read(condition(coded(ICD, "R20.0"), bodySite=written))
        assert hit(record, "numbness").entry.body_sites == {"body-site-saddle"}


def test_another_body_site_is_none_of_ours(read: ReadRecord) -> None:
    """The near-miss of the one above."""
    record = read(condition(coded(ICD, "R20.0"), bodySite=[coded(SNOMED, "7569003", "Finger")]))
    assert hit(record, "numbness").entry.body_sites == frozenset()


@pytest.mark.parametrize(
    "code",
    [
        [RETENTION],
        {"coding": {"system": ICD, "code": "R33.9"}},
        {"coding": [None, {"system": ICD, "code": "R33.9"}], "text": None},
        {"coding": [{"system": f" {ICD} ", "code": " R33.9 "}]},
        {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "R339"}]},
        {"system": ICD, "code": "R33.9"},
        {"concept": RETENTION},
        "Urinary retention",
        {"text": "Urinary retention", "coding": None},
        {"text": "Urinary retention", "coding": "R33.9"},
    ],
)
def test_an_odd_shape_of_the_code_is_read_as_what_it_means(read: ReadRecord, code: Any) -> None:
    """An object where a list belongs, nulls, a Coding, R5, plain text."""
    record = read(condition(code))
    assert "urinary-retention" in record.conditions
    assert record.gaps == ()


@pytest.mark.parametrize("code", [5, True, 1.5])
def test_a_code_that_is_no_code_in_any_shape_is_a_gap(read: ReadRecord, code: Any) -> None:
    """It is not an entry that says nothing."""
    record = read(condition(code), condition(RETENTION))
    assert [(gap.source, gap.reason) for gap in record.gaps] == [("conditions", "unreadable")]
    assert "conditions" not in record.read_keys
    assert "urinary-retention" in record.conditions


def test_a_condition_of_dstu2_is_read(read: ReadRecord) -> None:
    """`patient` for the subject, bare strings for status, `dateRecorded`."""
    record = read(
        {
            "resourceType": "Condition",
            "id": "c1",
            "patient": {"reference": "Patient/p1"},
            "code": RETENTION,
            "clinicalStatus": "active",
            "verificationStatus": "provisional",
            "dateRecorded": "2026-06-01",
        }
    )
    entry = hit(record, "urinary-retention").entry
    assert (entry.clinical, entry.verification) == ("current", "suspected")


def test_a_condition_is_found_by_its_reference(read: ReadRecord) -> None:
    """For the reasonReference of an order."""
    record = read(condition(RETENTION))
    assert [name for name, _ in record.condition_by_reference["Condition/c1"]] == [
        "urinary-retention"
    ]


def test_a_condition_without_id_has_no_reference(read: ReadRecord) -> None:
    """And still counts."""
    record = read(condition(RETENTION, id=None))
    assert hit(record, "urinary-retention").entry.reference == ""
    assert record.condition_by_reference == {}


@pytest.mark.parametrize(
    ("code", "value_set"),
    [
        ({"text": "Metastatic breast ca to spine"}, "spinal-malignancy"),
        (coded("urn:local", "B7", "Infiltrating duct carcinoma of female breast"), "malignancy"),
        (coded("urn:local", "X1", "Renal cell carcinoma", text="RCC"), "malignancy"),
    ],
)
def test_a_problem_in_no_value_set_is_read_by_all_its_words(
    read: ReadRecord, code: Any, value_set: str
) -> None:
    assert hit(read(condition(code)), value_set).via == "text"


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Rukking tolls of the spine"},
        coded(ICD, "M89.9X7", "Morbus Zworp"),
        coded(SNOMED, "999000000103"),
    ],
)
def test_an_active_problem_in_no_set_and_of_no_known_words_is_named(
    read: ReadRecord, code: Any
) -> None:
    (entry,) = read(condition(code)).not_understood
    assert entry.reference == "Condition/c1"
    assert entry.text in str(code)


@pytest.mark.parametrize(
    "shape",
    [
        condition(coded(ICD, "I10", "Essential hypertension")),
        condition(coded(ICD, "M35.3", "Polymyalgia rheumatica")),
        condition(coded(SNOMED, "38341003", "Hypertensive disorder")),
        condition({"text": "Common cold"}),
        condition({"text": "Morbus Zworp"}, clinicalStatus=status("resolved")),
    ],
)
def test_what_has_no_bearing_or_is_over_is_not_named(read: ReadRecord, shape: Any) -> None:
    """The near-miss of a problem that nobody understood."""
    assert read(shape).not_understood == ()


@pytest.mark.parametrize("words", ["Chronic urinary retention", "No urinary retention", "Gout"])
def test_what_a_problem_denies_or_calls_old_is_no_new_finding(read: ReadRecord, words: str) -> None:
    """The near-miss of a problem that only its words tell."""
    assert read(condition({"text": words})).conditions.get("urinary-retention") is None


def test_a_complaints_code_is_made_more_exact_by_its_words(read: ReadRecord) -> None:
    words = "Radiculopathy, lumbar region, bilateral"
    found = hit(read(condition(coded(ICD, "M54.16", words))), "bilateral-sciatica")
    assert found.via == "text"


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("M80.039A", "Age-related osteoporosis with current pathological fracture, forearm"),
        ("V24.01XA", "Driver injured in collision with heavy transport vehicle, leg"),
        ("C72.1", "Malignant neoplasm of cauda equina"),
    ],
)
def test_the_title_of_a_code_that_says_what_it_is_adds_nothing(
    read: ReadRecord, code: str, title: str
) -> None:
    found = read(condition(coded(ICD, code, title))).conditions
    assert not {"vertebral-fracture", "limb-weakness"} & found.keys()


def test_words_beside_a_code_that_names_no_disease_are_read(read: ReadRecord) -> None:
    assert (
        "neoplasm-behaviour-unknown"
        in read(condition(coded(ICD, "M89.9", "Bone lesion"))).conditions
    )
    assert not read(condition(coded(ICD, "M86.9X", "Bone lesion"))).conditions.get(
        "neoplasm-behaviour-unknown"
    )


def test_a_code_whose_words_tell_the_past_is_past(read: ReadRecord) -> None:
    told = hit(
        read(condition(coded(ICD, "G83.4", "History of cauda equina syndrome"))),
        "cauda-equina-syndrome",
    )
    assert told.entry.clinical == "past"
    chronic = hit(
        read(condition(coded(ICD, "G83.4", "Cauda equina syndrome"))), "cauda-equina-syndrome"
    )
    assert chronic.entry.clinical == "current"


def test_a_disease_of_the_cord_that_is_not_known_is_named(read: ReadRecord) -> None:
    record = read(condition({"text": "Sarcoidosis of the cord"}))
    assert [found.text for found in record.not_understood] == ["Sarcoidosis of the cord"]
