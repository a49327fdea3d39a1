"""Names of devices and of substances, inflected, mistyped and in other languages; and the names of what is neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.model import PatientRecord

ReadRecord = Callable[..., PatientRecord]


def device(text: str) -> dict[str, Any]:
    return {"resourceType": "Device", "id": "d1", "status": "active", "type": {"text": text}}


def allergy(text: str) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "id": "a1", "code": {"text": text}}


@pytest.mark.parametrize(
    "text",
    [
        "implantable defibrillators",
        "defibrilator",
        "Herzschrittmachers",
        "Schrittmacherimplantation 2019",
        "stimulateurs cardiaques",
        "marcapasos definitivo bicameral",
        "marca-passo",
        "portatore di pacemaker",
        "имплантированного кардиостимулятора",
        "kalp pili takıldı",
        "ناظمة قلبية",
        "Clipping of a cerebral aneurism",
        "Aneurysma 2015 geclippt",
        "клипирована аневризма",
    ],
)
def test_a_device_is_known_by_any_form_of_its_name(read: ReadRecord, text: str) -> None:
    (found,) = read(device(text)).devices
    assert (found.display, found.via, found.safety) == (text, "text", "unknown")


@pytest.mark.parametrize(
    "text",
    [
        "TENS unit, transcutaneous electrical nerve stimulator",
        "Hip prosthesis",
        "Dental implant",
        "Zahnimplantat",
        "Rollstuhl",
        "слуховой аппарат",
        "işitme cihazı",
    ],
)
def test_what_is_no_matter_in_a_magnet_is_no_device_of_ours(read: ReadRecord, text: str) -> None:
    assert read(device(text)).devices == ()


@pytest.mark.parametrize(
    ("text", "value_set"),
    [
        ("gadolinum", "gadolinium-agent"),
        ("гадолиния", "gadolinium-agent"),
        ("iohexal", "iodinated-agent"),
        ("Röntgenkontrastmittel", "iodinated-agent"),
        ("contrastes yodados", "iodinated-agent"),
        ("йодсодержащие контрасты", "iodinated-agent"),
        ("Kontrastmittels", "contrast-agent-unspecified"),
        ("kontrast maddeye", "contrast-agent-unspecified"),
        ("الصبغة", "contrast-agent-unspecified"),
    ],
)
def test_a_substance_is_known_by_any_form_of_its_name(
    read: ReadRecord, text: str, value_set: str
) -> None:
    (found,) = read(allergy(text)).allergies
    assert (found.value_set, found.via, found.suspected) == (value_set, "text", True)


@pytest.mark.parametrize(
    "text", ["Jod", "hair dye", "povidone iodine", "No known allergies", "пенициллин", "shellfish"]
)
def test_another_allergy_is_none_to_contrast(read: ReadRecord, text: str) -> None:
    assert read(allergy(text)).allergies == ()
