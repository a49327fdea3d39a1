from collections.abc import Callable, Iterator

import msgspec
import pytest

from cds_service.cds_hooks.model import FhirAuthorization, HookContext, HookRequest
from cds_service.fhir.client import FhirAccess, fhir_access
from cds_service.fhir.connection import close_fhir_servers
from tests.fhir.fake_server import FakeFhirServer

TOKEN = "very-secret-token.of-one-call"

RequestMaker = Callable[..., HookRequest]
AccessMaker = Callable[..., FhirAccess]


@pytest.fixture
def fhir() -> Iterator[FakeFhirServer]:
    """A FHIR server with one patient who has nothing."""
    server = FakeFhirServer()
    server.resources["Patient"] = [{"resourceType": "Patient", "id": "p1"}]
    yield server
    close_fhir_servers()
    server.close()


@pytest.fixture
def other_host() -> Iterator[FakeFhirServer]:
    """A server that nobody allowed."""
    server = FakeFhirServer()
    yield server
    server.close()


def hook_request(  # as tests name what matters to them
    fhir_server: str | None,
    *,
    prefetch: dict[str, bytes] | None = None,
    hook: str = "order-select",
    patient_id: str = "p1",
    dispatched: tuple[str, ...] = (),
    token: str | None = TOKEN,
) -> HookRequest:
    authorization = None
    if token is not None:
        authorization = FhirAuthorization(token, "Bearer", 300, "patient/*.rs", "client-1")
    return HookRequest(
        service_id=f"spine-imaging-{hook}",
        hook=hook,
        hook_instance="0b2e9c6a-2f0a-4c1f-9d5e-5d1f6a1c7b11",
        context=HookContext(patient_id, "Practitioner/d1", None, None, (), dispatched),
        prefetch={key: msgspec.Raw(value) for key, value in (prefetch or {}).items()},
        fhir_server=fhir_server,
        fhir_authorization=authorization,
    )


@pytest.fixture
def request_to() -> RequestMaker:
    return hook_request


@pytest.fixture
def access_to() -> AccessMaker:
    def access(request: HookRequest, *, seconds: float = 2.0) -> FhirAccess:
        found = fhir_access((request.fhir_server or "",), request, seconds=seconds)
        assert found is not None
        return found

    return access
