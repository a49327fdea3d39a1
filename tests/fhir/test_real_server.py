"""Reading from a real FHIR server, in a process of its own: what our own fake might get wrong with us."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.fhir.connection import close_fhir_servers
from tests.fhir.conftest import TOKEN, AccessMaker, RequestMaker

SERVER = Path(__file__).parents[2] / ".venv-fhir" / "bin" / "sekmet"
NEEDS = requirements_for("order-select")
CONDITIONS = tuple(need for need in NEEDS if need.key == "conditions")

# Under CI nothing is skipped: a server that is missing there fails the tests below.
pytestmark = pytest.mark.skipif(
    not SERVER.exists() and not os.environ.get("CI"),
    reason="no FHIR server in .venv-fhir; run scripts/fhir_server_venv.sh to have one",
)


def patient(patient_id: str) -> dict[str, Any]:
    name = [{"family": "Test", "given": ["Pat"]}]
    return {
        "resourceType": "Patient",
        "id": patient_id,
        "name": name,
        "birthDate": "1970-05-01",
        "gender": "female",
    }


def condition(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "subject": {"reference": "Patient/real-1"},
        "code": {"text": f"Problem {number}"},
    }


def order(order_id: str) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": order_id,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/real-1"},
        "code": {"text": "MRI lumbar spine"},
    }


RECORD = (
    patient("real-1"),
    patient("real-2"),
    *(condition(number) for number in range(45)),
    order("o1"),
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a FHIR server that asks for a bearer token and holds one patient's record."""
    folder = tmp_path_factory.mktemp("fhir-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/fhir"
    settings = {
        "base_url": url,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder / "data"),
        "simulator": {"enabled": False},
        "server_auth": {"types": ["bearer"], "tokens": [TOKEN]},
    }
    config = folder / "settings.yaml"
    config.write_text(json.dumps(settings))  # JSON is YAML
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [SERVER, "serve", "--config", config], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            _fill(url, process, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(20)
    close_fhir_servers()


def _fill(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/fhir+json"}
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(300):
            assert process.poll() is None, f"the FHIR server did not start: {log.read_text()}"
            try:
                session.get(f"{url}/metadata", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        entry = [
            {
                "resource": resource,
                "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
            }
            for resource in RECORD
        ]
        transaction = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
        answer = session.post(url, json=transaction, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text


def test_a_whole_record_is_read_page_by_page(
    base: str, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(base, patient_id="real-1")
    sources = complete(request, NEEDS, access_to(request, seconds=30))
    assert {key: source.gap for key, source in sources.items()} == {
        need.key: None for need in NEEDS
    }
    assert len(sources["patient"].resources) == 1
    assert len(sources["conditions"].resources) == 45
    assert len(sources["orders"].resources) == 1
    assert sources["devices"].resources == ()


def test_a_first_page_of_twenty_is_continued(
    base: str, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    first = requests.get(
        f"{base}/Condition?patient=real-1",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=30,
    ).content
    assert 0 < len(json.loads(first)["entry"]) < 45
    request = request_to(base, patient_id="real-1", prefetch={"conditions": first})
    source = complete(request, CONDITIONS, access_to(request, seconds=30))["conditions"]
    read = {json.loads(bytes(raw))["id"] for raw in source.resources}
    assert (source.gap, read) == (None, {f"c{number}" for number in range(45)})


def test_a_search_by_post_finds_the_same(
    base: str,
    request_to: RequestMaker,
    access_to: AccessMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cds_service.fhir.client._LONGEST_TARGET", 10)
    request = request_to(base, patient_id="real-1")
    source = complete(request, CONDITIONS, access_to(request, seconds=30))["conditions"]
    assert (source.gap, len(source.resources)) == (None, 45)


def test_a_patient_without_conditions_has_none(
    base: str, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(base, patient_id="real-2")
    source = complete(request, CONDITIONS, access_to(request, seconds=30))["conditions"]
    assert (source.gap, source.resources) == (None, ())


def test_a_patient_who_does_not_exist_is_a_gap(
    base: str, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(base, patient_id="nobody")
    assert complete(request, NEEDS[:1], access_to(request, seconds=30))["patient"].gap == "failed"


@pytest.mark.parametrize("token", [None, "an-expired-token"])
def test_without_the_right_token_everything_is_a_gap(
    base: str, request_to: RequestMaker, access_to: AccessMaker, token: str | None
) -> None:
    request = request_to(base, patient_id="real-1", token=token)
    sources = complete(request, NEEDS, access_to(request, seconds=30))
    assert {source.gap for source in sources.values()} == {"failed"}


def test_a_dispatched_order_is_read_by_reference(
    base: str, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    references = (f"{base}/ServiceRequest/o1",)
    request = request_to(base, patient_id="real-1", hook="order-dispatch", dispatched=references)
    needs = requirements_for("order-dispatch")
    source = complete(request, needs, access_to(request, seconds=30))["dispatchedOrders"]
    assert (source.gap, len(source.resources)) == (None, 1)
