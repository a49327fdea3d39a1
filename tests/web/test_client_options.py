"""What a Da Vinci CRD client chooses for itself: never required, obeyed, and critical cards always shown."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.settings import Settings, TrustedClient
from tests.compact import hook_request
from tests.web.real_service import ADVICE, BACK_PAIN, RETENTION, SELECT, call, card_ids, service

OPTIONS = "davinci-crd.configuration-options"
PACEMAKER = {"devices": [{"snomed": "14106009"}]}
"""A cardiac pacemaker on record."""


def cards(case: dict[str, Any], configuration: Any) -> list[str]:
    extension = {"davinci-crd.configuration": configuration}
    answer = service().post(SELECT, json=call(case, extension=extension))
    assert answer.status_code == 200
    return card_ids(answer.get_json())


def discovered(settings: Settings) -> list[dict[str, Any]]:
    found = service(settings).get("/cds-services").get_json()["services"]
    assert isinstance(found, list)
    return found


def test_E_4_without_the_extension_everything_is_shown():
    answer = service().post(SELECT, json=call(BACK_PAIN | PACEMAKER)).get_json()
    assert card_ids(answer) == ["NotYetIndicated", "MriSafety"]


def test_E_4_a_kind_of_card_that_is_switched_off_is_not_shown():
    case = BACK_PAIN | PACEMAKER
    assert cards(case, {"mri-safety": False}) == ["NotYetIndicated"]
    assert cards(case, {"not-yet-indicated": False}) == ["MriSafety"]
    assert cards(case, {"mri-safety": True}) == ["NotYetIndicated", "MriSafety"]


def test_E_4_the_clients_limit_keeps_the_most_serious():
    assert cards(BACK_PAIN | PACEMAKER, {"max-cards": 1}) == ["NotYetIndicated"]
    assert cards(BACK_PAIN | PACEMAKER, {"max-cards": 5}) == ["NotYetIndicated", "MriSafety"]


def test_E_4_no_choice_hides_a_critical_card():
    choices = {"emergency-escalate": False, "max-cards": 0}
    assert cards(RETENTION, choices) == ["EmergencyEscalate"]
    assert cards(BACK_PAIN, {"max-cards": 0}) == []


def test_E_4_no_choice_hides_what_could_not_be_read():
    partial = BACK_PAIN | {"not_provided": ["observations"]}
    assert "PartialData" in cards(partial, {"partial-data": False})


@pytest.mark.parametrize(
    "configuration",
    [
        None, [], "x", 5, {}, {"": False}, {"max-cards": -1}, {"max-cards": True}, {"max-cards": "1"},
        {"max-cards": 1.5}, {"max-cards": None}, {"mri-safety": None}, {"mri-safety": 0},
        {"mri-safety": "false"}, {"coverage-info": False}, {"MriSafety": {}},
    ],
)  # fmt: skip
def test_E_4_what_is_not_understood_is_ignored(configuration):
    assert cards(BACK_PAIN | PACEMAKER, configuration) == ["NotYetIndicated", "MriSafety"]


def test_R_9_other_extensions_of_clients_are_ignored():
    extension = {
        "davinci-crd.requestedVersion": "2.0",
        "com.epic.cdshooks.request.bpa-trigger-action": "18",
        "com.epic.cdshooks.request.fhir-version": "R4",
        "org.example.unknown": [None],
    }
    answer = service().post(SELECT, json=call(BACK_PAIN, extension=extension))
    assert card_ids(answer.get_json()) == ["NotYetIndicated"]


def test_D_8_only_where_crd_is_spoken_discovery_has_the_options():
    assert all("extension" not in item for item in discovered(Settings()))
    epic = TrustedClient.model_validate(
        {"issuer": "https://e.example.org", "jwks_file": "sandbox", "profile": "epic"}
    )
    crd = epic.model_copy(update={"issuer": "https://c.example.org", "profile": "crd"})
    assert all("extension" not in item for item in discovered(Settings(trusted_clients=(epic,))))
    for settings in (Settings(profile="crd"), Settings(trusted_clients=(epic, crd))):
        assert all(OPTIONS in item["extension"] for item in discovered(settings))


def test_E_4_the_options_have_what_crd_asks_for():
    for item in discovered(Settings(profile="crd")):
        options = item["extension"][OPTIONS]
        assert item["extension"]["davinci-crd.version"] == ["2.2"]
        for option in options:
            assert set(option) == {"code", "type", "name", "description", "default"}
            wanted = {"boolean": bool, "integer": int}[option["type"]]
            assert type(option["default"]) is wanted
        for field in ("code", "name", "description"):
            assert len({option[field] for option in options}) == len(options)
        codes = [option["code"] for option in options]
        assert {"not-yet-indicated", "mri-safety", "max-cards"} <= set(codes)
        assert not {"whole-spine", "partial-data"} & set(codes)


def test_E_4_the_defaults_change_nothing():
    (first, *_) = discovered(Settings(profile="crd"))
    defaults = {option["code"]: option["default"] for option in first["extension"][OPTIONS]}
    case = BACK_PAIN | PACEMAKER
    plain = service().post(SELECT, json=hook_request(case))
    chosen = call(case, extension={"davinci-crd.configuration": defaults})
    assert service().post(SELECT, json=chosen).data == plain.data
    assert ADVICE in plain.get_json()["extension"]
