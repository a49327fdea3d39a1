"""What a call knows about each key, from prefetch and from the FHIR server together."""

import json
import threading
from typing import Any

import pytest

from cds_service.cds_hooks.model import Source
from cds_service.evidence.record.types import REQUIREMENTS, requirements_for
from cds_service.fhir.client import MAX_PAGES, fhir_access
from cds_service.fhir.complete import complete
from tests.fhir.conftest import TOKEN, AccessMaker, RequestMaker
from tests.fhir.fake_server import Exchange, FakeFhirServer, bundle, conditions, outcome

NEEDS = requirements_for("order-select")
CONDITIONS = tuple(need for need in REQUIREMENTS if need.key == "conditions")
PATIENT = tuple(need for need in REQUIREMENTS if need.key == "patient")

DISPATCHED = next(need for need in REQUIREMENTS if need.key == "dispatchedOrders")


def ids(source: Source) -> list[str]:
    return [json.loads(bytes(raw))["id"] for raw in source.resources]


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_without_a_fhir_server_each_missing_key_is_a_gap_and_each_given_one_is_not(
    request_to: RequestMaker,
) -> None:
    request = request_to(
        None, prefetch={"conditions": encoded(bundle(*conditions(1))), "devices": b"null"}
    )
    sources = complete(request, NEEDS, None)
    assert list(sources) == [need.key for need in NEEDS]
    assert {key for key, source in sources.items() if source.gap is None} == {
        "conditions",
        "devices",
    }
    assert {source.gap for source in sources.values()} == {None, "not-provided"}


