"""Implants that a condition or a procedure names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.evidence.codes.dates import read_date
from cds_service.evidence.model import PatientRecord

ReadRecord = Callable[..., PatientRecord]


ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def condition(**elements: Any) -> Any:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": ICD, "code": "R33.9"}]},
        "subject": {"reference": "Patient/p1"},
    } | elements


IMPLANT_TEXTS = [("Abandoned pacemaker lead", "unsafe"), ("Cochlear implant", "unknown")]


@pytest.mark.parametrize(("text", "safety"), IMPLANT_TEXTS)
def test_an_implant_that_a_condition_or_procedure_names_is_as_bad_as_its_value_set(
    read: ReadRecord, text: str, safety: str
) -> None:
    code = {"text": text}
    (by_condition,) = read(condition(code=code, onsetDateTime="2019-01-01")).devices
    assert (by_condition.reference, by_condition.safety) == ("Condition/c1", safety)
    assert (by_condition.via, by_condition.display) == ("text", text)
    assert by_condition.when == read_date("2019-01-01")
    (recorded,) = read(condition(code=code, recordedDate="2018-01-01")).devices
    assert recorded.when == read_date("2018-01-01")
    done = {"resourceType": "Procedure", "id": "x", "status": "completed", "code": code}
    (by_procedure,) = read(done | {"performedDateTime": "2017-01-01"}).devices
    assert (by_procedure.reference, by_procedure.safety) == ("Procedure/x", safety)
    assert (by_procedure.via, by_procedure.display) == ("text", text)
    assert by_procedure.when == read_date("2017-01-01")


def test_a_refuted_or_removed_implant_hides_no_other(read: ReadRecord) -> None:
    pacer = {"coding": [{"system": ICD, "code": "Z95.0"}]}
    refuted = condition(id="c0", code=pacer, verificationStatus={"coding": [{"code": "refuted"}]})
    removed = condition(id="c2", code={"text": "Removal of pacemaker"})
    found = read(refuted, removed, condition(code=pacer)).devices
    assert [entry.reference for entry in found] == ["Condition/c1"]


@pytest.mark.parametrize(
    "text",
    [
        "AICD",
        "ICD, dual chamber",
        "Status post spinal cord stimulator placement",
        "Baclofen pump",
        "Clipping of cerebral aneurysm 2011",
        "Breast tissue expander with magnetic port",
        "Shrapnel, left thigh",
        "Implanted loop recorder (Reveal LINQ)",
        "Herzschrittmacher",
        "Kalp pili",
        "Marcapasos definitivo",
        "Кардиостимулятор",
        "Metal slivers in right eye, machinist",
        "Dexcom G6 in place",
        "Precice magnetic nail, left femur",
        "Flow diverter, left ICA",
        "Boston Scientific Emblem S-ICD",
        "Bala alojada en glúteo",
        "Tiefe Hirnstimulation seit 2019",
        "Implantation eines Herzschrittmachers, Zweikammersystem",
        "Träger eines Herzschrittmachers",
        "Pose d'un stimulateur cardiaque double chambre",
        "Implante de marcapasos bicameral",
        "Имплантация кардиостимулятора",
    ],
)
def test_implants_are_known_by_their_common_names(read: ReadRecord, text: str) -> None:
    (device,) = read(condition(code={"text": text})).devices
    assert (device.display, device.safety) == (text, "unknown")


@pytest.mark.parametrize(
    "text",
    [
        "Uses a TENS unit (transcutaneous electrical nerve stimulator)",
        "ICD-10 code pending",
        "Hip replacement",
        "Pacemaker removed in 2019",
        "Coronary stent 2020",
        "Copper intrauterine device",
        "Birdshot chorioretinopathy",
        "No pacemaker",
        "Kein Herzschrittmacher",
        "Stent coronaire actif",
        "Pose d'un implant mammaire",
        "Implantation einer Hüftprothese",
        "Koroner stent takılması",
        "Explantation des Herzschrittmachers 2024",
        "Ablation du stimulateur: retrait du stimulateur cardiaque",
        "Retirada de marcapasos",
        "Удаление кардиостимулятора",
    ],
)
def test_what_is_no_implant_of_concern_is_left_out(read: ReadRecord, text: str) -> None:
    assert read(condition(code={"text": text})).devices == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Presence of cardiac pacemaker", "Cardiac pacemaker"),
        ("Presence of automatic (implantable) cardiac defibrillator", "Cardiac defibrillator"),
        ("Encounter for adjustment and management of neurostimulator", "Neurostimulator"),
        ("Implantable cardiac pacemaker (physical object)", "Cardiac pacemaker"),
        ("Dual chamber rate responsive cardiac pacemaker", "Cardiac pacemaker"),
        ("Medtronic Intellis Spinal Cord Stimulator", "Spinal Cord Stimulator"),
        ("Presence of pacemaker", "Pacemaker"),
    ],
)
def test_the_short_name_of_an_implant_holds_the_telling_word(
    read: ReadRecord, text: str, name: str
) -> None:
    (device,) = read(condition(code={"text": text})).devices
    assert device.name == name


@pytest.mark.parametrize(
    "text", ["Allergy to contrast media", "Hives after IV contrast", "Alergia al contraste"]
)
def test_a_problem_that_speaks_of_a_reaction_to_contrast_is_one(
    read: ReadRecord, text: str
) -> None:
    assert "contrast-agent-unspecified" in read(condition(code={"text": text})).conditions


def test_contrast_in_a_problem_without_a_word_of_reaction_is_none(read: ReadRecord) -> None:
    assert read(condition(code={"text": "CT abdomen with IV contrast"})).conditions == {}


@pytest.mark.parametrize(
    "text",
    [
        "Implantation eines Herzschrittmachers",
        "Pose de stimulateur cardiaque",
        "Kalp pili takılması",
    ],
)
def test_a_procedure_in_another_language_puts_an_implant_in(read: ReadRecord, text: str) -> None:
    done = {"resourceType": "Procedure", "id": "x", "status": "completed", "code": {"text": text}}
    (device,) = read(done | {"performedDateTime": "2022-03-10"}).devices
    assert (device.reference, device.display) == ("Procedure/x", text)


def test_a_procedure_in_another_language_that_takes_it_out_puts_none_in(read: ReadRecord) -> None:
    done = {"resourceType": "Procedure", "id": "x", "status": "completed"}
    assert read(done | {"code": {"text": "Entfernung des Herzschrittmachers"}}).devices == ()
