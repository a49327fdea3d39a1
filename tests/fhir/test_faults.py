"""Whatever a FHIR server does: no exception, within the deadline, a gap and not an empty answer, no token astray."""

import gzip
import json
import logging
import time
from collections.abc import Callable

import pytest

from cds_service.evidence.record.types import REQUIREMENTS, Requirement
from cds_service.fhir.complete import complete
from tests.fhir.conftest import TOKEN, AccessMaker, RequestMaker
from tests.fhir.fake_server import Behavior, Exchange, FakeFhirServer, bundle, outcome

REQUIRED = next(need for need in REQUIREMENTS if need.key == "conditions")
OPTIONAL = next(need for need in REQUIREMENTS if need.key == "devices")
DEADLINE = 1.0
GRACE = 2.0
"""Seconds that a busy machine may take to notice; each slow fault below lasts far longer."""


def status(code: int, body: bytes = b"", **headers: str) -> Behavior:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.answer(body, status=code, headers=named)


def body(content: bytes, media_type: str | None = "application/fhir+json") -> Behavior:
    return lambda exchange: exchange.answer(content, media_type=media_type)


def silent(exchange: Exchange) -> None:
    exchange.server.fake.stop.wait(5)


def dropped(exchange: Exchange) -> None:
    exchange.drop()


def truncated(exchange: Exchange) -> None:
    exchange.answer(b'{"resourceType":"Bundle","total":0', headers={"Content-Length": "4000"})
    exchange.drop()


def truncated_where_it_is_still_json(exchange: Exchange) -> None:
    exchange.answer(json.dumps(bundle()).encode(), headers={"Content-Length": "4000"})
    exchange.drop()


