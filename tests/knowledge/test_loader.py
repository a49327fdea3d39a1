from pathlib import Path

import pytest

from cds_service.errors import KnowledgeError
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Criterion, Guideline, Level, Urgency


def criterion(guideline: Guideline, name: str) -> Criterion:
    return next(
        found for group in guideline.groups for found in group.criterion if found.id == name
    )


def test_the_shipped_guideline_loads(guideline: Guideline) -> None:
    assert guideline.content.id == "spine-imaging"
    assert guideline.content.status == "draft"
    assert len(guideline.value_sets) >= 116
    assert len(guideline.rating_columns) == 10


def test_groups_come_in_the_order_of_cards(guideline: Guideline) -> None:
    assert [group.id for group in guideline.groups][:3] == ["cauda-equina", "cord", "mscc"]
    assert [group.order for group in guideline.groups] == list(range(1, 13))


def test_an_unchanged_copy_is_the_same_guideline(root: Path, guideline: Guideline) -> None:
    assert load_guideline(root) == guideline


def test_every_file_says_that_it_is_not_clinically_approved(root: Path) -> None:
    for file in root.rglob("*.toml"):
        assert file.read_text(encoding="utf-8").startswith("# Not clinically approved:"), file


def test_emergency_groups_are_serious_and_serious_groups_are_red_flags(
    guideline: Guideline,
) -> None:
    emergency = {group.id for group in guideline.groups if group.emergency}
    serious = {group.id for group in guideline.groups if group.serious}
    red_flag = {group.id for group in guideline.groups if group.red_flag}
    assert emergency == {"cauda-equina", "cord", "mscc", "vascular"}
    assert emergency < serious < red_flag
    assert red_flag - serious == {"fracture"}
    assert {group.id for group in guideline.groups if group.fading} == {
        "cauda-equina",
        "cord",
        "neuro-deficit",
    }


def test_a_possible_cord_is_urgent_only_for_an_order_of_the_neck_or_mid_back(
    guideline: Guideline,
) -> None:
    cord = next(group for group in guideline.groups if group.id == "cord")
    assert cord.possible.urgency is Urgency.URGENT
    assert cord.possible.urgency_when is not None
    assert cord.possible.urgency_when.order_regions_include == ("cervical", "thoracic")


def test_a_possible_malignancy_asks_for_no_urgency(guideline: Guideline) -> None:
    malignancy = next(group for group in guideline.groups if group.id == "malignancy")
    assert malignancy.possible.urgency is None


def test_nothing_is_offered_in_exchange_once_a_fracture_is_confirmed(guideline: Guideline) -> None:
    fracture = next(group for group in guideline.groups if group.id == "fracture")
    assert fracture.none_if_confirmed
    assert fracture.preferred_cervical is not None
    assert fracture.preferred_cervical.modality == "CT"


def test_explained_weight_loss_is_weak(guideline: Guideline) -> None:
    wanted = guideline.exceptions["weight-loss-intended"].context
    assert wanted is not None
    assert (wanted.vs, wanted.days) == (("weight-loss-intended",), 365)
    assert wanted.criteria == ("weight-loss-unexplained",)


def test_one_moderate_and_one_weak_criterion_make_a_group_active(guideline: Guideline) -> None:
    rules = guideline.combination.level_rule
    assert any(
        rule.level is Level.ACTIVE and rule.moderate == 1 and rule.weak == 1 for rule in rules
    )
    assert not any(
        rule.level is Level.ACTIVE and not (rule.strong or rule.moderate) for rule in rules
    )


def test_icd_codes_keep_their_dot(guideline: Guideline) -> None:
    assert any(entry.code == "M54.5" for entry in guideline.value_sets["low-back-pain"].icd10cm)


def test_the_cells_of_a_row_are_those_of_the_table(guideline: Guideline) -> None:
    row = next(
        row
        for row in guideline.ratings
        if (row.region, row.scenario, row.when, row.profile) == ("lumbar", "S-CES", None, None)
    )
    rated = dict(zip(guideline.rating_columns, row.cells, strict=True))
    assert rated["MR without"] == "Av"
    assert rated["XR"] == "Ni"


def test_never_statements_have_no_condition(guideline: Guideline) -> None:
    never = {name for name, statement in guideline.rating_when.items() if statement.never}
    assert never == {
        "low-risk-by-neck-rule",
        "overuse",
        "red-flag-radiograph-negative",
        "red-flag-radiograph-positive",
    }
    assert all(guideline.rating_when[name].when is None for name in never)


def test_no_class_code_of_drugs_is_shipped(root: Path) -> None:
    for file in root.rglob("*.toml"):
        text = file.read_text(encoding="utf-8")
        assert '"atc"' not in text, file
        assert "\natc" not in text, file


def test_without_cpt_no_cpt_code_is_left_anywhere() -> None:
    guideline = load_guideline(cpt=False)
    assert all(not value_set.cpt for value_set in guideline.value_sets.values())
    assert all("cpt" not in study.codes for study in guideline.catalog.procedure)
    assert all("cpt" not in study.codes for study in guideline.catalog.other)
    assert all("cpt" not in study.preferred for study in guideline.catalog.procedure)
    pelvis = next(study for study in guideline.catalog.other if study.kind == "pelvis")
    assert pelvis.modality_by_code == {}
    unverified = (
        *guideline.catalog.unverified,
        *(entry for value_set in guideline.value_sets.values() for entry in value_set.unverified),
    )
    assert all(entry.system != "cpt" for entry in unverified)


def test_with_cpt_the_codes_are_there(guideline: Guideline) -> None:
    lumbar = next(
        study
        for study in guideline.catalog.procedure
        if (study.modality, study.regions, study.contrast) == ("MR", ("lumbar",), "without")
    )
    assert lumbar.preferred["cpt"] == "72148"
    assert lumbar.codes["cpt"] == {"A": ("72148",)}
    assert (
        lumbar.preferred["loinc"]
        == load_guideline(cpt=False)
        .catalog.procedure[guideline.catalog.procedure.index(lumbar)]
        .preferred["loinc"]
    )


def test_a_folder_that_is_not_there_is_one_mistake_a_person_can_read(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as raised:
        load_guideline(tmp_path / "nowhere")
    assert raised.value.mistakes[0].endswith(
        "there is no such folder. It holds the guideline. Correct the path."
    )


def test_an_empty_folder_names_every_missing_file(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as raised:
        load_guideline(tmp_path)
    for name in ("guideline.toml", "citations.toml", "wording.toml", "groups/", "value_sets/"):
        assert any(line.startswith(f"{name}: ") for line in raised.value.mistakes), name
