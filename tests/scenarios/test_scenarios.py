"""Clinical scenarios as data: see README.md beside this file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.advice import Advice, AdviceOptions, CompiledGuideline, advise
from cds_service.assessment.model import OrderAssessment
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.errors import PatientDataUnavailable
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.scenario_kinds import KINDS, scenario_findings
from tests.compact import body

_HERE = Path(__file__).parent
_PATIENT = {"sex": "female", "birthDate": "1985-02-03"}
_ORDERS = [
    {
        "id": "o1",
        "cpt": "72148",
        "text": "MRI lumbar spine without contrast",
        "reason": [{"icd10": "M54.50", "text": "Low back pain"}],
    }
]
_CASE_KEYS = {
    "title", "criterion", "kind", "as_of", "patient", "orders", "conditions", "observations",
    "medications", "procedures", "reports", "devices", "allergies", "open_orders", "family_history",
    "studies", "encounters", "not_provided", "cut_short", "hook", "jurisdiction", "quiet",
    "site_country", "expect", "why",
}  # fmt: skip
_EXPECT_KEYS = {
    "cards", "criteria", "must_not", "levels", "scenario", "rating", "appropriateness", "urgency",
    "suggestions", "no_suggestions", "preferred", "summary", "detail", "detail_not", "missing", "orders",
    "labels", "priorities", "recommended",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    file: str
    as_of: date
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return f"{self.file}: {self.data['title']}"


def _plain(value: Any) -> Any:
    """TOML dates as FHIR writes them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _files() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_HERE.glob("*.toml"))
    ]


def _cases() -> list[Case]:
    return [
        Case(name, case.get("as_of", content["as_of"]), _plain(case))
        for name, content in _files()
        for case in content["case"]
    ]


CASES = _cases()


def advice_of(case: Case, compiled: CompiledGuideline) -> Advice:
    """What is answered to a case."""
    data = {"patient": _PATIENT, "orders": _ORDERS, **case.data}
    hook = data.get("hook", "order-select")
    request = parse_hook_request(f"spine-imaging-{hook}", body(data))
    sources = complete(request, requirements_for(request.hook), None)
    options = AdviceOptions(
        jurisdiction=data.get("jurisdiction", "us"),
        site_country=data.get("site_country"),
        is_quiet=data.get("quiet", False),
        pama=True,
        qcdsm_id=None,
        explain=True,
        card_on_missing_data=False,
    )
    return advise(request, sources, compiled, case.as_of, options)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_scenario(case: Case, compiled: CompiledGuideline) -> None:
    assert not set(case.data) - _CASE_KEYS, "unknown keys in the case"
    expect = case.data["expect"]
    if "missing" in expect:
        with pytest.raises(PatientDataUnavailable) as caught:
            advice_of(case, compiled)
        assert list(caught.value.keys) == expect["missing"]
        return
    advice = advice_of(case, compiled)
    _check_cards(advice, expect)
    if advice.assessment is None:
        assert expect.get("cards") == {}, "nothing in this call is spine imaging"
        return
    for part, assessment in zip(expect.get("orders", ()), advice.assessment.orders, strict=False):
        _check_cards_of_order(advice, assessment, part)
    for part, assessment in zip(
        expect.get("orders", [expect]), advice.assessment.orders, strict="orders" in expect
    ):
        _check_order(assessment, part)


def _check_cards(advice: Advice, expect: Mapping[str, Any]) -> None:
    assert not set(expect) - _EXPECT_KEYS, "unknown keys in what is expected"
    if "cards" in expect:
        assert {card.id: card.indicator for card in advice.cards} == expect["cards"]
    offered = {suggestion.id for card in advice.cards for suggestion in card.suggestions}
    for name in expect.get("suggestions", ()):
        assert name in offered
    for name in expect.get("no_suggestions", ()):
        assert name not in offered
    _check_suggestions(advice, expect)
    summaries = " | ".join(card.summary for card in advice.cards)
    for words in _listed(expect.get("summary", ())):
        assert words in summaries
    details = " | ".join(card.detail for card in advice.cards)
    for words in _listed(expect.get("detail", ())):
        assert words in details
    for words in _listed(expect.get("detail_not", ())):
        assert words not in details


