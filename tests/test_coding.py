"""Code systems under every name that records give them, and codes in one spelling."""

from __future__ import annotations

import pytest

from cds_service.coding import plain_code, system_name, written_code


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("http://hl7.org/fhir/sid/icd-10-uk", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-am", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-nl", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-ca", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-se", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-de", "icd10"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd10"),
        ("urn:oid:1.2.276.0.76.5.486", "icd10"),
        ("http://www.saude.gov.br/fhir/r4/CodeSystem/BRCID10", "icd10"),
        ("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", "icd10"),
        ("https://smt.esante.gouv.fr/terminologie-cim-10", "icd10"),
        ("urn:oid:2.16.840.1.113883.6.3.2", "icd10"),
        ("2.16.840.1.113883.6.135", "icd10"),
        ("http://id.who.int/icd/release/10/2019", "icd10"),
        ("http://terminology.hl7.org/CodeSystem/icd10CM", "icd10cm"),
        ("https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/icd-10-cm-2023-tw", "icd10cm"),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10", "icd10cm"),
        ("http://hl7.org/fhir/sid/icd-10-cm|2025", "icd10cm"),
        ("ICD-10-CM", "icd10cm"),
        ("I10C", "icd10cm"),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9", "icd9cm"),
        ("http://hl7.org/fhir/sid/icd-9-cm/diagnosis", "icd9cm"),
        ("urn:oid:2.16.840.1.113883.6.103", "icd9cm"),
        ("I9CDX", "icd9cm"),
        ("http://terminology.hl7.org/CodeSystem/CPT4", "cpt"),
        ("C4", "cpt"),
        ("2.16.840.1.113883.6.12", "cpt"),
        ("http://snomed.info/sct/83821000000107/version/20240501", "snomed"),
        ("http://snomed.info/xsct", "snomed"),
        (" HTTPS://snomed.info/sct ", "snomed"),
        ("SNOMED CT", "snomed"),
        ("http://loinc.org/vs", "loinc"),
    ],
)
def test_a_code_system_is_known_by_its_names(uri: str, word: str) -> None:
    assert system_name(uri) == word


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        "http://hl7.org/fhir/sid/icd-10-pcs",
        "https://twcore.mohw.gov.tw/ig/twcore/CodeSystem/icd-10-pcs-2023-tw",
        "http://www.cms.gov/Medicare/Coding/ICD10",
        "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-procedure-icd9",
        "http://hl7.org/fhir/sid/icd-9-cm/procedure",
        "urn:oid:2.16.840.1.113883.6.104",
        "http://hl7.org/fhir/sid/icd-o-3",
        "http://id.who.int/icd/release/11/mms",
        "http://fhir.de/CodeSystem/bfarm/ops",
        "urn:oid:1.2.276.0.76.5.999",
        "http://snomed.info.example.org/sct2other",
        "https://ehr.example.org/r4/codeSet/72",
    ],
)
def test_lists_of_procedures_and_other_systems_are_none_of_them(uri: str | None) -> None:
    assert system_name(uri) is None


@pytest.mark.parametrize(
    ("system", "code", "plain", "written"),
    [
        ("icd10cm", " m54.50", "M5450", "M54.50"),
        ("icd10", "A18.0†", "A180", "A18.0"),
        ("icd10", "M49.0*", "M490", "M49.0"),
        ("icd9cm", "198.5", "1985", "198.5"),
        ("icd9cm", "e881.0", "E8810", "E881.0"),
        ("icd9cm", "V42.0", "V420", "V42.0"),
        ("icd9cm", "042", "042", "042"),
        ("icd9cm", "80.51", "80.51", "80.51"),
        ("snomed", " 278860009 ", "278860009", "278860009"),
    ],
)
def test_codes_have_one_spelling_inside_and_the_usual_one_outside(
    system: str, code: str, plain: str, written: str
) -> None:
    assert plain_code(system, code) == plain
    assert written_code(system, plain) == written
