"""Forms and lists over several lines. What they deny is denied; what stands beside it is not."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Cancer: N; Weight loss: N; Age>50: N", "malignancy"),
        ("Saddle anaesthesia - no, incontinence - no, limb weakness - no", "saddle-anesthesia"),
        ("| fever | no | weight loss | no | cancer | no |", "fever-condition"),
        ("trauma none / steroid none / cancer none", "malignancy"),
        ("Fever 0 Wt loss 0 Trauma 0", "fever-condition"),
        ("fevers-no chills-no trauma-no", "fever-condition"),
        ("[N] fever [N] cancer [Y] pain > 6 weeks", "fever-condition"),
        ("[ ] saddle anesthesia [ ] urinary retention [x] LBP > 6 wks", "urinary-retention"),
        ("\u2610 Cancer \u2610 Trauma \u2611 Low back pain", "malignancy"),
        ("Cancer [ ] Trauma [ ] LBP [x]", "malignancy"),
        ("Saddle anesthesia: [ ] yes [x] no", "saddle-anesthesia"),
        ("CES: bladder N bowel N saddle N sexual N", "cauda-equina-syndrome"),
        ("history of cancer (no), saddle numbness (no), LBP (yes)", "saddle-anesthesia"),
        ("Babinski -. Gait normal", "umn-signs"),
        ("Cauda equina questions all answered negatively", "cauda-equina-syndrome"),
        ("Absent: fever, weight loss, saddle anaesthesia, incontinence", "saddle-anesthesia"),
        ("-ve: fevers, night sweats, weight loss", "weight-loss"),
        ("no fever,\nchills,\nweight loss", "weight-loss"),
        ("No:\n- fever\n- weight loss\n- saddle numbness", "saddle-anesthesia"),
        ("denies:\nfever\ntrauma\nbowel or bladder incontinence", "fecal-incontinence"),
        ("Red flags (saddle anaesthesia, retention) all absent", "saddle-anesthesia"),
        ("no recent (or remote) trauma, surgery, infection, malignancy", "malignancy"),
    ],
)
def test_an_answer_of_a_form_denies(text: str, concept: str) -> None:
    assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Cancer: N; saddle numbness: Y; retention: Y", "saddle-anesthesia"),
        ("Saddle anaesthesia - yes, incontinence - no", "saddle-anesthesia"),
        ("| saddle numbness | yes | weight loss | no |", "saddle-anesthesia"),
        ("fevers-no saddle numbness-yes", "saddle-anesthesia"),
        ("[Y] saddle numbness [N] fever [Y] retention", "urinary-retention"),
        ("[x] cancer [ ] trauma [x] fever", "malignancy"),
        ("Cancer [ ] Trauma [ ] saddle numbness [x]", "saddle-anesthesia"),
        ("Saddle anesthesia: [x] yes [ ] no", "saddle-anesthesia"),
        ("numbness N retention Y weakness N", "urinary-retention"),
        ("cancer (no), saddle numbness (yes)", "saddle-anesthesia"),
        (
            "Denies:\nfever, chills,\nnight sweats\nsaddle numbness since Monday",
            "saddle-anesthesia",
        ),
        ("brought by wife - saddle numbness since Monday", "saddle-anesthesia"),
        ("Absent: fever. Present: saddle numbness", "saddle-anesthesia"),
        ("Absent: anal tone, perianal sensation", "reduced-anal-tone"),
        ("Absent:\nanal tone", "reduced-anal-tone"),
        ("weakness 0/5 L leg, fever 0", "motor-deficit-severe"),
        ("retention - 800 ml, saddle - numb, fever - no", "saddle-anesthesia"),
        ("+ve: saddle numbness; -ve: fever, chills", "saddle-anesthesia"),
        ("denies fever,\ncannot pee since yesterday", "urinary-retention"),
        ("Denies:\nfever\nHas:\nsaddle numbness", "saddle-anesthesia"),
        ("No:\n- fever\n\n- saddle numbness since yesterday", "saddle-anesthesia"),
        ("No red flags:\nnew foot drop today", "foot-drop"),
        ("- saddle numbness\n- no fever\n- retention", "urinary-retention"),
        ("Red flags (saddle anaesthesia, fever) and absent anal tone", "reduced-anal-tone"),
    ],
)
def test_what_a_form_affirms_or_leaves_out_stays(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "asked"}


@pytest.mark.parametrize(
    ("text", "concept", "state"),
    [
        ("surgical risks discussed: dural tear, foot drop", "foot-drop", "hypothetical"),
        ("risks explained incl. foot drop, incontinence", "foot-drop", "hypothetical"),
        ("fever last week with a cold, settled", "fever-condition", "denied"),
        ("told to come back now if weak legs", "limb-weakness", "hypothetical"),
        ("told to return if worse, now numb saddle", "saddle-anesthesia", "stated"),
        (
            "trouble peeing right after the scope, ok within a day",
            "urinary-symptom-vague",
            "denied",
        ),
        (
            "longstanding urge incontinence 15 y, under urology",
            "urinary-incontinence-known",
            "stated",
        ),
        ("chronic urinary incontinence", "urinary-incontinence-known", "stated"),
        ("numb saddle since Monday, not back to normal", "saddle-anesthesia", "stated"),
        ("urinary incontinence, LBP 10 years", "urinary-incontinence-new", "stated"),
        (
            "urinary incontinence for 10 years, worse since Sunday",
            "urinary-incontinence-of-days",
            "stated",
        ),
        ("LBP for 10 years, now incontinent of urine", "urinary-incontinence-of-days", "stated"),
    ],
)
def test_what_is_over_known_or_advice_is_none_of_these_days(
    text: str, concept: str, state: str
) -> None:
    assert states(text, concept) == {state}


def test_heavy_legs_that_go_with_sitting_are_claudication() -> None:
    assert not states("legs get heavy after 10 min walking, relieved by sitting", "limb-weakness")


def test_heavy_legs_that_nothing_relieves_are_weak() -> None:
    assert states("legs heavy for two months", "limb-weakness") == {"stated"}
    assert states("legs get heavy, worse since yesterday", "motor-deficit-rapid") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "duplicate order, cancel the other one",
        "searing pain in the neck",
        "lessons on the piano, LBP",
        "election work, sat for 12 h, LBP",
    ],
)
def test_an_ordinary_word_is_no_misspelled_finding(text: str) -> None:
    assert not {found.concept for found in read(text).statements} & {
        "malignancy",
        "urinary-incontinence-new",
        "spine-destructive-lesion",
        "sexual-dysfunction",
    }


@pytest.mark.parametrize(
    "text",
    ["prior auth, P2P pending", "my back went", "wear and tear on the film", "gait antalgic"],
)
def test_an_ordinary_reason_is_understood_when_all_of_it_is(text: str) -> None:
    assert not read(text).is_unread


def test_an_ordinary_reason_beside_a_word_that_nobody_knows_is_unread() -> None:
    assert read("prior auth, quorblax").is_unread


@pytest.mark.parametrize(
    "text",
    [
        "Fieber [ ] ja [x] nein, Reithosenanästhesie [ ] ja [x] nein, Harnverhalt [ ] ja [x] nein",
        "fièvre [ ] oui [x] non, anesthésie en selle [ ] oui [x] non",
        "ateş [ ] var [x] yok, idrar retansiyonu [ ] var [x] yok",
        "Reithosenanästhesie (nein), Harnverhalt (nein)",
    ],
)
def test_forms_are_answered_in_the_language_that_they_are_written_in(text: str) -> None:
    assert {found.state for found in read(text).statements} == {"denied"}


def test_a_box_ticked_with_yes_states_in_every_language() -> None:
    text = "Fieber [ ] ja [x] nein, Reithosenanästhesie [x] ja [ ] nein"
    assert states(text, "saddle-anesthesia") == {"stated"}
