"""A vocabulary in use: made and checked on the command line, named by the service and its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.app import create_app
from cds_service.cli import commands
from cds_service.errors import KnowledgeError
from cds_service.settings import Settings

LOCAL = "https://ehr.example.org/codes"
SERVICE = "/cds-services/spine-imaging-order-sign"


def run(*arguments: object, **environ: str) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments], env=environ)


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    source, file = tmp_path / "site.toml", tmp_path / "site.json"
    source.write_text(
        f'version = "7"\n[codes."{LOCAL}"]\nX17 = "cauda-equina-syndrome"\n'
        f'[orders."{LOCAL}"]\nO99 = "mr-lumbar-without"\n',
        encoding="utf-8",
    )
    made = run("terminology", "build", "--toml", source, "--out", file)
    assert made.exit_code == 0, made.output
    assert "2 codes from 1 sources" in made.output
    return file


def call() -> dict[str, object]:
    """A signed order whose code and whose only problem are the site's own, without a word."""
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/1",
            "patientId": "p1",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {
                        "resource": {
                            "resourceType": "ServiceRequest",
                            "id": "o1",
                            "status": "draft",
                            "intent": "order",
                            "code": {"coding": [{"system": LOCAL, "code": "O99"}]},
                            "subject": {"reference": "Patient/p1"},
                        }
                    }
                ],
            },
        },
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"},
            "conditions": {
                "resourceType": "Bundle",
                "type": "searchset",
                "entry": [
                    {
                        "resource": {
                            "resourceType": "Condition",
                            "id": "c1",
                            "clinicalStatus": {"coding": [{"code": "active"}]},
                            "code": {"coding": [{"system": LOCAL, "code": "X17"}]},
                            "subject": {"reference": "Patient/p1"},
                            "onsetDateTime": "2026-06-14",
                        }
                    }
                ],
            },
        },
    }


def test_codes_and_orders_of_the_site_are_understood_and_the_answer_says_by_what(
    vocabulary: Path,
) -> None:
    clock = lambda: datetime(2026, 6, 15, tzinfo=UTC)  # noqa: E731 - a clock
    client = create_app(Settings(terminology=vocabulary), clock=clock).test_client()
    body = client.post(SERVICE, json=call()).get_json()
    assert body["cards"][0]["indicator"] == "critical"
    told = body["extension"]["org.spine-imaging-cds.advice"]
    assert told["knowledge"]["vocabulary"]["origins"] == ["toml site.toml 7"]
    assert told["assessments"][0]["procedure"]["regions"] == ["lumbar"]
    ready = client.get("/health/ready").get_json()
    assert ready["terminology"] == told["knowledge"]["vocabulary"]


def test_without_it_the_same_order_is_none_of_ours() -> None:
    body = create_app(Settings()).test_client().post(SERVICE, json=call()).get_json()
    assert body == {"cards": []}


def test_the_check_reads_the_vocabulary_too(vocabulary: Path, tmp_path: Path) -> None:
    fine = run("check", SPINE_CDS_TERMINOLOGY=str(vocabulary))
    assert (fine.exit_code, "2 codes" in fine.output) == (0, True)
    broken = json.loads(vocabulary.read_text(encoding="utf-8")) | {"format": 0}
    other = tmp_path / "broken.json"
    other.write_text(json.dumps(broken), encoding="utf-8")
    assert isinstance(run("check", SPINE_CDS_TERMINOLOGY=str(other)).exception, KnowledgeError)


def test_a_vocabulary_of_nothing_is_wrong_usage(tmp_path: Path) -> None:
    assert run("terminology", "build", "--out", tmp_path / "v.json").exit_code == 2


def test_a_case_is_explained_and_replayed_with_the_vocabulary_of_the_site(
    vocabulary: Path, tmp_path: Path
) -> None:
    case = tmp_path / "call.json"
    case.write_text(json.dumps(call()), encoding="utf-8")
    day = ("--as-of", "2026-06-15")

    explained = run("explain", case, *day, SPINE_CDS_TERMINOLOGY=str(vocabulary))
    assert explained.exit_code == 0, explained.output
    assert "Cauda equina" in explained.output
    assert "no card" in run("explain", case, *day).output

    rows = tmp_path / "rows.jsonl"
    replayed = run("replay", case, *day, "--jsonl", rows, SPINE_CDS_TERMINOLOGY=str(vocabulary))
    assert replayed.exit_code == 0, replayed.output
    assert "cauda-equina" in rows.read_text(encoding="utf-8")
    rows.unlink()
    run("replay", case, *day, "--jsonl", rows)
    assert "cauda-equina" not in (rows.read_text(encoding="utf-8") if rows.exists() else "")
