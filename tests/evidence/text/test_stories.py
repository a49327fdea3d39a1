"""Short stories that orders tell: what the days say together, and what only sounds like a finding."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import states


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("walked in on Monday, bedbound by Wednesday", "walking-loss-acute"),
        ("was walking Sunday, in wheelchair Monday", "walking-loss-acute"),
        ("legs won't hold her since this morning", "walking-loss-acute"),
        ("cannot bear own weight on either leg", "walking-loss"),
        ("slammed meth on Saturday, back pain since", "injecting-drug-use"),
        ("shoots fentanyl, back pain", "injecting-drug-use"),
        ("missed the last step and landed on backside", "low-velocity-trauma"),
        ("non radiographic axial spondyloarthritis, flare", "axspa"),
        ("bilateral foot drop, new since Tuesday", "bilateral-leg-weakness-new"),
        ("tunneled cath infection, low back pain", "bacteremia"),
        ("AAA roto, dolor lumbar", "aortic-emergency"),
    ],
)
def test_what_a_short_story_tells_is_read(text: str, concept: str) -> None:
    assert "stated" in states(text, concept)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("uses a wheelchair for years, shoulder pain", "walking-loss-acute"),
        ("was walking on Sunday when back pain began", "walking-loss"),
        ("shooting pain down the leg, oxycodone not helping", "injecting-drug-use"),
        ("given IV dilaudid for sciatica", "injecting-drug-use"),
        ("works at a cancer center, low back pain", "malignancy"),
        ("runs for Cancer Research UK, low back pain", "malignancy"),
        ("Frau Krebs klagt über Kreuzschmerz", "malignancy"),
        ("prior auth # pending, low back pain", "vertebral-fracture"),
        ("told that the disc is slipped", "low-velocity-trauma"),
        ("tombe de sommeil, lombalgie", "low-velocity-trauma"),
    ],
)
def test_what_only_sounds_like_it_is_not(text: str, concept: str) -> None:
    assert "stated" not in states(text, concept)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("bei Blasenstörung sofort Vorstellung in der NFA, Pat. aufgeklärt", "sphincter-trouble"),
        ("orientada a voltar ao PS se perder controle da urina", "urinary-incontinence-new"),
        (
            "при онемении промежности срочно вызвать СМП (разъяснено)",
            "saddle-anesthesia",
        ),
    ],
)
def test_advice_to_come_back_is_no_finding_in_any_language(text: str, concept: str) -> None:
    assert "stated" not in states(text, concept)


def test_answers_of_a_form_deny_the_list_behind_them() -> None:
    answered = "Red flag questions all answered no (bladder, saddle, fever, weight loss)"
    assert not states(answered, "fever-condition") & {"stated", "asked"}
    assert "stated" in states("Red flag questions answered: fever yes", "fever-condition")
