"""Settings: read as a whole, refused as a whole, and never repeated in a message."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cds_service.errors import SettingsError
from cds_service.settings import (
    NOT_YET,
    Settings,
    load_settings,
    settings_without_effect,
    start_warnings,
    variable,
)

CLIENT = '[{"issuer": "https://ehr.example.org", "jwks_url": "https://ehr.example.org/jwks"}]'
DOCUMENTED = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")


def mistakes(environ: dict[str, str], **arguments: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, **arguments)
    return caught.value.mistakes


def test_without_any_setting_the_service_is_open_on_this_machine_only():
    settings = load_settings({"PATH": "/bin", "HOME": "/root"})
    assert settings.is_open
    assert settings.is_on_loopback
    assert settings.public_urls == ("http://127.0.0.1:8000", "http://localhost:8000")
    assert settings.is_pama_on


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented(field):
    assert f"`{variable(field)}`" in DOCUMENTED


def test_everything_documented_is_a_setting():
    known = {variable(field) for field in Settings.model_fields} | {"SPINE_CDS_CONFIG"}
    assert set(re.findall(r"SPINE_CDS_[A-Z_]*[A-Z]", DOCUMENTED)) <= known


def test_every_setting_says_what_is_expected():
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("PORT", "9000", "port", 9000),
        ("EXPLAIN", "off", "explain", False),
        ("CPT", "ON", "cpt", True),
        ("AS_OF", "2026-06-15", "as_of", date(2026, 6, 15)),
        ("FHIR_SERVERS", "https://a/fhir/, http://b:8080", "fhir_servers", ("https://a/fhir", "http://b:8080")),
        ("PUBLIC_URL", "https://cds.example.org/x/", "public_url", ("https://cds.example.org/x",)),
        ("MAX_BODY", "2048", "max_body", 2048),
        ("MAX_ORDERS", "7", "max_orders", 7),
        ("RATE_LIMIT", "600/minute", "rate_limit", "600/minute"),
        ("PROFILE", "legacy-1.0", "profile", "legacy-1.0"),
        ("ON_MISSING_DATA", "card", "on_missing_data", "card"),
        ("FHIR_DEADLINE", "0.5", "fhir_deadline", 0.5),
        ("PORT", "", "port", 8000),
        ("CORS_ORIGINS", "https://ehr.example.org", "cors_origins", ("https://ehr.example.org",)),
    ],
)  # fmt: skip
def test_a_variable_is_read(name, value, field, expected):
    assert getattr(load_settings({f"SPINE_CDS_{name}": value}), field) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "eight"),
        ("EXPLAIN", "yes"), ("EXPLAIN", "1"), ("OPEN", "true"),
        ("MODE", "quiet"), ("SHOW", "ALL"), ("PROFILE", "cerner"), ("PAMA", "yes"),
        ("AS_OF", "15.6.2026"), ("AS_OF", "1781481600"), ("AS_OF", "2026-02-30"),
        ("FHIR_SERVERS", "ehr.example.org"), ("FHIR_SERVERS", "ftp://a"), ("FHIR_SERVERS", "https://u:p@a/"),
        ("FHIR_SERVERS", "https://a/?x=1"), ("FHIR_SERVERS", "https://a:99999"),
        ("FHIR_DEADLINE", "0"), ("FHIR_DEADLINE", "nan"), ("FHIR_DEADLINE", "61"),
        ("MAX_BODY", "16MB"), ("MAX_BODY", "1"), ("WORKERS", "0"), ("MAX_ORDERS", "0"), ("ON_MISSING_DATA", "400"),
        ("RATE_LIMIT", "600"), ("RATE_LIMIT", "0/minute"), ("LOG_LEVEL", "LOUD"), ("SITE_COUNTRY", "United States"),
        ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "https://a/path"), ("JURISDICTION", "fr"), ("REPEAT", "off"),
        ("TRUSTED_CLIENTS", "not json"), ("TRUSTED_CLIENTS", "{}"), ("TRUSTED_CLIENTS", "@/no/such/file"),
        ("TRUSTED_CLIENTS", '[{"issuer": "x"}]'), ("TRUSTED_CLIENTS", '[{"jwks_url": "https://x"}]'),
        ("TRUSTED_CLIENTS", '[{"issuer": "x", "jwks_url": "http://x/keys"}]'),
        ("TRUSTED_CLIENTS", '[{"issuer": "x", "jwks_url": "https://x/keys", "jwks_file": "y"}]'),
        ("TRUSTED_CLIENTS", '[{"issuer": "x", "jwks_file": "y", "audiences": []}]'),
        ("TRUSTED_CLIENTS", '[{"issuer": "x", "jwks_file": "y"}, {"issuer": "x", "jwks_file": "z"}]'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_the_name_of_its_setting(name, value):
    found = mistakes({f"SPINE_CDS_{name}": value})
    assert all(mistake.startswith(f"SPINE_CDS_{name}") for mistake in found)
    assert all("Expected: " in mistake for mistake in found)


def test_all_mistakes_are_told_at_once():
    found = mistakes({"SPINE_CDS_PORT": "x", "SPINE_CDS_MODE": "x", "SPINE_CDS_PROT": "1"})
    assert len(found) == 3


def test_no_message_repeats_a_value():
    secret = "hunter2"
    environ = {
        "SPINE_CDS_PORT": secret,
        "SPINE_CDS_DATABASE_URL": "",
        "SPINE_CDS_FHIR_SERVERS": f"https://user:{secret}@ehr.example.org",
        "SPINE_CDS_TRUSTED_CLIENTS": f'[{{"{secret}": 1, "issuer": "{secret}"}}, "{secret}"',
        "SPINE_CDS_AS_OF": secret,
    }
    assert secret not in "".join(mistakes(environ))


def test_an_unknown_name_is_refused_with_the_nearest_known_one():
    (mistake,) = mistakes({"SPINE_CDS_PROT": "1"})
    assert "Did you mean SPINE_CDS_PORT?" in mistake


@pytest.mark.parametrize(
    "name", ["SPINE_CDS_port", "spine_cds_port", "SPINE_CDS_", "SPINE_CDS_MODEL_FIELDS"]
)
def test_a_name_in_another_spelling_is_refused(name):
    assert len(mistakes({name: "1"})) == 1


def test_names_of_others_are_left_alone():
    assert load_settings({"SPINE_CDSX": "1", "SPINE": "2", "PORT": "3"}).port == 8000


def test_a_file_has_the_same_names_and_the_environment_beats_it(tmp_path):
    file = tmp_path / "cds.toml"
    file.write_text(
        'SPINE_CDS_PORT = 9000\nSPINE_CDS_MODE = "silent"\nSPINE_CDS_EXPLAIN = false\n'
        'SPINE_CDS_FHIR_SERVERS = ["https://a/fhir"]\nSPINE_CDS_ON_MISSING_DATA = 412\n'
        '[[SPINE_CDS_TRUSTED_CLIENTS]]\nissuer = "https://e"\njwks_file = "keys.json"\n'
    )
    settings = load_settings({"SPINE_CDS_MODE": "live"}, file)
    assert (settings.port, settings.mode, settings.explain) == (9000, "live", False)
    assert settings.fhir_servers == ("https://a/fhir",)
    assert settings.trusted_clients[0].issuer == "https://e"
    assert load_settings({"SPINE_CDS_CONFIG": str(file)}).port == 9000


def test_options_of_a_command_beat_everything():
    assert load_settings({"SPINE_CDS_PORT": "9000"}, overrides={"port": 9001}).port == 9001


def test_a_file_with_unknown_names_is_refused(tmp_path):
    file = tmp_path / "cds.toml"
    file.write_text("port = 1\n[server]\nx = 1\nSPINE_CDS_PORT = 1\n")
    assert len(mistakes({}, config=file)) == 2


@pytest.mark.parametrize("text", ["SPINE_CDS_PORT = ", "\xff"])
def test_a_file_that_is_no_toml_is_refused(tmp_path, text):
    file = tmp_path / "cds.toml"
    file.write_bytes(text.encode("latin-1"))
    assert len(mistakes({}, config=file)) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path):
    (mistake,) = mistakes({}, config=tmp_path / "none.toml")
    assert "cannot be read" in mistake


def test_trusted_clients_are_read_from_a_file(tmp_path):
    file = tmp_path / "clients.json"
    file.write_text(CLIENT)
    settings = load_settings({"SPINE_CDS_TRUSTED_CLIENTS": f"@{file}"})
    assert settings.trusted_clients[0].jwks_url == "https://ehr.example.org/jwks"
    assert not settings.is_open
    assert not settings.is_pama_on


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "::",
        "10.0.0.5",
        "cds.example.org",
        "127.0.0.1.evil.example.org",
        "localhost.example.org",
    ],
)
def test_open_mode_is_refused_where_others_can_call(host):
    (mistake,) = mistakes({"SPINE_CDS_HOST": host})
    assert mistake.startswith("SPINE_CDS_HOST")


def test_keys_are_never_fetched_in_clear_from_a_host_that_only_begins_like_this_machine():
    entry = '[{"issuer": "https://ehr.example.org", "jwks_url": "http://127.0.0.1.evil.example.org/jwks"}]'
    (mistake,) = mistakes({"SPINE_CDS_TRUSTED_CLIENTS": entry})
    assert "https only" in mistake


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_open_mode_is_fine_on_loopback(host):
    assert load_settings({"SPINE_CDS_HOST": host}).is_on_loopback


def test_open_mode_elsewhere_needs_a_word_and_is_warned_of():
    settings = load_settings({"SPINE_CDS_HOST": "0.0.0.0", "SPINE_CDS_OPEN": "on"})
    assert any("SPINE_CDS_OPEN" in warning for warning in start_warnings(settings))


def test_trusted_clients_may_be_served_anywhere():
    settings = load_settings({"SPINE_CDS_HOST": "0.0.0.0", "SPINE_CDS_TRUSTED_CLIENTS": CLIENT})
    assert settings.public_urls[0] == "http://127.0.0.1:8000"


def test_open_mode_and_trusted_clients_contradict_each_other():
    (mistake,) = mistakes({"SPINE_CDS_OPEN": "on", "SPINE_CDS_TRUSTED_CLIENTS": CLIENT})
    assert mistake.startswith("SPINE_CDS_OPEN")


@pytest.mark.parametrize(
    "environ",
    [{"SPINE_CDS_TRUSTED_CLIENTS": CLIENT}, {"SPINE_CDS_HOST": "0.0.0.0", "SPINE_CDS_OPEN": "on"}],
)
def test_a_fixed_day_is_refused_but_in_open_mode_on_loopback(environ):
    (mistake,) = mistakes(environ | {"SPINE_CDS_AS_OF": "2026-06-15"})
    assert mistake.startswith("SPINE_CDS_AS_OF")


def test_a_fixed_day_and_a_mode_without_cards_are_warned_of():
    settings = load_settings({"SPINE_CDS_AS_OF": "2026-06-15", "SPINE_CDS_MODE": "silent"})
    text = " ".join(start_warnings(settings))
    assert "2026-06-15" in text
    assert "SPINE_CDS_MODE=silent" in text
    assert start_warnings(Settings()) == ()


def test_what_has_no_effect_yet_is_told_when_it_is_set():
    assert settings_without_effect(Settings()) == ()
    for name, _ in NOT_YET:
        assert name in {variable(field) for field in Settings.model_fields}
    given = {
        field: value for field, value in Settings().model_dump().items() if value not in ((), None)
    }
    told = settings_without_effect(Settings.model_validate(given))
    assert len(told) <= len(NOT_YET)


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]  # frozen on purpose


def test_keys_in_files_that_others_can_read_or_write_are_warned_of(tmp_path):
    history, jwks = tmp_path / "history.key", tmp_path / "jwks.json"
    for path in (history, jwks):
        path.write_bytes(b"{}")
    client = {"issuer": "https://ehr.example.org", "jwks_file": str(jwks)}
    given = {
        "SPINE_CDS_HISTORY_KEY": str(history),
        "SPINE_CDS_TRUSTED_CLIENTS": json.dumps([client]),
    }
    history.chmod(0o600)
    jwks.chmod(0o644)
    assert start_warnings(load_settings(given)) == ()
    history.chmod(0o640)
    jwks.chmod(0o666)
    of_history, of_client = start_warnings(load_settings(given))
    assert of_history.startswith("SPINE_CDS_HISTORY_KEY: other users of this machine can read")
    assert "https://ehr.example.org" in of_client
    assert str(tmp_path) not in of_history + of_client
