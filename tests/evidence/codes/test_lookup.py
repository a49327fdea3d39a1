"""Codes are looked up by prefix or exactly, in whatever spelling they come."""

from __future__ import annotations

import pytest

from cds_service.evidence.codes.index import CodeIndex


@pytest.mark.parametrize(
    ("system", "code", "value_set"),
    [
        ("icd10cm", "M54.50", "low-back-pain"),
        ("icd10cm", "m5450", "low-back-pain"),
        ("icd10cm", "C61", "malignancy"),
        ("icd10cm", "C7A.00", "malignancy"),
        ("icd10cm", "C90.01", "malignancy-remission"),
        ("icd10", "C50.9", "malignancy"),
        ("icd10", "M54.5", "low-back-pain"),
        ("icd10", "C79.5", "spinal-malignancy"),
        ("icd10", "C79.51", "spinal-malignancy"),
        ("icd10", "R33X", "urinary-retention"),
        ("icd10", "B24", "hiv-disease"),
        ("icd10", "M49.0*", "spinal-infection"),
        ("icd10", "T08", "vertebral-fracture"),
        ("icd10", "R65.1", "bacteremia"),
        ("icd9cm", "198.5", "spinal-malignancy"),
        ("icd9cm", "1985", "malignancy"),
        ("icd9cm", "344.61", "cauda-equina-syndrome"),
        ("icd9cm", "V42.0", "immunosuppression-major"),
        ("icd9cm", "E881.0", "high-energy-trauma"),
        ("icd9cm", "042", "hiv-disease"),
        ("icd10cm", "G89.3", "malignancy"),
        ("snomed", "363443007", "malignancy"),
        ("snomed", "278860009", "low-back-pain"),
        ("icd10cm", "278860009", "low-back-pain"),
        ("loinc", "8310-5", "obs-temperature"),
        ("rxnorm", "8640", "systemic-steroid"),
        ("rxnorm", "197577", "systemic-steroid"),
    ],
)
def test_a_code_is_in_its_value_set(
    index: CodeIndex, system: str, code: str, value_set: str
) -> None:
    assert value_set in index.value_sets(system, code)


@pytest.mark.parametrize(
    ("system", "code", "value_set"),
    [
        ("icd10cm", "C44.91", "malignancy"),
        ("icd10cm", "C90.01", "malignancy"),
        ("icd10cm", "Z80.3", "malignancy"),
        ("icd10cm", "D05.1", "malignancy"),
        ("icd9cm", "C61", "malignancy"),
        ("icd9cm", "173.1", "malignancy"),
        ("icd9cm", "203.01", "malignancy"),
        ("icd9cm", "209.41", "malignancy"),
        ("icd9cm", "80.51", "vertebral-fracture"),
        ("icd9cm", "849.0", "high-energy-trauma"),
        ("icd9cm", "E849.0", "high-energy-trauma"),
        ("icd10", "R65.2", "bacteremia"),
        ("icd10cm", "B24", "hiv-disease"),
        ("icd10cm", "T08", "vertebral-fracture"),
        ("snomed", "70272006", "malignancy"),
        ("icd10", "278860009x", "low-back-pain"),
        ("loinc", "M54.50", "low-back-pain"),
        ("loinc", "8310-", "obs-temperature"),
        ("snomed", "27886000", "low-back-pain"),
        (None, "M54.50", "low-back-pain"),
    ],
)
def test_a_near_miss_is_not_in_it(
    index: CodeIndex, system: str | None, code: str, value_set: str
) -> None:
    assert value_set not in index.value_sets(system, code)


def test_who_codes_count_at_four_characters_only(index: CodeIndex) -> None:
    """The fifth character of M54.50 is a site in one list and a detail in the other."""
    assert index.value_sets("icd10", "M54.59") == index.value_sets("icd10", "M54.5")


@pytest.mark.parametrize(
    ("code", "seventh"),
    [
        ("S32010A", "initial"),
        ("S32010B", "initial"),
        ("S32010D", "subsequent"),
        ("S32010G", "subsequent"),
        ("S32010S", "sequela"),
        ("M4850XA", "initial"),
        ("M8008XS", "sequela"),
        ("S3201", ""),
        ("S32010", ""),
        ("C50911A", ""),
        ("M545012", ""),
    ],
)
def test_the_seventh_character_is_read_where_it_means_an_encounter(
    index: CodeIndex, code: str, seventh: str
) -> None:
    """And nowhere else."""
    assert index.seventh("icd10cm", code) == seventh
    assert index.seventh("icd10", code) == ""


def test_a_meaning_is_the_same_when_it_is_asked_again(index: CodeIndex) -> None:
    """Kept meanings are the looked-up ones, also of codes that are too long to keep."""
    for code in ("M54.50", "x" * 10_000, ""):
        uri = "http://hl7.org/fhir/sid/icd-10-cm"
        assert index.meaning(uri, code) == index.meaning(uri, code)
        assert index.meaning(uri, code).value_sets == index.value_sets("icd10cm", code)