def test_what_prefetch_lacks_is_read_and_what_it_has_is_not(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.resources["Condition"] = conditions(2)
    request = request_to(
        fhir.base, prefetch={"observations": encoded(bundle()), "medications": b"null"}
    )
    sources = complete(request, NEEDS, access_to(request))
    assert {source.gap for source in sources.values()} == {None}
    assert ids(sources["conditions"]) == ["c0", "c1"]
    assert ids(sources["patient"]) == ["p1"]
    asked = " ".join(fhir.targets())
    assert "Observation" not in asked
    assert "MedicationRequest" not in asked


def test_a_search_is_the_prefetch_template_with_the_patients_id(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base)
    complete(request, NEEDS, access_to(request))
    targets = fhir.targets()
    assert "GET /fhir/Patient/p1" in targets
    assert "GET /fhir/Condition?patient=p1&_count=200" in targets
    assert (
        "GET /fhir/Observation?patient=p1"
        "&category=vital-signs,laboratory,exam,survey,social-history&_sort=-date&_count=200"
    ) in targets


def test_each_request_carries_the_token_and_asks_for_fhir(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base)
    complete(request, NEEDS, access_to(request))
    assert len(fhir.asked) == len(NEEDS)
    assert {e.headers["Authorization"] for e in fhir.asked} == {f"Bearer {TOKEN}"}
    assert {e.headers["Accept"] for e in fhir.asked} == {"application/fhir+json"}
    assert {e.headers["Host"] for e in fhir.asked} == {f"127.0.0.1:{fhir.port}"}


def test_an_open_server_is_asked_without_a_token(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base, token=None)
    assert complete(request, PATIENT, access_to(request))["patient"].gap is None
    assert "Authorization" not in fhir.asked[0].headers


def test_all_keys_are_read_at_once(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    together = threading.Barrier(len(NEEDS))

    def wait_for_the_others(exchange: Exchange) -> None:
        together.wait(5)  # broken, and each answer lost, unless every read is under way
        exchange.answer({"resourceType": "Patient"} if "Patient" in exchange.path else bundle())

    fhir.behaviors["*"] = wait_for_the_others
    request = request_to(fhir.base)
    sources = complete(request, NEEDS, access_to(request, seconds=10))
    assert {source.gap for source in sources.values()} == {None}


def test_connections_are_used_again(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base)
    for _ in range(3):
        complete(request, PATIENT, access_to(request))
    assert len({exchange.client_address for exchange in fhir.asked}) == 1


def test_a_cookie_is_not_kept(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["Patient"] = lambda e: e.answer(
        {"resourceType": "Patient", "id": "p1"}, headers={"Set-Cookie": "session=of-another-user"}
    )
    request = request_to(fhir.base)
    for _ in range(2):
        complete(request, PATIENT, access_to(request))
    assert all("Cookie" not in exchange.headers for exchange in fhir.asked)


# --- refetching ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        (b"null", 0),
        (encoded(bundle(total=0)), 0),
        (encoded(bundle(*conditions(1))), 0),
        (encoded(outcome("error", "forbidden")), 0),
        (encoded(outcome("error", "timeout")), 1),
        (b'"<html>"', 1),
        (encoded(bundle(*conditions(1), total=2)), 1),
    ],
)
def test_prefetch_decides_whether_the_server_is_asked(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, value: bytes, asked: int
) -> None:
    fhir.resources["Condition"] = conditions(2)
    request = request_to(fhir.base, prefetch={"conditions": value})
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert len(fhir.asked) == asked
    if asked:
        assert (source.gap, ids(source)) == (None, ["c0", "c1"])


def test_after_a_clients_own_timeout_the_server_gets_a_single_try(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["Condition"] = lambda e: e.answer(b"", status=503)
    request = request_to(fhir.base, prefetch={"conditions": encoded(outcome("error", "timeout"))})
    assert complete(request, CONDITIONS, access_to(request))["conditions"].gap == "failed"
    assert len(fhir.asked) == 1


def test_a_first_page_from_the_client_is_continued_not_read_again(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.resources["Condition"] = conditions(5)
    link = [{"relation": "next", "url": f"{fhir.base}/Condition?_offset=2"}]
    first = encoded(bundle(*conditions(2), total=5, link=link))
    request = request_to(fhir.base, prefetch={"conditions": first})
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, ids(source)) == (None, ["c0", "c1", "c2", "c3", "c4"])
    assert fhir.targets() == ["GET /fhir/Condition?_offset=2"]


def test_a_first_page_whose_next_link_leads_elsewhere_is_read_again_from_the_allowed_server(
    fhir: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    other_host: FakeFhirServer,
) -> None:
    fhir.resources["Condition"] = conditions(3)
    link = [{"relation": "next", "url": f"{other_host.base}/Condition?_offset=2"}]
    request = request_to(
        fhir.base, prefetch={"conditions": encoded(bundle(*conditions(2), link=link))}
    )
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, len(source.resources)) == (None, 3)
    assert other_host.asked == []


def test_partial_prefetch_survives_a_server_that_fails(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["Condition"] = lambda e: e.answer(b"", status=500)
    request = request_to(
        fhir.base, prefetch={"conditions": encoded(bundle(*conditions(2), total=9))}
    )
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, ids(source)) == ("partial", ["c0", "c1"])
    assert "500" in source.note


def test_a_server_that_shows_less_than_the_client_takes_nothing_away(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(
        fhir.base, prefetch={"conditions": encoded(bundle(*conditions(2), total=9))}
    )
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, ids(source)) == ("partial", ["c0", "c1"])


def test_no_patient_is_no_answer_to_a_read_of_the_patient(request_to: RequestMaker) -> None:
    request = request_to(None, prefetch={"patient": b"null", "conditions": b"null"})
    sources = complete(request, (*PATIENT, *CONDITIONS), None)
    assert (sources["patient"].gap, sources["conditions"].gap) == ("not-provided", None)


@pytest.mark.parametrize(
    "patient_id", ["p1,p2", "../Condition", "..", "p1?x=1", "p1|p2", "", "p 1", "p1%2Fx"]
)
def test_a_patient_id_that_could_mean_something_else_is_never_asked_for(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, patient_id: str
) -> None:
    request = request_to(fhir.base, patient_id=patient_id)
    sources = complete(request, NEEDS, access_to(request))
    assert {source.gap for source in sources.values()} == {"failed"}
    assert fhir.asked == []


def test_a_long_patient_id_goes_by_post(
    fhir: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cds_service.fhir.client._LONGEST_TARGET", 100)
    fhir.resources["Condition"] = conditions(1)
    request = request_to(fhir.base, patient_id="p" * 100)
    assert complete(request, CONDITIONS, access_to(request))["conditions"].gap is None
    assert fhir.targets() == ["POST /fhir/Condition/_search"]
    assert fhir.asked[0].query["patient"] == ["p" * 100]


@pytest.mark.parametrize("status", [405, 414])
def test_a_server_that_refuses_get_is_asked_by_post(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, status: int
) -> None:
    fhir.resources["Condition"] = conditions(1)
    fhir.behaviors["Condition"] = lambda e: (
        e.answer(b"", status=status) if e.command == "GET" else e.answer(bundle(*conditions(1)))
    )
    request = request_to(fhir.base)
    assert complete(request, CONDITIONS, access_to(request))["conditions"].gap is None
    assert [e.command for e in fhir.asked] == ["GET", "POST"]


# --- pages ---------------------------------------------------------------------------------------


def test_all_pages_are_read_and_the_total_agrees(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.page_size = 3
    fhir.resources["Condition"] = conditions(10)
    request = request_to(fhir.base)
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, len(set(ids(source)))) == (None, 10)
    assert {e.headers["Authorization"] for e in fhir.asked} == {f"Bearer {TOKEN}"}


def test_more_pages_than_are_read_leave_the_answer_partial(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.page_size = 1
    fhir.resources["Condition"] = conditions(MAX_PAGES + 5)
    request = request_to(fhir.base)
    source = complete(request, CONDITIONS, access_to(request, seconds=20))["conditions"]
    assert (source.gap, len(source.resources), len(fhir.asked)) == ("partial", MAX_PAGES, MAX_PAGES)


def test_pages_that_lead_in_a_circle_end(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    link = [{"relation": "next", "url": f"{fhir.base}/Condition?p=2"}]
    fhir.behaviors["Condition"] = lambda e: e.answer(bundle(*conditions(1), link=link))
    request = request_to(fhir.base)
    assert complete(request, CONDITIONS, access_to(request))["conditions"].gap == "partial"
    assert len(fhir.asked) == 2


def test_relative_next_links_are_followed(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    def two_pages(exchange: Exchange) -> None:
        link = [{"relation": "next", "url": "Condition?p=2"}]
        last = "p=2" in exchange.path
        exchange.answer(bundle(*conditions(1), link=[] if last else link))

    fhir.behaviors["Condition"] = two_pages
    request = request_to(fhir.base)
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, len(source.resources)) == (None, 2)


@pytest.mark.parametrize(
    "next_url",
    [
        "{other}/Condition?p=2",
        "http://169.254.169.254/latest/meta-data",
        "http://user@127.0.0.1:{port}/fhir/Condition",
        "http://127.0.0.1:{port}/admin",
        "http://127.0.0.1:{port}/fhir/../admin",
        "http://127.0.0.1:{port}/fhir/%2e%2e/admin",
        "http://127.0.0.1:{port}/fhirx/Condition",
        "https://127.0.0.1:{port}/fhir/Condition",
        "//169.254.169.254/fhir/Condition",
        "file:///etc/passwd",
        "http://[broken",
        "Condition?p=2\r\nX-Injected: 1",
    ],
)
def test_a_next_link_that_leaves_the_server_is_not_followed(
    fhir: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    other_host: FakeFhirServer,
    next_url: str,
) -> None:
    url = next_url.format(other=other_host.base, port=fhir.port)
    link = [{"relation": "next", "url": url}]
    fhir.behaviors["Condition"] = lambda e: e.answer(bundle(*conditions(2), link=link))
    request = request_to(fhir.base)
    source = complete(request, CONDITIONS, access_to(request))["conditions"]
    assert (source.gap, len(source.resources)) == ("partial", 2)
    assert (len(fhir.asked), other_host.asked) == (1, [])


# --- order-dispatch ------------------------------------------------------------------------------


def order(order_id: str) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "id": order_id}


def dispatch(request_to: RequestMaker, base: str | None, *refs: str, prefetch: Any = None) -> Any:
    keys = {} if prefetch is None else {"dispatchedOrders": encoded(prefetch)}
    return request_to(base, hook="order-dispatch", dispatched=refs, prefetch=keys)


def test_dispatched_orders_are_read_by_reference(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.resources["ServiceRequest"] = [order("o1"), order("o2"), order("o3")]
    refs = ("ServiceRequest/o1", f"{fhir.base}/ServiceRequest/o2/_history/4", "o3")
    request = dispatch(request_to, fhir.base, *refs)
    source = complete(request, (DISPATCHED,), access_to(request))[DISPATCHED.key]
    assert (source.gap, sorted(ids(source))) == (None, ["o1", "o2", "o3"])


def test_dispatched_orders_that_prefetch_gives_are_not_read_again(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.resources["ServiceRequest"] = [order("o2")]
    refs = ("ServiceRequest/o1", "ServiceRequest/o2", "MedicationRequest/m1")
    request = dispatch(request_to, fhir.base, *refs, prefetch=bundle(order("o1")))
    source = complete(request, (DISPATCHED,), access_to(request))[DISPATCHED.key]
    assert (source.gap, ids(source)) == (None, ["o1", "o2"])
    assert fhir.targets() == ["GET /fhir/ServiceRequest/o2"]


def test_an_empty_search_is_no_answer_for_orders_that_were_dispatched(
    request_to: RequestMaker,
) -> None:
    for prefetch in (bundle(), bundle(order("o2")), None):
        request = dispatch(request_to, None, "ServiceRequest/o1", prefetch=prefetch)
        assert complete(request, (DISPATCHED,), None)[DISPATCHED.key].gap in {
            "not-provided",
            "partial",
        }


@pytest.mark.parametrize(
    "reference",
    [
        "ServiceRequest/gone",
        "https://other.example.org/fhir/ServiceRequest/o1",
        "urn:uuid:1",
        "a/b/c",
        "ServiceRequest/..",
    ],
)
def test_an_order_that_cannot_be_read_leaves_a_gap_beside_those_that_can(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, reference: str
) -> None:
    fhir.resources["ServiceRequest"] = [order("o1")]
    request = dispatch(request_to, fhir.base, "ServiceRequest/o1", reference)
    source = complete(request, (DISPATCHED,), access_to(request))[DISPATCHED.key]
    assert (source.gap, ids(source)) == ("partial", ["o1"])


def test_another_order_than_the_one_asked_for_is_a_gap(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["ServiceRequest"] = lambda e: e.answer(order("o9"))
    request = dispatch(request_to, fhir.base, "ServiceRequest/o1")
    assert complete(request, (DISPATCHED,), access_to(request))[DISPATCHED.key].gap == "partial"


def test_order_dispatch_reads_the_orders_along_with_the_rest(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.resources["ServiceRequest"] = [order("o1")]
    request = dispatch(request_to, fhir.base, "ServiceRequest/o1")
    sources = complete(request, requirements_for("order-dispatch"), access_to(request))
    assert ids(sources["dispatchedOrders"]) == ["o1"]
    assert {source.gap for source in sources.values()} == {None}


@pytest.mark.parametrize(
    ("status", "word"),
    [(200, "ok"), (401, "401"), (404, "not-found"), (500, "server-error"), (422, "failed")],
)
def test_each_question_to_the_server_is_told_to_who_counts_them(
    fhir: FakeFhirServer, request_to: RequestMaker, status: int, word: str
) -> None:
    told: list[tuple[str, float]] = []
    fhir.behaviors["Condition"] = lambda exchange: exchange.answer(bundle(), status=status)
    request = request_to(fhir.base)
    access = fhir_access(
        (fhir.base,),
        request,
        seconds=2.0,
        on_reply=lambda reply, seconds: told.append((reply.word, seconds)),
    )
    seen: list[str | None] = []
    complete(request, CONDITIONS, access, lambda source: seen.append(source.gap))
    ((said, seconds),) = told
    assert said == word
    assert 0 < seconds < 30
    assert seen == ["not-provided"]
