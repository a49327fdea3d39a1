"""The patients of the playground are those of fhir_fixtures, and they are installed with the package."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flit_core.common import Module  # type: ignore[import-untyped]  # ships no types

from cds_service.app import create_app
from cds_service.playground.stories import PACKED, packed, packed_stories
from cds_service.settings import Settings
from tests import shipped

ROOT = Path(__file__).parents[2]
PATIENTS = ROOT / "fhir_fixtures" / "patients"
SIX_YEARS_ON = date(2032, 2, 29)
CALLS = [(story.name, call) for story in packed_stories().values() for call in story.calls]


def test_the_packed_stories_are_those_of_the_fixtures():
    there = (ROOT / "cds_service" / "playground" / PACKED).read_bytes()
    assert packed(PATIENTS) == there, "run: .venv/bin/python scripts/pack_stories.py"


def test_an_installed_package_has_the_stories_the_scripts_and_the_page():
    installed = {
        str(Path(path).relative_to(ROOT)) for path in Module("cds_service", ROOT).iter_files()
    }
    assert f"cds_service/playground/{PACKED}" in installed
    assert "cds_service/playground/static/main.js" in installed
    assert "cds_service/web/templates/playground.html" in installed


@pytest.fixture(scope="module")
def client() -> Any:
    return create_app(Settings(as_of=SIX_YEARS_ON), shipped.compiled()).test_client()


@pytest.mark.parametrize(("story", "call"), CALLS)
def test_a_story_that_is_told_years_later_has_the_cards_of_its_own_day(client, story, call):
    expected = json.loads((PATIENTS / story / f"{call}.cards.json").read_text(encoding="utf-8"))
    opened = client.get(f"/playground/stories/{story}/{call}").get_json()
    hook = opened["request"]["hook"]
    answer = client.post(f"/cds-services/spine-imaging-{hook}", json=opened["request"])
    assert answer.status_code == expected.get("status", 200)
    shown = [card["source"]["topic"]["code"] for card in answer.get_json().get("cards", ())]
    assert shown == [_code(card["id"]) for card in expected["cards"]]


def test_a_story_or_call_that_is_not_there_is_a_404(client):
    story, call = CALLS[0]
    for path in (f"{story}/nothing", f"nobody/{call}", f"..%2f{story}/{call}"):
        assert client.get(f"/playground/stories/{path}").status_code == 404


def _code(card_id: str) -> str:
    return "".join(part.capitalize() for part in card_id.split("-"))
