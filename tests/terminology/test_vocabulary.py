"""A site's own vocabulary: made from releases and files, loaded, and in use beside the guideline's own lists."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.errors import KnowledgeError
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.orders.catalog import compile_catalog
from cds_service.knowledge.model import Guideline
from cds_service.knowledge.vocabulary import (
    SiteStudy,
    Vocabulary,
    load_vocabulary,
    vocabulary_json,
)
from cds_service.terminology.building import OURS, Sources, build_vocabulary, read_study_name
from tests import shipped
from tests.shipped import compiled_like

SNOMED = "http://snomed.info/sct"
LOCAL = "https://ehr.example.org/codes"
MADE = date(2026, 6, 15)
_CANCER, _ROOT_OF_SKIN = "363346000", "372130007"


@pytest.fixture
def guideline() -> Guideline:
    return shipped.guideline()


def release(folder: Path) -> Path:
    """A release of our own making: nine concepts, a few of which lie below malignant neoplastic disease."""
    place = folder / "SnomedCT_Small" / "Snapshot" / "Terminology"
    place.mkdir(parents=True)
    edges = [
        ("100001", _CANCER, "1"),  # a cancer
        ("100002", "100001", "1"),  # below it
        ("100003", "100002", "1"),  # retired concept
        ("100004", "100003", "1"),  # below the retired one
        (_ROOT_OF_SKIN, _CANCER, "1"),
        ("100005", _ROOT_OF_SKIN, "1"),  # a cancer of the skin
        ("100006", "100001", "0"),  # a relationship that no longer holds
        ("100007", "138875005", "1"),  # something else
    ]
    head = "\t".join(
        (
            *("id", "effectiveTime", "active", "moduleId", "sourceId", "destinationId"),
            *("relationshipGroup", "typeId", "characteristicTypeId", "modifierId"),
        )
    )
    rows = [
        f"{number}\t2026010{1 + number % 3}\t{active}\tm\t{child}\t{parent}\t0\t116680003\ti\ts"
        for number, (child, parent, active) in enumerate(edges)
    ]
    rows.append(f"99\t20260101\t1\tm\t100007\t{_CANCER}\t0\t363698007\ti\ts")
    file = place / "sct2_Relationship_Snapshot_SMALL_20260103.txt"
    file.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    concepts = (
        "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n100003\t20260101\t0\tm\td\n"
    )
    (place / "sct2_Concept_Snapshot_SMALL_20260103.txt").write_text(concepts, encoding="utf-8")
    return folder / "SnomedCT_Small"


def written(path: Path, body: Any) -> Path:
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def build(guideline: Guideline, **sources: tuple[Path, ...]) -> Vocabulary:
    shipped = compiled_like(guideline)
    return build_vocabulary(Sources(**sources), guideline, shipped.index, shipped.catalog, MADE)


def used(guideline: Guideline, vocabulary: Vocabulary) -> CodeIndex:
    return compiled_like(guideline, vocabulary).index


def test_what_lies_below_the_codes_of_a_value_set_is_in_it(
    guideline: Guideline, tmp_path: Path
) -> None:
    vocabulary = build(guideline, rf2=(release(tmp_path),))
    index = used(guideline, vocabulary)
    assert "malignancy" in index.meaning(SNOMED, "100002").value_sets
    assert index.meaning(SNOMED, _CANCER).value_sets.count("malignancy") == 1
    assert vocabulary.origins[0].version == "20260103"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("100003", "retired"),
        ("100004", "known only below a retired concept"),
        ("100005", "a cancer of the skin, which the set leaves out"),
        ("100006", "of a relationship that no longer holds"),
        ("100007", "of another kind of relationship"),
    ],
)
def test_what_does_not_lie_below_them_is_not(
    guideline: Guideline, tmp_path: Path, code: str, why: str
) -> None:
    index = used(guideline, build(guideline, rf2=(release(tmp_path),)))
    assert index.meaning(SNOMED, code).value_sets == (), why


def test_an_expansion_belongs_to_the_value_set_that_names_its_canonical(
    guideline: Guideline, tmp_path: Path
) -> None:
    cancer = {
        "resourceType": "ValueSet",
        "url": "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113883.3.526.3.1010",
        "version": "20240101",
        "expansion": {
            "contains": [
                {"system": SNOMED, "code": "100001", "contains": [{"system": SNOMED, "code": "100002"}]},
                {"system": SNOMED, "code": "100008", "inactive": True},
            ]
        },
    }  # fmt: skip
    index = used(guideline, build(guideline, value_sets=(written(tmp_path / "v.json", cancer),)))
    assert index.meaning(SNOMED, "100001").value_sets == ("malignancy",)
    assert index.meaning(SNOMED, "100002").value_sets == ("malignancy",)
    assert index.meaning(SNOMED, "100008").value_sets == ()


@pytest.mark.parametrize(
    ("system", "code", "display", "is_taken"),
    [
        (SNOMED, "100009", "Carcinoma of stomach", True),
        (SNOMED, "100009", "Melanoma of skin", True),
        (SNOMED, "100009", "Basal cell carcinoma of face", False),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C44.91", "Basal cell carcinoma of skin", False),
        (SNOMED, "94704006", "Multiple myeloma in remission", False),
    ],
)
def test_of_a_published_expansion_only_what_the_guideline_leaves_open_is_taken(
    guideline: Guideline, tmp_path: Path, system: str, code: str, display: str, is_taken: bool
) -> None:
    """Its own lists decide about what they hold, and about all of ICD; a cancer of the skin is none of ours."""
    body = {
        "resourceType": "ValueSet",
        "url": "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113883.3.526.3.1010",
        "expansion": {"contains": [{"system": system, "code": code, "display": display}]},
    }
    vocabulary = build(guideline, value_sets=(written(tmp_path / "v.json", body),))
    assert bool(vocabulary.size) is is_taken


def test_an_expansion_may_name_a_value_set_by_its_id(guideline: Guideline, tmp_path: Path) -> None:
    own = {
        "resourceType": "ValueSet",
        "id": "cauda-equina-syndrome",
        "compose": {"include": [{"system": LOCAL, "concept": [{"code": "CES"}]}]},
    }
    index = used(guideline, build(guideline, value_sets=(written(tmp_path / "v.json", own),)))
    assert index.meaning(LOCAL, "CES").value_sets == ("cauda-equina-syndrome",)


def concept_map(*groups: tuple[str, str, dict[str, tuple[str, str]]]) -> dict[str, Any]:
    return {
        "resourceType": "ConceptMap",
        "url": "https://ehr.example.org/map",
        "group": [
            {
                "source": source,
                "target": target,
                "element": [
                    {"code": code, "target": [{"code": of_target, "equivalence": relationship}]}
                    for code, (of_target, relationship) in codes.items()
                ],
            }
            for source, target, codes in groups
        ],
    }


def test_a_map_makes_local_diagnoses_observations_and_orders_known(
    guideline: Guideline, tmp_path: Path
) -> None:
    body = concept_map(
        (
            LOCAL,
            "http://hl7.org/fhir/sid/icd-10-cm",
            {"BONEMET": ("C79.51", "equivalent"), "CA?": ("C79.51", "narrower")},
        ),
        (LOCAL, "http://loinc.org", {"LAB7": ("1988-5", "equal"), "MRL": ("24968-0", "wider")}),
        (LOCAL, OURS, {"CES": ("cauda-equina-syndrome", "equivalent")}),
    )
    vocabulary = build(guideline, concept_maps=(written(tmp_path / "m.json", body),))
    index = used(guideline, vocabulary)
    assert "spinal-malignancy" in index.meaning(LOCAL, "BONEMET").value_sets
    assert index.meaning(LOCAL, "CA?").value_sets == ()
    assert index.meaning(LOCAL, "LAB7").value_sets == ("obs-crp",)
    assert index.meaning(LOCAL, "CES").value_sets == ("cauda-equina-syndrome",)
    study = compile_catalog(guideline, vocabulary).study(LOCAL, "MRL")
    assert study is not None
    assert (study.modality, study.regions) == ("MR", ("lumbar",))


def test_plain_toml_names_value_sets_and_studies(guideline: Guideline, tmp_path: Path) -> None:
    file = tmp_path / "local.toml"
    file.write_text(
        f'[codes."{LOCAL}"]\nPM = ["mri-caution-device"]\nR7 = "low-back-pain"\n'
        f'[orders."{LOCAL}"]\nXRL23 = "xr-lumbar-without"\n',
        encoding="utf-8",
    )
    vocabulary = build(guideline, toml=(file,))
    assert used(guideline, vocabulary).meaning(LOCAL, "PM").value_sets == ("mri-caution-device",)
    assert vocabulary.studies[LOCAL]["XRL23"] == SiteStudy("XR", ("lumbar",), "without")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mr-lumbar", SiteStudy("MR", ("lumbar",))),
        (
            "mr-thoracic-lumbar-without-and-with",
            SiteStudy("MR", ("thoracic", "lumbar"), "without-and-with"),
        ),
        ("ct-cervical-with", SiteStudy("CT", ("cervical",), "with")),
        ("us-lumbar", None),
        ("mr-knee", None),
        ("mr", None),
    ],
)
def test_a_study_has_a_name_of_modality_region_and_contrast(
    text: str, expected: SiteStudy | None
) -> None:
    assert read_study_name(text) == expected


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("value_sets", {"resourceType": "ValueSet", "url": "http://x.example/y"}, "belongs to no"),
        ("value_sets", {"resourceType": "Bundle"}, "is no ValueSet"),
        ("value_sets", {"resourceType": "ValueSet", "id": "malignancy"}, "no expansion"),
        ("concept_maps", concept_map((LOCAL, LOCAL, {"A": ("B", "equal")})), "change nothing"),
        ("concept_maps", concept_map((LOCAL, OURS, {"A": ("cancer", "equal")})), "no value set"),
    ],
)
def test_a_source_that_would_change_nothing_is_a_mistake_with_its_remedy(
    guideline: Guideline, tmp_path: Path, kind: str, body: Any, told: str
) -> None:
    with pytest.raises(KnowledgeError, match=told):
        build(guideline, **{kind: (written(tmp_path / "f.json", body),)})


def test_mistakes_of_a_toml_file_are_told_all_at_once(guideline: Guideline, tmp_path: Path) -> None:
    file = tmp_path / "local.toml"
    file.write_text(
        f'[names]\nx = 1\n[codes."{LOCAL}"]\nA = "cancer"\n[orders."{LOCAL}"]\nB = "mr"\n',
        encoding="utf-8",
    )
    with pytest.raises(KnowledgeError) as caught:
        build(guideline, toml=(file,))
    assert len(caught.value.mistakes) == 3


def test_a_vocabulary_comes_back_from_its_file_as_it_was(
    guideline: Guideline, tmp_path: Path
) -> None:
    vocabulary = build(guideline, rf2=(release(tmp_path),))
    file = tmp_path / "v.json"
    file.write_bytes(vocabulary_json(vocabulary))
    assert load_vocabulary(file, guideline) == vocabulary
    assert vocabulary_json(load_vocabulary(file, guideline)) == file.read_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 9}, "format 9"),
        ({"codes": {}}, "holds no code"),
        ({"codes": {"snomed": {"cancer": ["1"]}}}, "no value set 'cancer'"),
        ({"made": "someday"}, "is no vocabulary"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_start(
    guideline: Guideline, tmp_path: Path, change: Any, told: str
) -> None:
    body = {"format": 1, "made": "2026-06-15", "origins": [], "codes": {"snomed": {"malignancy": ["1"]}}}  # fmt: skip
    with pytest.raises(KnowledgeError, match=told):
        load_vocabulary(written(tmp_path / "v.json", body | change), guideline)


def test_a_file_that_is_not_there_names_the_setting(guideline: Guideline, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="SPINE_CDS_TERMINOLOGY"):
        load_vocabulary(tmp_path / "none.json", guideline)


def test_a_hundred_thousand_codes_are_loaded_within_two_seconds(
    guideline: Guideline, tmp_path: Path
) -> None:
    """CPU time, on any machine that runs the tests; about a tenth of it where this was measured."""
    many = tuple(str(10_000_000 + number) for number in range(100_000))
    vocabulary = Vocabulary(1, MADE, (), {"snomed": {"malignancy": many}})
    file = tmp_path / "v.json"
    file.write_bytes(vocabulary_json(vocabulary))
    before = time.process_time()
    index = compiled_like(guideline, load_vocabulary(file, guideline)).index
    without = time.process_time()
    compiled_like(guideline)
    spent = (without - before) - (time.process_time() - without)
    assert index.meaning(SNOMED, many[-1]).value_sets == ("malignancy",)
    assert spent < 2


def test_a_site_adds_to_a_code_and_takes_nothing_away(guideline: Guideline) -> None:
    """What the guideline's own lists say stays, whatever a site adds."""
    vocabulary = Vocabulary(1, MADE, (), {"icd10cm": {"diabetes": ("M5450",)}})
    found = used(guideline, vocabulary).meaning("http://hl7.org/fhir/sid/icd-10-cm", "M54.50")
    assert {"low-back-pain", "diabetes"} <= set(found.value_sets)