def _check_suggestions(advice: Advice, expect: Mapping[str, Any]) -> None:
    made = {
        f"{card.id}/{suggestion.id}": suggestion
        for card in advice.cards
        for suggestion in card.suggestions
    }
    by_name = {name.partition("/")[2]: suggestion for name, suggestion in made.items()} | made
    for name, label in expect.get("labels", {}).items():
        assert by_name[name].label == label, name
    for name, priority in expect.get("priorities", {}).items():
        for action in by_name[name].actions:
            if action.resource is not None:
                resource = msgspec.json.decode(action.resource)
                assert resource.get("priority", "routine") == priority, name
    for name in expect.get("recommended", ()):
        assert by_name[name].is_recommended, name


def _check_cards_of_order(
    advice: Advice, assessment: OrderAssessment, part: Mapping[str, Any]
) -> None:
    if "cards" in part:
        own = {
            card.id: card.indicator
            for card in advice.cards
            if card.order == assessment.order.reference
        }
        assert own == part["cards"]


def _listed(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _check_order(assessment: OrderAssessment, expect: Mapping[str, Any]) -> None:
    found = {result.criterion.id: result.state.value for result in assessment.criteria}
    wanted = expect.get("criteria", {})
    for name in wanted:
        assert name in found
        if isinstance(wanted, dict):
            assert found[name] == wanted[name], name
    for name in expect.get("must_not", ()):
        assert name not in found
    levels = {result.group.id: result.level.value for result in assessment.groups}
    for name, level in expect.get("levels", {}).items():
        assert levels.get(name, "none") == level, name
    for key in ("scenario", "rating", "appropriateness", "urgency"):
        if key in expect:
            assert str(getattr(assessment, key)) == expect[key], key
    if "preferred" in expect:
        study = assessment.preferred
        named = [study.modality, *study.regions, study.contrast] if study is not None else []
        assert named == expect["preferred"]


def test_every_summary_is_short_and_every_text_keeps_to_the_wording_rules(
    compiled: CompiledGuideline,
) -> None:
    forbidden = [re.compile(item, re.IGNORECASE) for item in compiled.guideline.wording.forbidden]
    for case in CASES:
        if "missing" in case.data["expect"]:
            continue
        record_text = msgspec.json.encode(case.data).decode().casefold()
        for card in advice_of(case, compiled).cards:
            assert 0 < len(card.summary) < 140, card.summary
            assert "{" not in card.summary + card.detail
            for pattern in forbidden:
                for match in pattern.finditer(card.summary + " " + card.detail):
                    assert match.group().casefold() in record_text, (case.id, match.group())


def test_every_criterion_has_its_five_kinds_of_scenario(compiled: CompiledGuideline) -> None:
    assert list(scenario_findings(compiled.guideline, _HERE)) == []


def test_a_criterion_without_scenarios_is_named(
    compiled: CompiledGuideline, tmp_path: Path
) -> None:
    (tmp_path / "one.toml").write_text(
        '[not_applicable]\nage-70 = { refuted = "why" }\n'
        '[[case]]\ntitle = "t"\ncriterion = "age-70"\nkind = "present"\n',
        encoding="utf-8",
    )
    (tmp_path / "broken.toml").write_text("=", encoding="utf-8")
    found = list(scenario_findings(compiled.guideline, tmp_path))
    of_age = [item.message for item in found if item.where == "criterion 'age-70'"]
    assert [message.split("'")[1] for message in of_age] == [
        "near-miss",
        "outdated",
        "not-documented",
    ]
    assert any(item.where == "broken.toml" for item in found)


def test_a_scenario_of_a_kind_expects_what_the_kind_says() -> None:
    for case in CASES:
        kind, criterion = case.data.get("kind"), case.data.get("criterion")
        expect = case.data["expect"]
        if kind in (None, "other") or criterion is None:
            continue
        assert kind in KINDS, case.id
        if kind == "present":
            assert criterion in expect.get("criteria", ()), case.id
        elif "missing" not in expect:
            lowered = criterion in expect.get("criteria", ())
            assert lowered or criterion in expect.get("must_not", ()), case.id
