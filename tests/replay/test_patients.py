"""The patients' stories: what they are, and that the cards they promise come out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from cds_service.advice import CompiledGuideline
from cds_service.coding import SYSTEM_URIS
from cds_service.replay.cases import SavedCase
from cds_service.replay.runner import Engine, checked_case, moved_case, replay_case
from tests.replay.conftest import FIXTURES, cases_below

PATIENTS = FIXTURES / "patients"
FOLDERS = sorted(path.parent for path in PATIENTS.glob("*/story.toml"))
CASES = cases_below(PATIENTS)
NAMES = [case.name for case in CASES]
ON_NO_CARD = {
    "45-man-knee-mri/order-select.mri-knee",
    "48-woman-in-hospice/order-select.mri-lumbar",
}
AGE_AND_STORY = re.compile(r"(\d{1,2})-(woman|man|girl|boy)-[a-z0-9]+(-[a-z0-9]+)*")


def story_of(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "story.toml").read_text(encoding="utf-8"))


def record_of(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "record.json").read_bytes())
    assert isinstance(found, dict)
    return found


def every_object(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a value, itself included."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from every_object(item)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_exactly_the_cards_that_the_story_promises_come_out(case: SavedCase, engine: Engine):
    outcome = checked_case(case, engine, None)
    assert case.expected is not None, "a story promises its cards: replay it with --update-expected"
    assert outcome.differences == ()


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_story_told_on_another_day_ends_the_same(case: SavedCase, engine: Engine):
    here = replay_case(case, engine)
    there = replay_case(moved_case(case, date(2026, 11, 23)), engine)
    assert there.status == here.status
    cards = [
        [(card.id, card.indicator) for card in outcome.advice.cards] if outcome.advice else []
        for outcome in (here, there)
    ]
    assert cards[0] == cards[1]


def test_only_an_order_out_of_scope_and_a_dying_patient_stay_without_a_card():
    silent = {case.name for case in CASES if not case.expected and case.expected_status == 200}
    assert silent == ON_NO_CARD


def test_a_problem_list_that_was_not_sent_is_an_error_and_no_empty_answer():
    errors = {case.name: case.expected_status for case in CASES if case.expected_status != 200}
    assert errors == {"37-woman-problem-list-not-sent/order-select.mri-lumbar": 412}


def test_the_stories_show_nearly_every_card(compiled: CompiledGuideline):
    shown = {card["id"] for case in CASES for card in case.expected or ()}
    every = {card.id for card in compiled.guideline.wording.card}
    assert every - shown == {
        "care-not-documented",
        "duration-unknown",
        "contrast-consider",
        "contrast-phase",
        "missing-indication",
        "not-rated",
        "region-unknown",
        "unmapped-order",
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_is_named_for_age_sex_and_what_is_special(folder: Path):
    story = story_of(folder)
    match = AGE_AND_STORY.fullmatch(folder.name)
    assert match is not None
    patient = next(
        entry["resource"]
        for entry in record_of(folder)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    )
    born = date.fromisoformat(patient["birthDate"])
    day = story["as_of"]
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    assert age == int(match[1])
    assert patient["gender"] == {"woman": "female", "girl": "female"}.get(match[2], "male")
    assert all(len(story[key]) > 10 for key in ("title", "special", "story"))
    assert set(story) <= {"title", "as_of", "special", "story", "sources"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_record_is_valid_r4(folder: Path):
    bundle = Bundle.model_validate_json((folder / "record.json").read_bytes())
    assert bundle.type == "collection"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nobody_in_a_story_has_a_real_name(folder: Path):
    for file in folder.glob("*.json"):
        for item in every_object(json.loads(file.read_bytes())):
            assert item.get("family", "Fictional") == "Fictional"
            for given in item.get("given", ()):
                assert given.lower() in folder.name.split("-")


def test_everything_in_a_record_belongs_to_its_patient():
    for folder in FOLDERS:
        for entry in record_of(folder)["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "Patient":
                assert resource["id"] == folder.name
                continue
            whose = resource.get("subject") or resource["patient"]
            assert whose == {"reference": f"Patient/{folder.name}"}


def test_cpt_numbers_carry_our_own_words_only(compiled: CompiledGuideline):
    guideline = compiled.guideline
    ours = {procedure.display for procedure in guideline.catalog.procedure} | {
        entry.display for value_set in guideline.value_sets.values() for entry in value_set.cpt
    }
    for file in FIXTURES.rglob("*.json"):
        for item in every_object(json.loads(file.read_bytes())):
            if item.get("system") == SYSTEM_URIS["cpt"]:
                assert item.get("display") in (None, *ours), file.name