def chunks(*parts: bytes) -> Behavior:
    def answer(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", "application/fhir+json")
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        for part in parts:
            exchange.wfile.write(part)
        exchange.drop()

    return answer


def drip(exchange: Exchange) -> None:
    exchange.answer(b'{"resourceType":"Bundle"', headers={"Content-Length": "4000"})
    while not exchange.server.fake.stop.wait(0.05):
        exchange.wfile.write(b" ")
        exchange.wfile.flush()


def drip_of_headers(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not exchange.server.fake.stop.wait(0.05):
        exchange.wfile.write(b"X-Slow: 1\r\n")
        exchange.wfile.flush()


def endless(exchange: Exchange) -> None:
    exchange.answer(b'{"resourceType":"', headers={"Content-Length": str(10**12)})
    while not exchange.server.fake.stop.is_set():
        exchange.wfile.write(b" " * 2**20)


def raw(text: bytes) -> Behavior:
    def answer(exchange: Exchange) -> None:
        exchange.wfile.write(text)
        exchange.drop()

    return answer


def with_encoding(content: bytes, encoding: str) -> Behavior:
    return lambda exchange: exchange.answer(content, headers={"Content-Encoding": encoding})


EMPTY = json.dumps(bundle(total=0)).encode()

FAULTS: dict[str, tuple[Behavior, str]] = {
    # what the server refuses
    "400": (status(400), "failed"),
    "401": (status(401, json.dumps(outcome("error", "login")).encode()), "failed"),
    "401 with an empty bundle": (status(401, EMPTY), "failed"),
    "403": (status(403), "failed"),
    "404": (status(404), "failed"),
    "404 with an empty bundle": (status(404, EMPTY), "failed"),
    "405 to GET and POST": (status(405), "failed"),
    "406": (status(406), "failed"),
    "410": (status(410), "failed"),
    "414 to GET and POST": (status(414), "failed"),
    "422": (status(422), "failed"),
    "429": (status(429), "failed"),
    "429 for a minute": (status(429, Retry_After="60"), "failed"),
    "429 for ever": (status(429, Retry_After="9" * 400), "failed"),
    "429 until a day": (status(429, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"), "failed"),
    "429 with nonsense": (status(429, Retry_After="soon"), "failed"),
    "429 until the past": (status(429, Retry_After="-5"), "failed"),
    # where the server fails
    "500": (status(500), "failed"),
    "501": (status(501), "failed"),
    "502": (status(502, b"<html>Bad Gateway</html>"), "failed"),
    "503": (status(503, Retry_After="120"), "failed"),
    "504": (status(504), "failed"),
    "599": (status(599), "failed"),
    "no content": (lambda e: e.answer(b"", status=204), "failed"),
    "accepted": (status(202, EMPTY), "failed"),
    "part of it": (status(206, EMPTY), "failed"),
    # redirects
    "301 to another host": (status(301, Location="{other}/Condition"), "failed"),
    "302 to a login page": (status(302, Location="/login"), "failed"),
    "303": (status(303, Location="{other}/Condition"), "failed"),
    "307 to another host": (status(307, Location="{other}/Condition"), "failed"),
    "308 to the cloud": (status(308, Location="http://169.254.169.254/latest"), "failed"),
    "304": (lambda e: e.answer(b"", status=304), "failed"),
    # time
    "silent": (silent, "failed"),
    "drip": (drip, "failed"),
    "drip of headers": (drip_of_headers, "failed"),
    # connections
    "dropped": (dropped, "failed"),
    "truncated": (truncated, "failed"),
    "truncated where it is still JSON": (truncated_where_it_is_still_json, "failed"),
    "chunks without an end": (chunks(b'5\r\n{"a":\r\n'), "failed"),
    "chunks of no size": (chunks(b"zz\r\n{}\r\n"), "failed"),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.9\r\n"), "failed"),
    "a status of no number": (raw(b"HTTP/1.1 ok fine\r\n\r\n"), "failed"),
    "a thousand headers": (raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n"), "failed"),
    # bodies
    "HTML": (body(b"<html>Sign in</html>", "text/html"), "unreadable"),
    "HTML that says it is FHIR": (body(b"<html>Sign in</html>"), "unreadable"),
    "an empty bundle as text": (body(EMPTY, "text/plain"), "unreadable"),
    "FHIR XML": (body(b"<Bundle/>", "application/fhir+xml"), "unreadable"),
    "no body": (body(b""), "unreadable"),
    "null": (body(b"null"), "unreadable"),
    "a list": (body(b"[]"), "unreadable"),
    "an empty object": (body(b"{}"), "unreadable"),
    "broken JSON": (body(b'{"resourceType":"Bundle","entry":['), "unreadable"),
    "deep JSON": (body(b'{"a":' * 100_000), "unreadable"),
    "UTF-16": (body(EMPTY.decode().encode("utf-16")), "unreadable"),
    "another type": (body(b'{"resourceType":"CapabilityStatement"}'), "unreadable"),
    "too large": (endless, "unreadable"),
    "not really gzip": (with_encoding(EMPTY, "gzip"), "unreadable"),
    "a gzip bomb": (with_encoding(gzip.compress(b" " * 2**26), "gzip"), "unreadable"),
    "gzip cut off": (with_encoding(gzip.compress(EMPTY)[:20], "gzip"), "unreadable"),
    "an unknown encoding": (with_encoding(b"\x01\x02", "sdch"), "unreadable"),
    # FHIR that says no
    "an outcome alone": (body(json.dumps(outcome("error", "exception")).encode()), "failed"),
    "a warning alone": (body(json.dumps(outcome("warning", "processing")).encode()), "failed"),
    "an outcome as entry": (
        body(json.dumps(bundle(outcome("error", "timeout"))).encode()),
        "failed",
    ),
    "a count alone": (body(json.dumps({"resourceType": "Bundle", "total": 7}).encode()), "failed"),
}


def armed(behavior: Behavior, other: FakeFhirServer) -> Behavior:
    """The behavior, with the other host's address where a redirect should lead there."""

    def behave(exchange: Exchange) -> None:
        exchange.header_words = {"other": other.base}
        behavior(exchange)

    return behave


@pytest.mark.parametrize("need", [REQUIRED, OPTIONAL], ids=["required", "optional"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_a_gap(  # noqa: PLR0917  # fixtures are asked for by name
    fhir: FakeFhirServer,
    other_host: FakeFhirServer,
    request_to: RequestMaker,
    access_to: AccessMaker,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    need: Requirement,
    fault: str,
) -> None:
    monkeypatch.setattr("cds_service.fhir.connection.MAX_PAGE_BYTES", 2**20)
    monkeypatch.setattr("cds_service.fhir.connection._BACKOFF", 0.01)
    behavior, gap = FAULTS[fault]
    fhir.behaviors[need.resource_type] = armed(behavior, other_host)
    fhir.resources["Procedure"] = [{"resourceType": "Procedure", "id": "x1"}]
    healthy = next(other for other in REQUIREMENTS if other.key == "procedures")
    request = request_to(fhir.base)
    with caplog.at_level(logging.DEBUG):
        began = time.monotonic()
        sources = complete(request, (need, healthy), access_to(request, seconds=DEADLINE))
        took = time.monotonic() - began
    assert (sources[need.key].gap, sources[need.key].resources) == (gap, ())
    assert sources[need.key].note
    assert (sources["procedures"].gap, len(sources["procedures"].resources)) == (None, 1)
    assert took < DEADLINE + GRACE
    assert other_host.asked == []
    for secret in (TOKEN, "p1", "Condition?", fhir.base):
        assert secret not in caplog.text
        assert secret not in sources[need.key].note
    assert TOKEN not in repr(sources)


def test_a_closed_port_is_a_gap(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    request = request_to(fhir.base)
    access = access_to(request)
    fhir.close()
    assert complete(request, (REQUIRED,), access)["conditions"].gap == "failed"


ONCE: dict[str, Callable[[Exchange], None]] = {
    "429": status(429),
    "429 for no time": status(429, Retry_After="0"),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "dropped": dropped,
    "truncated": truncated,
}


@pytest.mark.parametrize("fault", ONCE)
def test_a_fault_that_passes_is_overcome(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, fault: str
) -> None:
    def first_time_wrong(exchange: Exchange) -> None:
        if len(fhir.asked) == 1:
            ONCE[fault](exchange)
        else:
            exchange.answer(bundle())

    fhir.behaviors["Condition"] = first_time_wrong
    request = request_to(fhir.base)
    assert complete(request, (REQUIRED,), access_to(request))["conditions"].gap is None
    assert len(fhir.asked) == 2


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 500, 501])
def test_a_server_that_means_no_is_not_asked_again(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, code: int
) -> None:
    fhir.behaviors["Condition"] = status(code)
    request = request_to(fhir.base)
    assert complete(request, (REQUIRED,), access_to(request))["conditions"].gap == "failed"
    assert len(fhir.asked) == 1


def test_a_server_that_stays_busy_is_asked_three_times_and_no_more(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["Condition"] = status(503)
    request = request_to(fhir.base)
    assert (
        complete(request, (REQUIRED,), access_to(request, seconds=5))["conditions"].gap == "failed"
    )
    assert len(fhir.asked) == 3


@pytest.mark.parametrize("fault", ["401", "500", "silent", "HTML", "truncated", "an outcome alone"])
def test_a_fault_on_a_later_page_leaves_the_first_and_says_so(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, fault: str
) -> None:
    def second_page_wrong(exchange: Exchange) -> None:
        if "p=2" in exchange.path:
            FAULTS[fault][0](exchange)
        else:
            link = [{"relation": "next", "url": f"{fhir.base}/Condition?p=2"}]
            exchange.answer(bundle({"resourceType": "Condition", "id": "c1"}, link=link))

    fhir.behaviors["Condition"] = second_page_wrong
    request = request_to(fhir.base)
    source = complete(request, (REQUIRED,), access_to(request, seconds=DEADLINE))["conditions"]
    assert (source.gap, len(source.resources)) == ("partial", 1)


def test_no_request_is_sent_once_the_deadline_has_passed(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["*"] = silent
    request = request_to(fhir.base)
    access = access_to(request, seconds=0.3)
    complete(request, (REQUIRED,), access)
    asked = len(fhir.asked)
    assert complete(request, (OPTIONAL,), access)["devices"].gap == "failed"
    assert (asked, len(fhir.asked)) == (1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json+fhir"},
        {"Content-Type": ""},
    ],
)
def test_older_names_of_fhir_json_are_read(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, headers: dict[str, str]
) -> None:
    fhir.behaviors["Condition"] = lambda e: e.answer(bundle(), media_type=None, headers=headers)
    request = request_to(fhir.base)
    assert complete(request, (REQUIRED,), access_to(request))["conditions"].gap is None


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + EMPTY, b"\r\n " + EMPTY])
def test_a_byte_order_mark_or_white_space_before_the_json_is_read_over(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker, content: bytes
) -> None:
    fhir.behaviors["Condition"] = body(content)
    request = request_to(fhir.base)
    assert complete(request, (REQUIRED,), access_to(request))["conditions"].gap is None


def test_a_packed_answer_is_read(
    fhir: FakeFhirServer, request_to: RequestMaker, access_to: AccessMaker
) -> None:
    fhir.behaviors["Condition"] = with_encoding(gzip.compress(EMPTY), "gzip")
    request = request_to(fhir.base)
    assert complete(request, (REQUIRED,), access_to(request))["conditions"].gap is None
