"""What patients feel, what others have to lift and what does not come: in nine languages, beside what sounds alike."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import read, states

SAID = {"stated", "asked"}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("wiping is like cleaning someone else since this morning", "saddle-anesthesia"),
        ("the toilet paper feels like touching somebody else", "saddle-anesthesia"),
        ("al limpiarse nota como si fuera de otra persona", "saddle-anesthesia"),
        ("beim Abwischen fühlt es sich an wie bei jemand anderem", "saddle-anesthesia"),
        ("en s'essuyant c'est comme si c'était quelqu'un d'autre", "saddle-anesthesia"),
        ("quando si pulisce è come se fosse di un altro", "saddle-anesthesia"),
        ("silerken sanki başkasını siliyormuş gibi", "saddle-anesthesia"),
        ("при подтирании как будто вытирает другого", "saddle-anesthesia"),
        ("عند الاستنجاء كأنه لشخص آخر", "saddle-anesthesia"),
        ("stood at the toilet 20 minutes and nothing would come", "urinary-retention"),
        ("sitzt auf der Toilette und es kommt nichts", "urinary-retention"),
        ("fica no banheiro e não sai nada", "urinary-retention"),
        ("сидит в туалете полчаса, ничего не идёт", "urinary-retention"),
        ("finds stool in his underwear, had not noticed", "fecal-incontinence"),
        ("trova feci nelle mutande senza accorgersene", "fecal-incontinence"),
        ("pinprick cuts off at the bra line", "sensory-level"),
        ("la sensibilité s'arrête au nombril", "sensory-level"),
        ("his göbek hizasında kesiliyor", "sensory-level"),
        ("walks to meals until Sat, now two aides to transfer", "walking-loss-acute"),
        ("needs Hoyer since Tuesday", "walking-loss-acute"),
        ("El viernes paseaba al perro y hoy lo traen entre dos familiares", "walking-loss-acute"),
        (
            "am Montag noch spazieren gegangen, seit gestern nur noch mit Lifter",
            "walking-loss-acute",
        ),
        ("в субботу работал на даче, со вчерашнего дня пересаживают вдвоём", "walking-loss-acute"),
        ("TA 3, EHL 3 on L", "motor-power-3-or-less"),
        ("hip flexion 2 R, knee extension 2 R", "motor-deficit-severe"),
        ("101.5F, back pain", "fever-condition"),
        ("39.2 C, back pain", "fever-condition"),
    ],
)
def test_lay_and_indirect_tellings_are_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("wiping tables all day, low back ache", "saddle-anesthesia"),
        ("someone else wiped the floor, she slipped", "saddle-anesthesia"),
        ("on the toilet for an hour constipated with no result", "urinary-retention"),
        ("pinprick goes dull at the ankle", "sensory-level"),
        ("carried boxes on Tuesday, back strain", "walking-loss-acute"),
        ("lifted her mother on Friday, back strain", "walking-loss-acute"),
        ("Umzug am Montag, Kisten getragen, Kreuzschmerz", "walking-loss-acute"),
        ("quads 3 sets at the gym", "motor-power-3-or-less"),
        ("TA 5, EHL 5", "motor-power-3-or-less"),
        ("grip strengthening 2 times a day", "motor-deficit-severe"),
        ("SLR 40 degrees", "fever-condition"),
        ("BMI 38.9", "fever-condition"),
        ("cayó dormido en el sofá, contractura", "low-velocity-trauma"),
        ("le rendez-vous tombe un jeudi, lombalgie", "low-velocity-trauma"),
        ("Termin fällt in die KW 30, Kreuzschmerz", "low-velocity-trauma"),
        ("queda de cabelo, dor lombar", "low-velocity-trauma"),
        ("è ricaduto nel vizio del fumo, lombalgia", "low-velocity-trauma"),
        ("سقط موعده، ألم أسفل الظهر", "low-velocity-trauma"),
    ],
)
def test_what_sounds_like_it_is_not(text: str, concept: str) -> None:
    assert not states(text, concept) & SAID


@pytest.mark.parametrize(
    "text",
    [
        "asintomático, pide certificado médico para el trabajo",
        "Patient beschwerdefrei, Gutachten für Rentenversicherung",
        "certificat d'aptitude, aucune plainte",
        "visita di idoneità, nessun disturbo",
        "atestado médico para concurso, sem queixas",
        "işe giriş muayenesi için, şikayeti yok",
        "медосмотр, жалоб нет",
        "فحص لياقة للعمل، بدون أعراض",
    ],
)
def test_an_order_for_a_certificate_without_complaints_is_understood(text: str) -> None:
    assert not read(text).is_unread


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("bladder scanner read 740 after he tried, LBP", "urinary-retention"),
        ("sondé aux urgences pour 1 litre, lombosciatique", "urinary-retention"),
        ("cateterizzato in PS, residuo 900 ml", "urinary-retention"),
        ("вывели мочу катетером 900 мл", "urinary-retention"),
        ("pees by the clock, has no signal any more", "urinary-retention"),
        ("dribbling into a pad all day", "urinary-incontinence-new"),
        ("from the breastbone down it's all cotton", "sensory-level"),
        ("known AAA, sudden back pain", "aortic-emergency"),
        ("BAA bekannt, plötzlicher Rückenschmerz", "aortic-emergency"),
        ("R arm BP 170, L 110, ?dissecting", "aortic-emergency"),
        ("asymétrie tensionnelle 45 mmHg, dissection à éliminer", "aortic-emergency"),
        ("tombée d'une échelle, ne sent plus ses jambes", "spinal-cord-injury"),
        ("trousers falling off him, two notches in on the belt", "weight-loss"),
        ("hat ohne Absicht acht Kilo abgenommen", "weight-loss"),
        ("наруш. ФТО", "sphincter-disturbance"),
        ("pus in the epidural space", "epidural-abscess"),
        ("LBP since 2024", "low-back-pain"),
        ("Rückenschmerz seit 2019", "back-pain-unspecified"),
    ],
)
def test_more_lay_tellings_are_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("AAA 3.9 cm unchanged on FAST, LBP after lifting", "aortic-emergency"),
        ("can't control its height, low back ache", "urinary-incontinence-new"),
        ("cannot control pain with tylenol", "urinary-incontinence-new"),
        ("Foot drop: no. Saddle: no. Sphincter: no.", "reduced-anal-tone"),
        ("anxious after TikTok clips on cauda equina", "cauda-equina-syndrome"),
        ("retired incontinence nurse, facet pain", "urinary-incontinence-new"),
        ("cath lab nurse wearing lead", "urinary-retention"),
        ("Mr. Falls, chronic LBP", "low-velocity-trauma"),
        ("upali prices fell, back tight", "low-velocity-trauma"),
        ("упали продажи, стресс, спина затекает", "low-velocity-trauma"),
        ("chair broken, postural ache", "vertebral-fracture"),
        ("ФТО не нарушены", "sphincter-disturbance"),
        ("niente febbre, niente cadute", "fever-condition"),
        ("lombalgia s/ febre s/ trauma", "fever-condition"),
        ("HD L4L5 gauche au scan, lombalgie", "dialysis"),
        ("laminectomy in 2009, well", "low-back-pain"),
    ],
)
def test_more_of_what_sounds_like_it_is_not(text: str, concept: str) -> None:
    assert not states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("sphincter no tone on PR", "reduced-anal-tone"),
        ("lost control of her bladder", "urinary-incontinence-new"),
        ("lost control of the car on the motorway, rolled it", "high-energy-trauma"),
        ("fell at the market and cannot stand up", "low-velocity-trauma"),
        ("googled cauda equina, saddle numb since Monday", "saddle-anesthesia"),
        ("patient en HD trois fois par semaine, lombalgie", "dialysis"),
    ],
)
def test_what_stands_beside_an_ordinary_phrase_is_still_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("fell off scaffold 20 ft, cannot feel feet", "spinal-cord-injury"),
        ("incidente in moto, non stringe le mani, gambe ferme", "spinal-cord-injury"),
        ("acidente de moto, não aperta as mãos", "spinal-cord-injury"),
        ("авария на мотоцикле, ноги не шевелятся", "spinal-cord-injury"),
        ("INR 6, sudden back pain, an hour later could not stand", "spinal-epidural-haematoma"),
        (
            "пьёт варфарин, внезапная боль в спине, через час не смог встать",
            "spinal-epidural-haematoma",
        ),
        ("can't tell if she's wiped, day 3", "saddle-anesthesia"),
        ("merkt beim Wasserlassen nicht mehr ob etwas kommt", "urinary-retention"),
        ("legs slide out from under her since 3 pm", "walking-loss-acute"),
    ],
)
def test_still_more_lay_tellings_are_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("paraplegic since MVC 2005, shoulder ache", "spinal-cord-injury"),
        ("was carried away with gardening, low back ache", "walking-loss"),
        ("on eliquis, back pain for months, stands all day at work", "spinal-epidural-haematoma"),
        ("unchanged foot drop since 2018", "foot-drop"),
    ],
)
def test_still_more_of_what_sounds_like_it_is_not(text: str, concept: str) -> None:
    assert not states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        (
            "anda agarrándose a los muebles desde el martes, metástasis óseas",
            "gait-disturbance",
        ),
        (
            "hält sich seit Dienstag an den Möbeln fest, Knochenmetastasen",
            "gait-disturbance",
        ),
        ("со вторника ходит держась за мебель, метастазы в кости", "gait-disturbance"),
        ("non distingue caldo e freddo dalle costole in giù", "sensory-level"),
        ("ne distingue plus le chaud du froid sous les côtes", "sensory-level"),
        ("لا يميز الحرارة والبرودة تحت الأضلاع", "sensory-level"),
        ("non sente più niente sotto l'ombelico", "sensory-level"),
        ("assise comme sur un coussin", "saddle-anesthesia"),
        ("сидит как на подушке, моча подтекает", "saddle-anesthesia"),
        ("fezes no pijama, nem percebeu", "fecal-incontinence"),
        ("incontinenza da rigurgito", "urinary-retention"),
        ("bladder spills over, sits like on a pillow", "urinary-retention"),
        ("دهسه تراكتور", "high-energy-trauma"),
        ("renversé par une voiture", "high-energy-trauma"),
        ("dolor raiz S 1 izq, fiebre", "fever-condition"),
    ],
)
def test_gait_and_feeling_told_in_nine_languages_are_read(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("stopped walking to work since office moved, back stiff", "walking-loss-acute"),
        ("assise sur un coussin à cause du coccyx", "saddle-anesthesia"),
        ("sits on a donut cushion for tailbone pain", "saddle-anesthesia"),
        ("metástasis óseas, sin cambios, marcha normal", "cord-deterioration-rapid"),
        ("lombalgia s/ febre s/ trauma", "fever-condition"),
    ],
)
def test_cushions_and_walks_to_work_are_not(text: str, concept: str) -> None:
    assert not states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("brought in by his son as he cannot walk since yesterday", "walking-loss-acute"),
        ("Dice la hija que se ensucia y no se da cuenta", "urinary-incontinence-new"),
        ("vecino la trajo porque no puede caminar", "walking-loss"),
        ("eşi yürüyemediğini söylüyor", "walking-loss"),
    ],
)
def test_what_a_relative_tells_of_the_patient_is_the_patients(text: str, concept: str) -> None:
    assert states(text, concept) & SAID


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("mother had cauda equina", "cauda-equina-syndrome"),
        ("su papá tuvo cáncer", "malignancy"),
    ],
)
def test_what_is_told_of_a_relative_is_the_relatives(text: str, concept: str) -> None:
    assert states(text, concept) == {"other-person"}
