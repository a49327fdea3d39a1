from collections.abc import Callable
from datetime import date
from pathlib import Path

from cds_service.checks.content import check_guideline
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Guideline
from tests.knowledge.parsed import parsed

Edit = Callable[[str, str, str], None]

TODAY = date(2026, 11, 23)


def lines(
    guideline: Guideline, severity: str, today: date = TODAY, *, release: bool = False
) -> list[str]:
    return [
        f"{finding.where}: {finding.message}"
        for finding in check_guideline(guideline, today, release=release)
        if finding.severity == severity
    ]


def test_the_shipped_guideline_has_no_error(guideline: Guideline) -> None:
    assert lines(guideline, "error") == []


def test_the_shipped_guideline_only_keeps_citations_for_later(guideline: Guideline) -> None:
    assert all(line.startswith("citations.toml: ") for line in lines(guideline, "warning"))


def test_content_is_current_on_its_review_day(guideline: Guideline) -> None:
    assert not any("review_by" in line for line in lines(guideline, "warning", date(2027, 5, 1)))


def test_content_past_its_review_day_is_a_warning(guideline: Guideline) -> None:
    late = date(2027, 5, 2)
    assert any("review_by" in line for line in lines(guideline, "warning", late))
    assert not any("review_by" in line for line in lines(guideline, "error", late))


def test_content_past_its_review_day_fails_a_release(guideline: Guideline) -> None:
    late = date(2027, 5, 2)
    assert any("review_by" in line for line in lines(guideline, "error", late, release=True))


def test_errors_come_first(guideline: Guideline) -> None:
    found = check_guideline(guideline, date(2027, 5, 2), release=True)
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities)
    assert severities[0] == "error"


def test_ratings_from_memory_are_told_before_a_release_only(guideline: Guideline) -> None:
    assert not any("from memory" in line for line in lines(guideline, "warning"))
    told = lines(guideline, "warning", release=True)
    assert any(line.startswith("ratings/thoracic.toml: row S-FX") for line in told)


def test_a_draft_is_no_release(guideline: Guideline) -> None:
    told = "not clinically approved"
    assert any(told in line for line in lines(guideline, "error", release=True))
    assert not any(told in line for line in lines(guideline, "error"))
    content = guideline.content.model_copy(update={"status": "approved"})
    approved = guideline.model_copy(update={"content": content})
    assert not any(told in line for line in lines(approved, "error", release=True))


def test_a_prefix_inside_another_set_is_an_overlap_to_be_named(root: Path, edit: Edit) -> None:
    edit("value_sets/sciatica-left.toml", 'overlaps = ["low-back-pain", "radiculopathy"]\n', "")
    found = lines(load_guideline(root, parse=parsed), "error")
    assert any("sciatica-left" in line and "'radiculopathy' (M5432" in line for line in found)
    assert len(found) == 2


def test_the_same_code_in_two_sets_is_an_overlap_to_be_named(root: Path, edit: Edit) -> None:
    edit(
        "value_sets/night-pain.toml",
        '{ code = "36163009"',
        '{ code = "386661006", display = "Fever", verified = "A" },\n  { code = "36163009"',
    )
    found = lines(load_guideline(root, parse=parsed), "error")
    assert [line.partition(":")[0] for line in found] == [
        "value_sets/fever-condition.toml",
        "value_sets/night-pain.toml",
    ]


def test_a_code_that_one_set_leaves_out_is_no_overlap(guideline: Guideline) -> None:
    retention = guideline.value_sets["urinary-retention"]
    assert [entry.code for entry in retention.icd10cm] == ["R33"]
    assert "urinary-retention-drug-induced" not in retention.overlaps


def test_an_overlap_that_is_none_is_a_warning(root: Path, edit: Edit) -> None:
    edit(
        "value_sets/night-pain.toml",
        'course = "acute"',
        'course = "acute"\noverlaps = ["dialysis"]',
    )
    assert any(
        "shares no code" in line for line in lines(load_guideline(root, parse=parsed), "warning")
    )


def test_a_scenario_behind_a_rule_that_always_holds_is_dead(root: Path, edit: Edit) -> None:
    edit(
        "combination.toml",
        'when = { duration_days_at_least = { parameter = "recovery-window" } }',
        'when = { fact = "always" }',
    )
    found = lines(load_guideline(root, parse=parsed), "error")
    assert len(found) == 2
    assert all("stands behind one that holds first" in line for line in found)


def test_a_scenario_that_no_rule_names_is_dead(root: Path, edit: Edit) -> None:
    edit(
        "combination.toml",
        '[[scenario]]\nid = "S-PED"',
        '[[scenario]]\nid = "S-X"\ntitle = "x"\n\n[[scenario]]\nid = "S-PED"',
    )
    assert any(
        "no scenario_rule names it" in line
        for line in lines(load_guideline(root, parse=parsed), "error")
    )


def test_a_value_set_that_nothing_uses_is_told(root: Path) -> None:
    text = (root / "value_sets" / "night-pain.toml").read_text(encoding="utf-8")
    unused = text.replace("night-pain", "rest-pain").replace("36163009", "386661006")
    (root / "value_sets" / "rest-pain.toml").write_text(unused, encoding="utf-8")
    assert any(
        line.startswith("value_sets/rest-pain.toml: nothing uses")
        for line in lines(load_guideline(root, parse=parsed), "error")
    )


def test_an_unverified_code_is_never_used(root: Path, edit: Edit) -> None:
    edit(
        "value_sets/fever-condition.toml",
        "snomed = [\n",
        'snomed = [\n  { code = "280816001", display = "Saddle anesthesia", verified = "D" },\n',
    )
    assert any(
        "uses the snomed code 280816001, which stands under unverified" in line
        for line in lines(load_guideline(root, parse=parsed), "error")
    )


def test_a_code_of_one_public_list_is_never_sent(root: Path, edit: Edit) -> None:
    edit(
        "procedures.toml",
        'preferred = { loinc = "24934-2", snomed = "241590005" }',
        'preferred = { loinc = "24934-2", snomed = "241590005", cpt = "62302" }',
    )
    assert any(
        "prefers the cpt code 62302" in line
        for line in lines(load_guideline(root, parse=parsed), "error")
    )
