"""Every kind of mistake is one line: where, what, why, and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

Edit = Callable[[str, str, str], None]
Mistakes = Callable[[], tuple[str, ...]]

FEVER = "groups/infection.toml: criterion 'fever'"
MISTAKES: dict[str, tuple[tuple[str, str, str], str]] = {
    "no unit": (
        ("parameters.toml", 'unit = "a"\n', ""),
        (
            "parameters.toml: 'adult-age' has no unit. Every parameter needs one, in UCUM "
            '(years are "a"). Add: unit = "a".'
        ),
    ),
    "not TOML": (
        ("units.toml", 'canonical = "Cel"', 'canonical = "Cel'),
        (
            "units.toml: not valid TOML: Illegal character '\\n' (at line 9, column 17). Texts need quotes, "
            "lists brackets and commas, and a key or table stands once only. Look at that line and the one "
            "before it."
        ),
    ),
    "unknown key": (
        ("groups/infection.toml", 'short = "Fever"', 'shortt = "Fever"'),
        (
            f"{FEVER}: 'shortt' is not a key of this table. A misspelt key would be a rule that silently "
            "does not exist. Did you mean 'short'?"
        ),
    ),
    "unknown key of a file": (
        ("value_sets/fever-condition.toml", "text_not = [", "text_never = ["),
        (
            "value_sets/fever-condition.toml: 'text_never' is not a key of this table. A misspelt key would "
            "be a rule that silently does not exist. Did you mean 'text_not'?"
        ),
    ),
    "missing key of a file": (
        ("value_sets/fever-condition.toml", 'course = "acute"\n', ""),
        (
            "value_sets/fever-condition.toml: the file has no course. It says whether such a finding passes: "
            'acute or chronic. Add: course = "acute".'
        ),
    ),
    "words that nothing reads": (
        (
            "language/classes.toml",
            '[midline-tenderness]\ntitle = "Tenderness over the spine"\nrole = "plain"',
            '[midline-tenderness]\ntitle = "Tenderness over the spine"\nrole = "context"',
        ),
        (
            "language/classes.toml: 'midline-tenderness' is in no pattern and no value. Its words would be taken for "
            "understood and mean nothing. Name it in a pattern, or make its role 'plain'."
        ),
    ),
    "missing key of evidence": (
        (
            "groups/infection.toml",
            '{ type = "condition", vs = "fever-condition", days = 30 }',
            '{ type = "condition", vs = "fever-condition" }',
        ),
        (
            f"{FEVER}, evidence 'fever-condition' has no days. It is the look-back in days, both ends "
            "included. Add: days = 90."
        ),
    ),
    "number in quotes": (
        (
            "groups/infection.toml",
            'vs = "fever-condition", days = 30',
            'vs = "fever-condition", days = "30"',
        ),
        (
            f"{FEVER}, evidence 'fever-condition': 'days' is \"30\". It has to be a whole number, without "
            "quotes. Correct its value."
        ),
    ),
    "word outside the list": (
        ("groups/infection.toml", 'strength = "moderate"', 'strength = "modest"'),
        (
            f"{FEVER}: 'strength' is \"modest\". It has to be 'definitive', 'strong', 'moderate' or 'weak'. "
            "Correct its value."
        ),
    ),
    "unknown fact": (
        ("cards.toml", 'fact = "order-is-whole-spine"', 'fact = "order-whole-spine"'),
        "cards.toml: card_rule 'whole-spine'",
    ),
    "unknown type of evidence": (
        (
            "groups/infection.toml",
            'type = "observation", vs = "obs-temp',
            'type = "lab", vs = "obs-temp',
        ),
        (
            f"{FEVER}, evidence 'obs-temperature': 'type' is 'lab'. Evidence is of one of the types "
            "'condition', 'reason', 'stated', 'observation', 'observation-positive', 'medication', 'medication-days', "
            "'procedure', 'age', 'computed'. Correct its value."
        ),
    ),
    "value set that is not there": (
        ("groups/infection.toml", 'vs = "fever-condition"', 'vs = "fever-conditions"'),
        (
            f"{FEVER}, evidence 2 (condition), vs: there is no value set 'fever-conditions'. Whatever a file names "
            "has to exist. Did you mean 'fever-condition'?"
        ),
    ),
    "citation that is not there": (
        ("groups/infection.toml", '"acr-inf-2021"', '"acr-inf-2012"'),
        (
            "there is no citation 'acr-inf-2012'. Whatever a file names has to exist. Did you mean "
            "'acr-inf-2021'?"
        ),
    ),
    "criterion that cites nothing": (
        (
            "groups/infection.toml",
            'sources = ["idsa-2015", "acp-2007", "acibadem-2026"]',
            "sources = []",
        ),
        (
            f"{FEVER}, sources: nothing is cited. Everything clinical cites a source of citations.toml. Add "
            'its id; our own choice is "policy".'
        ),
    ),
    "group that is not there": (
        ("combination.toml", '{ id = "vascular"', '{ id = "vasculer"'),
        "combination.toml: scenario_rule 2 ('S-AAA'), when, group, id: there is no group 'vasculer'.",
    ),
    "scenario that is not there": (
        ("ratings/lumbar.toml", 'scenario = "S-PERSIST"', 'scenario = "S-PERSISTENT"'),
        "ratings/lumbar.toml: row 4 ('S-PERSISTENT'), scenario: there is no scenario 'S-PERSISTENT'.",
    ),
    "card that is not there": (
        ("cards.toml", 'card = "spa-pathway"', 'card = "spa-path"'),
        "cards.toml: card_rule 10 ('spa-path'), card: there is no card 'spa-path'.",
    ),
    "suggestion that is not there": (
        ("wording.toml", '  "cancel-and-physio",', '  "cancel-physio",'),
        "wording.toml: card 'not-yet-indicated', suggestions: there is no suggestion 'cancel-physio'.",
    ),
    "override reason that is not there": (
        ("wording.toml", '"patient-preference",', '"preference",'),
        "wording.toml: card 'not-yet-indicated', overrides: there is no override reason 'preference'.",
    ),
    "rating statement that is not there": (
        ("ratings/cervical.toml", 'when = "radiculopathy"', 'when = "radiculopathies"'),
        "there is no statement in ratings/when.toml 'radiculopathies'.",
    ),
    "parameter that is missing": (
        ("parameters.toml", "[pain-rise-window]", "[pain-rise-days]"),
        (
            "parameters.toml: 'pain-rise-window' is missing. It is read by pain_score_rising. Add the table "
            "[pain-rise-window] with value, unit and sources."
        ),
    ),
    "parameter that nothing reads": (
        ("parameters.toml", "[pain-rise-window]", "[pain-rise-days]"),
        "parameters.toml: nothing reads 'pain-rise-days'.",
    ),
    "two criteria of one id": (
        ("groups/infection.toml", 'id = "dialysis"', 'id = "diabetes"'),
        (
            "groups/infection.toml: criterion 'diabetes': the criterion 'diabetes' is also in "
            "groups/infection.toml. One name is one thing. Rename or remove one of them."
        ),
    ),
    "two tables of one name": (
        ("citations.toml", "[acr-csp-2024]", "[acr-csp-2018]"),
        "citations.toml: not valid TOML: Cannot declare ('acr-csp-2018',) twice",
    ),
    "id that is not the file": (
        ("value_sets/dialysis.toml", 'id = "dialysis"', 'id = "renal-dialysis"'),
        (
            "value_sets/dialysis.toml: 'id' is 'renal-dialysis'. A file is called like its id, so that others "
            'find it. Write: id = "dialysis", or rename the file.'
        ),
    ),
    "statement with two keys": (
        (
            "combination.toml",
            'when = { age_below = { parameter = "adult-age" } }',
            'when = { age_below = 18, fact = "always" }',
        ),
        (
            "combination.toml: scenario_rule 6 ('S-PED'): a `when` has the keys age_below, fact. It holds "
            "exactly one statement, so that nobody has to guess how they combine. Put each into its own table "
            "inside all_of or any_of."
        ),
    ),
    "statement without a key": (
        ("combination.toml", 'when = { age_below = { parameter = "adult-age" } }', "when = {}"),
        (
            "combination.toml: scenario_rule 6 ('S-PED'): a `when` has no key. It holds exactly one statement. "
            'Add one, such as fact = "always".'
        ),
    ),
    "statement about nothing": (
        ("cards.toml", 'order_modality = ["MR", "CT"]', "order_modality = []"),
        (
            "'order_modality' is an empty list. It would always be true or always be false. Name something in "
            "it, or remove the statement."
        ),
    ),
    "group test without a level": (
        ("combination.toml", '"vascular", at_least = "active" }', '"vascular" }'),
        (
            "combination.toml: scenario_rule 2 ('S-AAA'): the test of group 'vascular' needs one of at_least "
            'and exactly. Without a level, or with two, it says nothing. Write: at_least = "active".'
        ),
    ),
    "last rule that may not hold": (
        (
            "combination.toml",
            'scenario = "S-UNKNOWN"\nwhen = { fact = "always" }',
            'scenario = "S-UNKNOWN"\nwhen = { fact = "neuro" }',
        ),
        (
            "combination.toml: the last scenario_rule does not always hold. Every order needs a scenario. "
            'Give the last one: when = { fact = "always" }.'
        ),
    ),
    "nine cells": (
        (
            "ratings/lumbar.toml",
            'cells = ["Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv"]',
            'cells = ["Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv", "Nv"]',
        ),
        "ratings/lumbar.toml: row S-ACUTE has 9 cells. A row has 10, one a column: XR, CT without,",
    ),
    "cell of unknown letters": (
        ("ratings/lumbar.toml", '"Mv", "Av", "Ni", "Av"', '"Mv", "Xv", "Ni", "Av"'),
        (
            "the cell of MR without is 'Xv'. A cell is a rating (A, M, S, N) and its provenance "
            "(v, s, i, m, p), or '-' for not rated, or '.' for kept. Correct it."
        ),
    ),
    "kept cell without a wider row": (
        ("ratings/whole.toml", '"Np"', '"."'),
        "ratings/whole.toml: row S-MSCC keeps cells of a wider row ('.') and there is none.",
    ),
    "statement that neither holds nor never": (
        ("ratings/when.toml", "never = true\n", ""),
        (
            "ratings/when.toml: 'red-flag-radiograph-negative' needs one of when and never. A statement either "
            "says when it holds, or that no record can tell. Add when, or never = true."
        ),
    ),
    "unknown placeholder": (
        ("wording.toml", "{ordered} fits:", "{order} fits:"),
        (
            "wording.toml: card 'appropriate', summary: there is no placeholder 'order'. Whatever a file names has to "
            "exist. Did you mean 'ordered'?"
        ),
    ),
    "brace that is not closed": (
        ("wording.toml", "{ordered} fits:", "{ordered fits:"),
        (
            "wording.toml: card 'appropriate', summary: the braces of '{ordered fits: {reason_short} {where}' do "
            "not match. A placeholder is a word in braces, such as {ordered}. Correct them."
        ),
    ),
    "text that claims too much": (
        ("wording.toml", "No red flag found in the data read; imaging", "No red flags; imaging"),
        (
            "wording.toml: card 'not-yet-indicated', summary: the text says 'No red flags'. A card never claims that "
            "much (see forbidden in wording.toml). Say what was read instead."
        ),
    ),
    "number without a unit table": (
        ("value_sets/obs-crp.toml", 'quantity = "crp"', ""),
        (
            "value set 'obs-crp' has no quantity. A number is compared only after its unit was read. Add the "
            "unit table to the value set: quantity = …."
        ),
    ),
    "slip in a SNOMED CT code": (
        ("value_sets/fever-condition.toml", "386661006", "386661007"),
        (
            "value_sets/fever-condition.toml: snomed: '386661007' cannot be a code of snomed. Its last digit "
            "does not check. Copy it again from its source, and check the display beside it."
        ),
    ),
    "slip in a LOINC code": (
        ("procedures.toml", 'codes.loinc.A = ["30667-0"]', 'codes.loinc.A = ["30667-1"]'),
        "'30667-1' cannot be a code of loinc. The digit behind its hyphen does not check.",
    ),
    "ICD code without its dot": (
        ("value_sets/fever-condition.toml", "R50.83", "R5083"),
        (
            "value_sets/fever-condition.toml: icd10cm_exclude: 'R5083' cannot be a code of icd10cm. It has "
            "capital letters, and the dot behind the third character: M54.5."
        ),
    ),
    "preferred code that is not its own": (
        ("procedures.toml", 'codes.snomed.A = ["571891000119109"]\n', ""),
        (
            "procedures.toml: 'MRI cervical spine, without contrast': the preferred snomed code "
            "'571891000119109' is not among its codes. A suggested order would not be recognized by the service "
            "itself. Add it to codes, with its tier."
        ),
    ),
    "code of two studies": (
        (
            "procedures.toml",
            'codes.loinc.A = ["24938-3"]',
            'codes.loinc.A = ["24938-3", "30667-0"]',
        ),
        (
            "procedures.toml: 'MRI cervical spine, with contrast': the loinc code '30667-0' is also in 'MRI "
            "cervical spine, without contrast'. One name is one thing. Rename or remove one of them."
        ),
    ),
    "phrase in capitals": (
        ("value_sets/fever-condition.toml", '"pyrexia"', '"Pyrexia"'),
        "value_sets/fever-condition.toml: the phrase 'Pyrexia' is not in plain lower case.",
    ),
    "window without a day": (
        ("groups/fracture.toml", "days = 90, min_days = 31", "days = 30, min_days = 31"),
        "min_days is 31, days is 30. No day lies in that window. Correct one of them.",
    ),
    "review before the writing": (
        ("guideline.toml", "review_by = 2027-05-01", "review_by = 2026-05-01"),
        "guideline.toml: 'review_by' is not after 'date'.",
    ),
    "date that is none": (
        ("guideline.toml", "review_by = 2027-05-01", 'review_by = "next spring"'),
        (
            "guideline.toml: 'review_by' is \"next spring\". It has to be a date such as 2026-11-23. Correct "
            "its value."
        ),
    ),
    "action without a description": (
        ("wording.toml", 'description = ["Remove this imaging order."]', "description = []"),
        (
            "wording.toml: suggestion 'cancel-order' has 1 actions and 0 descriptions. Every action is "
            "described, and there is at least one. Make them even."
        ),
    ),
    "urgency that could not be answered": (
        ("combination.toml", 'accept = ["stat"]', 'accept = ["asap"]'),
        "combination.toml: urgency.emergency does not accept its own priority 'stat'.",
    ),
    "short name that is missing": (
        ("wording.toml", 'RF = "Myelogram"\n', ""),
        "wording.toml: short_names.modality has no 'RF'. A card could not name that study.",
    ),
    "pattern that is none": (
        ("wording.toml", "'no red flags'", "'no red flags('"),
        "wording.toml: forbidden 'no red flags(' is no regular expression:",
    ),
    "two groups in one place": (
        ("groups/cord.toml", "order = 2", "order = 1"),
        "It is the position on cards, each its own. Give one of them another number.",
    ),
    "raise of two levels": (
        (
            "combination.toml",
            'from_level = "noted"\nto_level = "possible"',
            'from_level = "noted"\nto_level = "active"',
        ),
        (
            "combination.toml: raise_rule of 'cauda-equina' goes from noted to active. A group is raised by one "
            "level only. Correct one of them."
        ),
    ),
}


@pytest.mark.parametrize(("change", "line"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_says_where_what_why_and_what_to_do(
    edit: Edit, mistakes: Mistakes, change: tuple[str, str, str], line: str
) -> None:
    edit(*change)
    found = mistakes()
    assert any(line in mistake for mistake in found), "\n".join(found)
    assert all("\n" not in mistake for mistake in found)


def test_all_mistakes_come_at_once(edit: Edit, mistakes: Mistakes) -> None:
    for name in ("unknown key", "missing key of evidence", "missing key of a file", "no unit"):
        edit(*MISTAKES[name][0])
    edit("ratings/whole.toml", '"Np"', '"Q"')
    edit("wording.toml", "{ordered} fits:", "{order} fits:")
    files = {line.partition(":")[0] for line in mistakes()}
    assert {
        "groups/infection.toml",
        "value_sets/fever-condition.toml",
        "ratings/whole.toml",
        "wording.toml",
        "parameters.toml",
    } <= files


def test_a_file_with_a_mistake_of_its_own_is_not_called_missing_by_others(
    edit: Edit, mistakes: Mistakes
) -> None:
    edit("value_sets/fever-condition.toml", 'course = "acute"\n', "")
    assert len(mistakes()) == 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("units.toml", 'canonical = "Cel"', 'canonical = "Cel'),
        ("citations.toml", "[acr-csp-2024]", "[acr-csp-2018]"),
        ("groups/infection.toml", 'short = "Fever"', "short = Fever"),
        ("wording.toml", "stay-active = ", "stay-active "),
        ("combination.toml", 'title = "Age under {', "title = Age under {"),
        ("value_sets/fever-condition.toml", 'course = "acute"', "course = acute"),
        ("parameters.toml", "value = 14", "value = fourteen"),
    ],
)
def test_a_slip_of_the_pen_is_one_mistake_and_not_a_hundred(
    edit: Edit, mistakes: Mistakes, file: str, old: str, new: str
) -> None:
    edit(file, old, new)
    found = mistakes()
    assert len(found) == 1
    assert found[0].startswith(f"{file}: not valid TOML: ")


def test_a_group_that_is_removed_is_missed_where_it_is_named(
    root: Path, mistakes: Mistakes
) -> None:
    (root / "groups" / "vascular.toml").unlink()
    assert any(line.startswith("combination.toml: scenario_rule 2") for line in mistakes())
    assert any("no group 'vascular'" in line for line in mistakes())


def test_without_rating_tables_nothing_loads(root: Path, mistakes: Mistakes) -> None:
    for file in (root / "ratings").glob("*.toml"):
        if file.stem != "when":
            file.unlink()
    assert mistakes() == (
        "ratings/: there is no table. Every order would be undetermined. Restore the files.",
    )


def test_a_file_that_nothing_reads_is_a_mistake(root: Path, mistakes: Mistakes) -> None:
    (root / "value_sets" / "notes.txt").write_text("remember", encoding="utf-8")
    (root / "ratings" / "pelvis.toml").write_text('region = "pelvis"', encoding="utf-8")
    (root / "extra.toml").write_text("", encoding="utf-8")
    assert [line.partition(":")[0] for line in mistakes()] == [
        "value_sets/notes.txt",
        "extra.toml",
        "ratings/pelvis.toml",
    ]


def test_a_changelog_beside_the_files_is_no_mistake(root: Path, mistakes: Mistakes) -> None:
    assert (root / "CHANGELOG.md").exists()
    assert mistakes() == ()


def test_a_file_that_is_no_text_is_a_mistake(root: Path, mistakes: Mistakes) -> None:
    (root / "units.toml").write_bytes(b"\xff\xfe\x00")
    assert "units.toml: the file is not UTF-8. All files are. Save it as UTF-8." in mistakes()


@pytest.mark.parametrize(
    "text", ["", "x = 1", "group = 7", "[card]", "[[card]]", "criterion = [1]"]
)
def test_odd_content_is_told_and_never_raises_anything_else(
    root: Path, mistakes: Mistakes, text: str
) -> None:
    for file in sorted(root.rglob("*.toml")):
        file.write_text(text, encoding="utf-8")
    assert mistakes()
