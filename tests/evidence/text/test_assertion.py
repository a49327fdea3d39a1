"""Who, when and whether. Each guard in both directions: it must deny, and it must not deny too much."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import states


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no fever", "fever-condition"),
        ("denies saddle anesthesia, incontinence, fever", "fever-condition"),
        ("neg: fever, chills, wt loss, trauma, saddle numbness", "saddle-anesthesia"),
        ("(-) bowel/bladder changes (-) weakness (-) fevers", "fever-condition"),
        ("fever (-)", "fever-condition"),
        ("-ve fever", "fever-condition"),
        ("saddle anesthesia: no. incontinence: no.", "saddle-anesthesia"),
        ("ROS: no fever, chills, night sweats, weight loss, incontinence", "weight-loss"),
        ("no h/o cancer, IVDU, trauma, or steroid use", "injecting-drug-use"),
        ("cauda equina unlikely clinically", "cauda-equina-syndrome"),
        ("low suspicion for cauda equina", "cauda-equina-syndrome"),
        ("cord compression was ruled out", "cord-compression"),
        ("no evidence of fracture, infection or tumor", "malignancy"),
        ("weakness resolved, leg now strong", "weakness-nonspecific"),
        ("ateş yok", "fever-condition"),
        ("idrar kaçırma yok, güç kaybı yok", "urinary-incontinence-new"),
        ("niega fiebre, pérdida de peso o incontinencia", "weight-loss"),
        ("no refiere fiebre", "fever-condition"),
        ("kein Fieber, kein Gewichtsverlust", "fever-condition"),
        ("pas de fièvre, pas de perte de poids", "weight-loss"),
        ("sem febre, sem perda de peso", "fever-condition"),
        ("nega febbre, calo di peso", "weight-loss"),
        ("нет лихорадки, нет потери веса", "fever-condition"),
        ("ينفي الحمى وفقدان الوزن", "fever-condition"),
    ],
)
def test_a_finding_is_denied(text: str, concept: str) -> None:
    assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no red flags except saddle numbness", "saddle-anesthesia"),
        ("denies everything other than leg weakness", "limb-weakness"),
        ("nil apart from foot drop", "foot-drop"),
        ("keine Red Flags außer Reithosenanästhesie", "saddle-anesthesia"),
        ("niega todo salvo retención urinaria", "urinary-retention"),
        ("nie tout sauf une rétention urinaire", "urinary-retention"),
        ("nega tutto tranne ritenzione urinaria", "urinary-retention"),
        ("nega tudo exceto retenção urinária", "urinary-retention"),
        ("отрицает всё, за исключением задержки мочи", "urinary-retention"),
        ("ينفي كل شيء باستثناء احتباس البول", "urinary-retention"),
    ],
)
def test_what_is_excepted_from_a_denial_is_there(text: str, concept: str) -> None:
    assert states(text, concept) == {"stated"}


def test_what_stands_before_the_exception_stays_denied() -> None:
    assert states("no fever except at night, no chills", "fever-condition") == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("No fever, no wt loss. + saddle numbness", "saddle-anesthesia"),
        ("(-) fever (-) trauma (+) saddle anesthesia", "saddle-anesthesia"),
        ("neg SLR, no foot drop, but PVR 480 and decreased perianal pinprick", "saddle-anesthesia"),
        (
            "Denies trauma. Cannot control bladder and has numbness around the anus.",
            "saddle-anesthesia",
        ),
        ("no trauma, new weakness of the left leg since Monday", "limb-weakness"),
        ("no longer able to pass urine", "urinary-retention"),
        ("no relief from PT, leg weakness", "limb-weakness"),
        ("anal tone absent", "reduced-anal-tone"),
        ("no anal tone", "reduced-anal-tone"),
        ("can't feel her perineum", "saddle-anesthesia"),
        ("without contrast, saddle numbness", "saddle-anesthesia"),
        ("no known primary, lytic lesion L3", "spine-destructive-lesion"),
        ("lost 20 lb without trying", "weight-loss"),
        ("no puede orinar", "urinary-retention"),
        ("kann kein Wasser lassen", "urinary-retention"),
    ],
)
def test_a_denial_does_not_reach_too_far(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "asked"}


def test_the_second_half_of_a_bare_pair_is_not_clear() -> None:
    assert states("no trauma, leg weakness", "limb-weakness") == {"unclear"}
    assert states("no trauma, leg weakness or numbness", "limb-weakness") == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("?CES", "cauda-equina-syndrome"),
        ("r/o epidural abscess", "epidural-abscess"),
        ("eval for discitis", "spinal-infection"),
        ("concern for cord compression", "cord-compression"),
        ("cannot exclude cauda equina", "cauda-equina-syndrome"),
        ("discitis suspected", "spinal-infection"),
        ("V.a. Spondylodiszitis", "spinal-infection"),
        ("sospecha de fractura vertebral", "vertebral-fracture"),
    ],
)
def test_what_is_asked_is_asked(text: str, concept: str) -> None:
    assert states(text, concept) & {"asked", "stated"}
    assert "denied" not in states(text, concept)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no fever, ?discitis", "spinal-infection"),
        ("no fever ?discitis", "spinal-infection"),
        ("no weakness or numbness, rule out cauda equina", "cauda-equina-syndrome"),
        ("back pain, no weakness, query cord compression", "cord-compression"),
        ("denies fever, query spinal abscess", "epidural-abscess"),
        ("no red flags, r/o malignancy", "malignancy"),
        ("kein Fieber, V.a. Diskitis", "spinal-infection"),
        ("pas de fièvre, ?spondylodiscite", "spinal-infection"),
        ("sin fiebre, sospecha de fractura vertebral", "vertebral-fracture"),
    ],
)
def test_a_question_behind_a_denial_is_a_question_of_its_own(text: str, concept: str) -> None:
    assert states(text, concept) == {"asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no fever, ?discitis", "fever-condition"),
        ("no evidence of ?discitis", "spinal-infection"),
        ("no concern for cord compression", "cord-compression"),
        ("no fever, no suspicion of discitis", "spinal-infection"),
        ("Fever? N Trauma? N", "fever-condition"),
    ],
)
def test_a_denied_question_stays_denied(text: str, concept: str) -> None:
    assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("transient urinary retention 2012, resolved", "urinary-retention"),
        ("hx of foot drop 2012, back pain", "foot-drop"),
        ("fell off horse 20 years ago", "high-energy-trauma"),
        ("remote MVC 1998, chronic neck pain", "high-energy-trauma"),
    ],
)
def test_what_is_past_is_historical(text: str, concept: str) -> None:
    assert states(text, concept) <= {"historical", "denied"}
    assert states(text, concept)


def test_a_cancer_told_as_past_is_a_history_of_cancer() -> None:
    assert "historical" in states("hx breast cancer 2014", "malignancy-history")
    assert not states("hx breast cancer 2014", "malignancy")
    assert "stated" in states("breast cancer on letrozole", "malignancy")


def test_a_length_of_history_is_no_past() -> None:
    assert states("3 week history of foot drop", "foot-drop") == {"stated"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Mother had breast cancer, pt worried", "malignancy"),
        ("FHx: ankylosing spondylitis (brother), mechanical LBP", "axspa"),
        ("annesinde meme kanseri var", "malignancy"),
        ("Mutter hatte Brustkrebs", "malignancy"),
        ("mère: cancer du sein; patiente: lombalgie", "malignancy"),
    ],
)
def test_another_persons_disease_is_not_the_patients(text: str, concept: str) -> None:
    assert states(text, concept) == {"other-person"}


@pytest.mark.parametrize(
    "text",
    [
        "wife noticed he has saddle numbness",
        "per daughter: numb perineum",
        "mother reports numb perineum",
    ],
)
def test_who_tells_of_the_patient_is_no_patient(text: str) -> None:
    assert states(text, "saddle-anesthesia") == {"stated"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("return to ED if numbness in saddle", "saddle-anesthesia"),
        ("CES precautions given, sciatica", "cauda-equina-syndrome"),
        ("Safety netted re cauda equina", "cauda-equina-syndrome"),
        ("told to attend A&E with any saddle numbness", "saddle-anesthesia"),
        ("worried about tumour, pain after gym", "malignancy"),
        ("güçsüzlük veya idrar kaçırma olursa acile başvursun", "urinary-incontinence-new"),
        ("bei Lähmung oder Harnverhalt sofort Wiedervorstellung", "urinary-retention"),
    ],
)
def test_advice_is_hypothetical(text: str, concept: str) -> None:
    assert states(text, concept) == {"hypothetical"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("unlikely CES, LBP with sciatica", "cauda-equina-syndrome"),
        ("this is unlikely to be cauda equina", "cauda-equina-syndrome"),
        ("CES unlikely as no saddle numbness", "cauda-equina-syndrome"),
        ("CES ? N  Trauma ? N  Fever ? N", "cauda-equina-syndrome"),
        ("CES ? N  Trauma ? N  Fever ? N", "fever-condition"),
        ("Fever? No Night sweats? No", "fever-condition"),
        ("sciatica nofever", "fever-condition"),
        ("LBP nosaddleanaesthesia", "saddle-anesthesia"),
        ("query CES and MRI then excluded this", "cauda-equina-syndrome"),
        ("foot drop in spring, settled fully", "foot-drop"),
        ("leg weakness, now gone", "limb-weakness"),
    ],
)
def test_a_denial_may_stand_before_behind_or_in_a_form(text: str, concept: str) -> None:
    assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("weak leg unlikely CES", "limb-weakness"),
        ("CES? no trauma", "cauda-equina-syndrome"),
        ("Fever ? Y Trauma ? N", "fever-condition"),
        ("leg weakness, normal reflexes", "limb-weakness"),
        ("cannot move left leg and the knee jerk is absent", "motor-deficit-severe"),
        ("known AAA 3.8 cm stable", "aaa-known"),
        ("MRI 2019 disc bulge, now foot drop", "foot-drop"),
    ],
)
def test_what_such_a_denial_is_not_about_stays(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "asked"}
    assert "denied" not in states(text, concept)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("told to come bk if numb down below or wets herself", "saddle-anesthesia"),
        ("If numb saddle or bladder trouble develops she will return", "saddle-anesthesia"),
        (
            "ER precautions including new weakness, loss of bladder control; patient verbalized understanding",
            "urinary-incontinence-new",
        ),
        (
            "red flag card given (saddle anesthesia, urinary retention), sciatica",
            "urinary-retention",
        ),
        ("CES card given: numb saddle, incontinence", "urinary-incontinence-new"),
    ],
)
def test_a_condition_of_what_a_patient_was_told_is_hypothetical(text: str, concept: str) -> None:
    assert states(text, concept) == {"hypothetical"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("leg weakness if he walks far", "limb-weakness"),
        ("Presents with red flags: saddle numbness", "saddle-anesthesia"),
        ("told to return if worse, came back with retention", "urinary-retention"),
        ("red flag card given (saddle anesthesia) has now foot drop", "foot-drop"),
    ],
)
def test_what_is_there_is_no_condition(text: str, concept: str) -> None:
    assert "stated" in states(text, concept)


def test_a_clause_that_begins_with_a_year_tells_of_that_year() -> None:
    assert states("2008 MVC, chronic neck pain", "high-energy-trauma") == {"historical"}
    assert states("2026-06-10 fell off chair", "low-velocity-trauma") == {"stated"}


def test_the_aneurysm_of_a_friend_is_not_the_patients() -> None:
    assert states("mate died of AAA and he is worried", "aaa-known") == {"other-person"}


@pytest.mark.parametrize(
    ("text", "denied", "stated"),
    [
        ("Fever nil but leg weakness present", "fever-condition", "limb-weakness"),
        (
            "saddle numbness no but both legs weak",
            "saddle-anesthesia",
            "bilateral-leg-weakness-new",
        ),
        ("ateş yok ama bacakta güç kaybı var", "fever-condition", "limb-weakness"),
        ("fiebre no pero debilidad en la pierna", "fever-condition", "limb-weakness"),
        ("Fieber nein, aber Beinschwäche", "fever-condition", "limb-weakness"),
        ("fièvre non mais faiblesse de la jambe", "fever-condition", "limb-weakness"),
        ("febre não mas fraqueza na perna", "fever-condition", "limb-weakness"),
        ("febbre no ma debolezza alla gamba", "fever-condition", "limb-weakness"),
        ("лихорадки нет, но слабость в ноге", "fever-condition", "limb-weakness"),
    ],
)
def test_a_denial_directly_before_but_is_of_what_stands_before_it(
    text: str, denied: str, stated: str
) -> None:
    assert states(text, denied) == {"denied"}
    assert states(text, stated) == {"stated"}


def test_a_denial_that_but_does_not_follow_still_reaches_forward() -> None:
    assert states("back pain, no fever but leg weakness", "fever-condition") == {"denied"}
    assert states("back pain, no leg weakness", "limb-weakness") == {"denied"}


def test_a_list_of_symptoms_that_says_positive_denies_nothing() -> None:
    text = "ROS positive for: loss of bowel control. ROS negative for: fever"
    assert states(text, "fecal-incontinence") == {"stated"}
    assert states(text, "fever-condition") == {"denied"}
    assert states("ROS: fever, loss of bowel control negative", "fever-condition") == {"denied"}


def test_no_medical_history_denies_nothing_of_what_happened() -> None:
    assert states("no medical history, involved in a fall, back pain", "low-velocity-trauma") == {
        "stated"
    }
    assert states("no history of a fall, back pain", "low-velocity-trauma") == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("denied any headache, neck pain, weakness", "weakness-nonspecific"),
        ("denies any chills, low back pain, leg weakness", "limb-weakness"),
        ("ROS negative for fever, back pain, incontinence", "urinary-incontinence-new"),
        ("denies chest pain, abdominal pain, saddle numbness", "saddle-anesthesia"),
        ("denies chills, back pain, weakness, or incontinence", "weakness-nonspecific"),
    ],
)
def test_a_pain_in_a_denied_list_does_not_end_it(text: str, concept: str) -> None:
    assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("denies trauma, back pain x 3 weeks, leg weakness", "limb-weakness"),
        ("denies trauma, low back pain, left leg weakness", "limb-weakness"),
        ("denies trauma, low back pain, urinary retention", "urinary-retention"),
        ("denies any trauma, low back pain, leg weakness since Monday", "limb-weakness"),
        ("denies fever, neck pain with weakness", "weakness-nonspecific"),
    ],
)
def test_the_complaint_of_the_order_ends_a_denial(text: str, concept: str) -> None:
    assert "denied" not in states(text, concept)
    assert states(text, concept)


def test_all_words_of_the_second_half_of_a_pair_are_unclear() -> None:
    assert states("no trauma, both legs weak", "limb-weakness") == {"unclear"}
    assert states("no trauma, both legs weak or numb", "limb-weakness") == {"denied"}


@pytest.mark.parametrize(
    "text",
    [
        "LWS-Syndrom, bei Lähmung oder Blasenstörung sofort in die Notaufnahme, sonst KG",
        "bei Taubheit oder Lähmung umgehend in die Notaufnahme",
    ],
)
def test_german_advice_reaches_back_to_its_condition(text: str) -> None:
    assert states(text, "weakness-nonspecific") == {"hypothetical"}


def test_who_was_sent_to_the_emergency_room_has_the_finding() -> None:
    text = "Lähmung seit gestern, sofort in die Notaufnahme überwiesen"
    assert states(text, "weakness-nonspecific") == {"stated"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("he has lost bladder control", "urinary-incontinence-new"),
        ("Patient has lost control of his bladder", "urinary-incontinence-new"),
        ("no longer has bladder control since yesterday", "urinary-incontinence-of-days"),
        ("NOW CAN'T HOLD HIS URINE", "urinary-incontinence-of-days"),
    ],
)
def test_lost_control_is_told_with_and_without_the_verbs_before_it(text: str, concept: str) -> None:
    assert states(text, concept) == {"stated"}


@pytest.mark.parametrize("text", ["no longer has back pain", "has lost 3 kg on a diet"])
def test_the_same_verbs_about_something_else_lose_no_control(text: str) -> None:
    assert not states(text, "urinary-incontinence-new")
    assert not states(text, "urinary-incontinence-of-days")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("R/O SEA, IVDU, BACK PAIN", "epidural-abscess"),
        ("SUDDEN WEAKNESS RT LL WITH BACK ACHE", "limb-weakness"),
        ("DISH, FALL FROM BED, NECK PAIN", "ankylosed-spine"),
    ],
)
def test_abbreviations_are_read_in_a_text_that_is_all_capitals(text: str, concept: str) -> None:
    assert states(text, concept) & {"stated", "asked"}


def test_what_is_a_word_in_capitals_too_is_no_abbreviation_there() -> None:
    assert not states("PAIN AS BEFORE, SAME AS LAST YEAR", "ankylosed-spine")


@pytest.mark.parametrize(
    "text",
    ["FEVER N, TRAUMA N, CANCER N, LBP 3 WKS", "Fever  N,  trauma  N, cancer  N. LBP 3 wks"],
)
def test_letters_answer_in_capitals_and_behind_wide_spaces(text: str) -> None:
    for concept in ("fever-condition", "low-velocity-trauma", "malignancy"):
        assert states(text, concept) == {"denied"}


@pytest.mark.parametrize(
    "text", ["S. aureus in blood cultures", "grew E. coli in blood, back pain"]
)
def test_the_short_first_name_of_a_germ_ends_no_sentence(text: str) -> None:
    assert states(text, "bacteremia") == {"stated"}


def test_russian_advice_reaches_over_abbreviations_to_its_condition() -> None:
    text = "при онемении промежности и наруш. мочеиспускания срочно вызвать скорую"
    assert states(text, "saddle-anesthesia") == {"hypothetical"}
    assert states("онемение промежности, срочно вызвать скорую", "saddle-anesthesia") == {"stated"}


def test_a_german_abbreviation_inside_a_question_ends_nothing() -> None:
    assert states("Schüttelfrost, Ausschluß epid. Abszess", "epidural-abscess") == {"asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("denies trauma, unable to walk", "walking-loss"),
        ("denies fever, can't pass urine", "urinary-retention"),
        ("denies incontinence, not able to lift the right foot", "motor-deficit"),
        ("verneint Fieber, kann nicht gehen", "walking-difficulty"),
        ("niega fiebre, no puede orinar desde ayer", "urinary-retention"),
        ("nie fièvre, ne peut plus uriner", "urinary-retention"),
        ("nega febbre, non riesce a urinare", "urinary-retention"),
        ("nega febre, não consegue urinar", "urinary-retention"),
    ],
)
def test_what_is_not_possible_behind_a_denial_is_a_statement_of_its_own(
    text: str, concept: str
) -> None:
    assert states(text, concept) == {"stated"}


def test_an_inability_before_the_denial_makes_no_list_of_it() -> None:
    text = "cannot sleep for pain, denies fever, cannot walk"
    assert states(text, "walking-difficulty") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "denies being unable to walk, unable to void",
        "denies weakness, inability to walk, incontinence",
        "denies numbness or inability to walk",
    ],
)
def test_in_a_list_of_such_it_is_denied_all_the_same(text: str) -> None:
    assert states(text, "walking-difficulty") == {"denied"}
