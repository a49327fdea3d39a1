"""What patients and hurried clinicians say in words of their own, each beside what sounds alike and is not it."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states

SAID = {"stated", "asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("sat on the toilet and couldnt tell if I was going", "urinary-retention"),
        ("pooped his pants in the waiting room and had no idea", "fecal-incontinence"),
        ("numb right where a bike seat hits", "saddle-anesthesia"),
        ("nothing moving below the waist", "paraparesis"),
        ("R arm went dead at work, cannot raise it at all", "motor-deficit-severe"),
        ("right arm flopped yesterday", "motor-deficit-rapid"),
        ("leg weakness 3 hrs ago", "motor-deficit-rapid"),
        ("crawling to the bathroom since this morning", "walking-loss-acute"),
        ("legs wont hold her", "walking-loss"),
        ("rollover, ejected, priapism noted by EMS", "spinal-cord-injury"),
        ("known triple A, sudden back pain, 80/50", "aortic-emergency"),
        ("known AAA, back pain, BP 70 systolic", "aortic-emergency"),
        ("PICC site red with pus, back pain", "vascular-line-infection"),
        ("perm cath exit site draining", "vascular-line-infection"),
        ("cellulitis on IV teicoplanin", "infection-on-iv-antibiotics"),
        ("roofer, came down 15 feet onto concrete", "high-energy-trauma"),
        ("deltoid power going down month by month", "motor-deficit-progressive"),
        ("hat in die Hose gemacht", "urinary-incontinence-new"),
        ("se l'è fatta addosso", "urinary-incontinence-new"),
        ("las piernas no le sostienen", "walking-loss"),
        ("ноги отказали", "paraparesis"),
        ("tib. ant. dx 0/5 insorto bruscamente", "motor-deficit-severe"),
        ("tbles sphinctériens (urines + selles)", "sphincter-disturbance"),
        ("inc. stradale auto ribaltata", "high-energy-trauma"),
    ],
)
def test_lay_words_and_short_forms_are_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("can't tell if the pain is from the disc or the groin", "saddle-anesthesia"),
        ("gets out of bed twice to pee", "urinary-incontinence-new"),
        ("tried everything, nothing works for the leg pain", "motor-deficit-severe"),
        ("stopped working due to leg pain", "limb-weakness"),
        ("left leg weak for 3 years", "motor-deficit-rapid"),
        ("sickle cell with priapism last year", "spinal-cord-injury"),
        ("known AAA 3.8 cm, back pain, BP 130/80", "aortic-emergency"),
        ("tow truck driver for AAA, lumbar strain", "aaa-known"),
        ("lives in Falls Church VA, neck stiffness", "low-velocity-trauma"),
        ("dialysis catheter clean, back pain", "vascular-line-infection"),
        ("allergic to vancomycin, low back pain", "infection-on-iv-antibiotics"),
        ("pain coming down the stairs", "high-energy-trauma"),
        ("exame anterior caiu do sistema, repetir RM", "low-velocity-trauma"),
        ("se cayó el sistema, repetir RM lumbar", "low-velocity-trauma"),
    ],
)
def test_what_sounds_alike_is_not_read(text: str, concept: str) -> None:
    assert not states(text, concept) & SAID


@pytest.mark.parametrize(
    "text",
    [
        "∅ fever ∅ chills ∅ IVDA ∅ incont. discogenic LBP",
        "LBP. Ø fever Ø weakness Ø saddle anesthesia",
        "⊖ fever, ⊖ IVDU, ⊖ saddle numb, LBP",
        "fever ∅, chills ∅, incontinence ∅",
        "øfever øchills øincontinence, LBP",
        "+ back pain, - fever, - chills, - leg weakness",
    ],
)
def test_a_sign_before_or_behind_each_item_of_a_list_denies_it(text: str) -> None:
    findings = [
        s
        for s in read(text).statements
        if s.concept not in {"low-back-pain", "back-pain-unspecified"}
    ]
    assert findings
    assert {s.state for s in findings} == {"denied"}


def test_dashes_that_no_plus_explains_are_bullets_and_deny_nothing() -> None:
    assert states("- fever - chills, back pain", "fever-condition") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "bei Taubheit im Schritt o. Lähmung sofortige WV besprochen. aktuell unauff., Lumbago",
        "consignes données : si RAU ou anesth. selle -> SAU. Sciatique S1 D",
        "при появл. слабости в стопе или задержке мочи - сразу 03, разъяснено. Люмбоишиалгия",
        "acudir a urg si anestesia en silla o retencion. ciatalgia S1 izq",
    ],
)
def test_advice_with_short_forms_names_no_finding(text: str) -> None:
    assert not [
        s
        for s in read(text).statements
        if s.state in SAID
        and s.concept.startswith(("urinary", "saddle", "limb", "motor", "weakness"))
    ]


def test_a_short_preposition_does_not_part_a_denial_from_what_it_denies() -> None:
    assert states("klinisch kein Anhalt f. Cauda-Sy., Hexenschuss", "cauda-equina-syndrome") == {
        "denied"
    }


def test_a_cancer_that_was_cleared_is_history_and_not_denied() -> None:
    assert states("testicular cancer 2009, cleared by onc, lumbar pain", "malignancy-history") == {
        "historical"
    }
    assert states("fever, resolved", "fever-condition") == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("neuro exam normal except absent perianal sensation", "saddle-anesthesia"),
        ("has not had any feeling in the saddle area since yesterday", "saddle-anesthesia"),
        ("has not had urine output since morning", "urinary-retention"),
        ("have not had any power in the legs since the fall", "motor-deficit-severe"),
        ("return to er with worsening leg weakness", "motor-deficit-progressive"),
        ("return to ed, unable to void", "urinary-retention"),
    ],
)
def test_what_is_gone_or_brought_back_is_no_denial_and_no_advice(text: str, concept: str) -> None:
    assert "stated" in states(text, concept)


@pytest.mark.parametrize("text", ["has not had any saddle numbness", "hasn't had saddle numbness"])
def test_what_was_not_had_is_denied(text: str) -> None:
    assert states(text, "saddle-anesthesia") == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("worried about cauda equina", "cauda-equina-syndrome"),
        ("befürchtet wird ein Cauda-Syndrom", "cauda-equina-syndrome"),
        ("crainte de syndrome de la queue de cheval", "cauda-equina-syndrome"),
        ("risque de compression médullaire, paraparésie depuis hier", "paraparesis"),
        ("preocupado por síndrome de cauda equina", "cauda-equina-syndrome"),
        ("si teme compressione midollare", "cord-compression"),
        ("risco de compressão medular", "cord-compression"),
        ("исключ. синдром конского хвоста", "cauda-equina-syndrome"),
        ("опасается врач компрессии, нижний парапарез с утра", "paraparesis"),
        ("قلق من متلازمة ذيل الفرس", "cauda-equina-syndrome"),
    ],
)
def test_what_a_clinician_fears_is_asked(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize("text", ["pt worried about cancer", "he is worried about cancer"])
def test_what_a_patient_fears_is_not(text: str) -> None:
    assert not states(text, "malignancy") & SAID
