"""Power, walking and feeling that were better before: each kind beside what sounds alike and is not it."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states

_RAPID = "motor-deficit-rapid"
_PROGRESSIVE = "motor-deficit-progressive"
_BOTH = "bilateral-leg-weakness-new"
_WALKING = "walking-loss-acute"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("4/5 last week now 2/5", _RAPID),
        ("hip flexors dropped from 5 to 2 between two visits a day apart", _RAPID),
        ("power was 5/5 on Monday, 3/5 today", _RAPID),
        ("EHL 4 → 2 since yesterday", _RAPID),
        ("strength 5->3 in 48h L quad", _RAPID),
        ("from full power to 2/5 in a day", _RAPID),
        ("R TA 3/5, was 4/5 at last visit", _PROGRESSIVE),
        ("grip 5/5 in March, now 3/5", _PROGRESSIVE),
        ("power in the right leg deteriorating", _PROGRESSIVE),
        ("EHL was 5 last week, 2 now", _RAPID),
        ("3/5 now (5/5 at triage)", _PROGRESSIVE),
        ("R quads power halved overnight", _RAPID),
        ("motor function worsening daily", _RAPID),
        ("was 5/5 at last review, now 2/5", "motor-deficit-severe"),
    ],
)
def test_a_grade_that_fell_is_weakness_that_grows(text: str, concept: str) -> None:
    assert states(text, concept) == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "R 5/5, L 4/5 since Tuesday",
        "quads 5/5, TA 4/5 today",
        "power 3/5 last month, now 5/5",
        "5/5 today, was 3/5",
        "pain dropped from 5 to 2 with physio, legs fine",
        "back pain 4 to 2 weeks",
        "2 of 5 sessions of physio done",
        "pain decreasing, power normal",
        "pain 4/5 now 2/5 after physio",
        "pain worsening, motor exam normal",
    ],
)
def test_a_grade_of_another_muscle_or_a_better_one_is_no_fall(text: str) -> None:
    assert not states(text, _RAPID) | states(text, _PROGRESSIVE)


def test_a_grade_in_words_is_a_grade() -> None:
    assert states("strength 2 out of 5 right leg", "motor-deficit-severe") == {"stated"}
    assert states("3 of 5 strength EHL", "motor-power-3-or-less") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "legs weak since Monday",
        "weakness in her legs",
        "4/5 hip flexion bilaterally",
        "MRC 3 both quads",
        "bilateral foot drop",
        "unable to raise either leg",
        "difficulty raising both legs",
        "both feet dropping",
        "legs gave out on him",
        "weak arms and legs",
    ],
)
def test_both_legs_are_weak_without_the_word_for_both(text: str) -> None:
    assert states(text, _BOTH) == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "power 5/5 bilaterally LL",
        "no weakness in her legs",
        "legs weak for 3 years, unchanged",
        "grip 4/5 both hands",
        "legs feel heavy walking 200 m, better sitting",
        "bilateral foot drop since childhood, chronic",
    ],
)
def test_strong_legs_and_those_of_years_are_not_newly_weak(text: str) -> None:
    assert not states(text, _BOTH) & {"stated", "asked"}


@pytest.mark.parametrize(
    "text",
    [
        "needs a frame since Tuesday, before that independent",
        "now in a wheelchair, was walking 3 days ago",
        "could walk to the shops last Friday; today could not stand up",
        "went from cane to wheelchair in 5 days",
        "can't walk since Thursday",
        "my legs just quit",
        "ceased walking 2 days ago",
        "from walking unaided to bed in 48h",
        "unable to stand or walk, sudden",
        "off legs 2/7",
    ],
)
def test_walking_that_was_lost_within_days_is_lost_suddenly(text: str) -> None:
    assert states(text, _WALKING) == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "walks with a frame for years",
        "independent, mobile, LBP 2/12",
        "wheelchair user, shoulder pain for years",
        "unable to stand straight since yesterday",
        "cannot walk far because of back pain",
        "can't stand the pain, LBP 2 weeks",
        "cannot stand for long, LBP 3 days, walks unaided",
        "couldn't get out of bed this morning with back spasm, walking ok now",
        "non weight bearing after ankle fracture",
    ],
)
def test_an_aid_of_years_or_pain_on_walking_is_no_sudden_loss(text: str) -> None:
    assert not states(text, _WALKING)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("has lost the sensation of needing to pass urine", "urinary-retention"),
        ("catheterised, residual 1.2 l", "urinary-retention"),
        ("wet herself on the bus, no sensation of it", "bladder-bowel-saddle-stated"),
        ("can't really feel her bottom", "saddle-anesthesia"),
        ("anal wink not elicited", "reduced-anal-tone"),
        ("pinprick lost to T4", "sensory-level"),
        ("motor block not wearing off after epidural", "spinal-epidural-haematoma"),
        ("hemophilia, back pain and leg weakness", "spinal-epidural-haematoma"),
        ("POD 2 laminectomy, legs weaker", _RAPID),
        ("?spinal cord infarct", "cord-disease-acute"),
        ("PSA 840, back pain", "malignancy"),
        ("no perianal sensation", "saddle-anesthesia"),
        ("rubbery feeling round the scrotum", "saddle-anesthesia"),
        ("urine leaking without her knowledge", "bladder-bowel-saddle-stated"),
        ("new bladder and bowel dysfunction", "sphincter-change-new"),
        ("cath'd 650", "urinary-retention"),
        ("unstable fracture, neuro deficit", "spinal-cord-injury"),
        ("hyperextension injury, hands weak", "spinal-cord-injury"),
        ("weakness after spine surgery yesterday", _RAPID),
        ("difficulty with chopsticks", "hand-clumsiness"),
    ],
)
def test_an_emergency_told_in_other_words_is_read(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("retention of fluid in ankles", "urinary-retention"),
        ("drinks 2 litres daily, bladder fine", "urinary-retention"),
        ("stress incontinence for years, feeling normal", "bladder-bowel-saddle-stated"),
        ("does not feel well in herself", "saddle-anesthesia"),
        ("anal wink present", "reduced-anal-tone"),
        ("epidural for labour 2019, walked the same day", "spinal-epidural-haematoma"),
        ("day 1 post partum, walking fine", _RAPID),
        ("old cerebral infarct", "cord-disease-acute"),
        ("PSA 1.2, back pain", "malignancy"),
        ("no perianal sensation loss", "saddle-anesthesia"),
        ("leaks without warning when coughing for 12 years", "bladder-bowel-saddle-stated"),
        ("catheterised for surgery in 2018", "urinary-retention"),
        ("hyperextension injury of the knee", "spinal-cord-injury"),
        ("weak leg since spine surgery in 2014", _RAPID),
        ("difficulty sewing due to neck pain", "hand-clumsiness"),
    ],
)
def test_what_sounds_alike_is_none_of_these(text: str, concept: str) -> None:
    assert not states(text, concept) & {"stated", "asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("daughter states mum can't feel her bits", "saddle-anesthesia"),
        ("husband says she has not been to the loo for a wee since yesterday", "urinary-retention"),
        ("LP on Friday on LMWH; Sunday leg weakness", "spinal-epidural-haematoma"),
    ],
)
def test_a_relative_who_tells_of_the_patient_is_heard(text: str, concept: str) -> None:
    assert states(text, concept) == {"stated"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("her mother had a numb saddle", "saddle-anesthesia"),
        ("mother can't walk since her stroke, pt has LBP", _WALKING),
        ("LP and LMWH planned, no weakness", "spinal-epidural-haematoma"),
    ],
)
def test_what_a_relative_has_is_not_the_patients(text: str, concept: str) -> None:
    assert not states(text, concept) & {"stated", "asked"}


def test_power_that_fell_is_no_fall_of_the_patient() -> None:
    found = {one.concept for one in read("leg power fell from 5/5 to 2/5").statements}
    assert "motor-deficit-progressive" in found
    assert "low-velocity-trauma" not in found
    assert states("fell, power 5/5", "low-velocity-trauma") == {"stated"}
