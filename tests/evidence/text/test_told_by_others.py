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
        ("constipated, sits on the toilet an hour and nothing comes", "urinary-retention"),
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
