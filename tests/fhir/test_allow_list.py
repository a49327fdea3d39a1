"""Which server may be called, and what the token may be sent to."""

import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds_service.cds_hooks.model import HookRequest
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.fhir.allow_list import Address, allowed_base, may_connect, page_target, parse_base
from cds_service.fhir.client import FhirAccess, fhir_access
from cds_service.fhir.complete import complete
from cds_service.fhir.connection import Deadline, FhirServer, close_fhir_servers, fhir_server
from tests.fhir.conftest import TOKEN, RequestMaker
from tests.fhir.fake_server import FakeFhirServer

LISTED = ("https://ehr.example.org/fhir", "http://10.1.2.3:8080/r4/", "https://[2001:db8::5]/fhir")
PATIENT = REQUIREMENTS[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "HTTPS://EHR.Example.ORG/fhir",
        "https://ehr.example.org:443/fhir",
        "https://ehr.example.org./fhir",
        "http://10.1.2.3:8080/r4",
        "https://[2001:DB8::5]:443/fhir/",
    ],
)
def test_a_listed_base_is_allowed_however_it_is_spelled(url: str) -> None:
    assert allowed_base(url, LISTED) in [parse_base(listed) for listed in LISTED]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ehr.example.org/fhir",
        "//ehr.example.org/fhir",
        "http://ehr.example.org/fhir",
        "http://ehr.example.org:443/fhir",
        "https://ehr.example.org:8443/fhir",
        "https://ehr.example.org:/fhir",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org:99999/fhir",
        "https://ehr.example.org:4x3/fhir",
        "https://ehr.example.org/",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org/fhir2",
        "https://ehr.example.org/fhir/Patient",
        "https://ehr.example.org//fhir",
        "https://ehr.example.org/x/../fhir",
        "https://ehr.example.org/x/%2e%2e/fhir",
        "https://ehr.example.org/x/%252e%252e/fhir",
        "https://ehr.example.org/fhir/..",
        "https://ehr.example.org\\@evil.example.com/fhir",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir#x",
        "https://ehr.example.org/fhir#",
        "https://user:pw@ehr.example.org/fhir",
        "https://@ehr.example.org/fhir",
        "https://ehr.example.org@evil.example.com/fhir",
        "https://evil.example.com/https://ehr.example.org/fhir",
        "https://ehr.example.org.evil.example.com/fhir",
        "https://evilehr.example.org/fhir",
        "https://sub.ehr.example.org/fhir",
        "https://еhr.example.org/fhir",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir\r\n",
        "https://ehr.exam\tple.org/fhir",
        "ftp://ehr.example.org/fhir",
        "file:///etc/passwd",
        "gopher://10.1.2.3:8080/r4",
        "http://167838211:8080/r4",
        "http://0x0a010203:8080/r4",
        "http://10.1.515:8080/r4",
        "http://012.1.2.3:8080/r4",
        "http://[::ffff:10.1.2.3]:8080/r4",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8080/r4",
        "http://[::1/fhir",
        "https://" + "a" * 10_000,
    ],
)
def test_any_other_base_is_not_called(url: str, request_to: RequestMaker) -> None:
    assert allowed_base(url, LISTED) is None
    assert fhir_access(LISTED, request_to(url), seconds=1) is None


def test_nothing_is_called_when_no_server_is_listed(request_to: RequestMaker) -> None:
    assert fhir_access((), request_to("https://ehr.example.org/fhir"), seconds=1) is None
    assert fhir_access(LISTED, request_to(None), seconds=1) is None


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Injected: 1", "tökén", "x" * 20_000])
def test_a_token_that_fits_in_no_header_is_not_sent(request_to: RequestMaker, token: str) -> None:
    assert fhir_access(LISTED, request_to(LISTED[0], token=token), seconds=1) is None


@pytest.mark.parametrize(
    ("base", "address", "allowed"),
    [
        ("https://ehr.example.org/fhir", "93.184.215.14", True),
        ("https://ehr.example.org/fhir", "10.20.30.40", True),
        ("https://ehr.example.org/fhir", "192.168.1.9", True),
        ("https://ehr.example.org/fhir", "fd12:3456::1", True),
        ("https://ehr.example.org/fhir", "2606:2800::1", True),
        ("https://ehr.example.org/fhir", "127.0.0.1", False),
        ("https://ehr.example.org/fhir", "127.9.9.9", False),
        ("https://ehr.example.org/fhir", "::1", False),
        ("https://ehr.example.org/fhir", "::ffff:127.0.0.1", False),
        ("https://ehr.example.org/fhir", "0.0.0.0", False),
        ("https://ehr.example.org/fhir", "::", False),
        ("https://ehr.example.org/fhir", "169.254.169.254", False),
        ("https://ehr.example.org/fhir", "::ffff:169.254.169.254", False),
        ("https://ehr.example.org/fhir", "64:ff9b::a9fe:a9fe", False),
        ("https://ehr.example.org/fhir", "2002:a9fe:a9fe::1", False),
        ("https://ehr.example.org/fhir", "fe80::1", False),
        ("https://ehr.example.org/fhir", "fd00:ec2::254", False),
        ("https://ehr.example.org/fhir", "100.100.100.200", False),
        ("https://ehr.example.org/fhir", "168.63.129.16", False),
        ("https://ehr.example.org/fhir", "224.0.0.1", False),
        ("https://ehr.example.org/fhir", "ff02::1", False),
        ("https://ehr.example.org/fhir", "255.255.255.255", False),
        ("http://localhost:8080/fhir", "127.0.0.1", True),
        ("http://localhost:8080/fhir", "::1", True),
        ("http://localhost:8080/fhir", "169.254.169.254", False),
        ("http://notlocalhost:8080/fhir", "127.0.0.1", False),
        ("http://127.0.0.1:8080/fhir", "127.0.0.1", True),
        ("http://127.0.0.1:8080/fhir", "127.0.0.2", False),
        ("http://169.254.7.7/fhir", "169.254.7.7", True),
        ("http://169.254.7.7/fhir", "169.254.169.254", False),
    ],
)
def test_the_address_behind_an_allowed_name_is_looked_at_too(
    base: str, address: str, allowed: bool
) -> None:
    parsed = parse_base(base)
    assert parsed is not None
    assert may_connect(parsed, ip_address(address)) is allowed


@pytest.mark.parametrize(
    ("next_url", "target"),
    [
        ("https://ehr.example.org/fhir?_getpages=1", "/fhir?_getpages=1"),
        ("https://EHR.example.org:443/fhir/Condition?page=2", "/fhir/Condition?page=2"),
        ("/fhir/Condition?page=2", "/fhir/Condition?page=2"),
        ("Condition?page=2", "/fhir/Condition?page=2"),
        ("?page=2", "/fhir/?page=2"),
        ("https://ehr.example.org/other?page=2", None),
        ("https://ehr.example.org/fhirs/Condition", None),
        ("/Condition?page=2", None),
        ("../Condition", None),
        ("https://ehr.example.org:8443/fhir/Condition", None),
        ("http://ehr.example.org/fhir/Condition", None),
        ("https://user@ehr.example.org/fhir/Condition", None),
        ("https://ehr.example.org/fhir/Condition#2", None),
        ("https://ehr.example.org/fhir/..%2fadmin", None),
        ("https://ehr.example.org/fhir/..%5cadmin", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_next_link_stays_on_its_server_and_under_its_base(
    next_url: str, target: str | None
) -> None:
    base = parse_base("https://ehr.example.org/fhir")
    assert base is not None
    assert page_target(base, next_url) == target


def rebound(fhir: FakeFhirServer, request: HookRequest, *addresses: str) -> FhirAccess:
    """Access to a name that resolves to these addresses, on the fake server's port."""
    base = parse_base(f"http://ehr.example.org:{fhir.port}/fhir")
    assert base is not None

    def resolver(host: str, port: int) -> tuple[Address, ...]:
        return tuple(ip_address(address) for address in addresses)

    return FhirAccess(FhirServer(base, resolver), request.fhir_authorization, Deadline.after(2))


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("10.0.0.1", "127.0.0.1"), ("169.254.169.254",), ()]
)
def test_a_name_that_leads_to_this_machine_or_to_the_cloud_is_not_called(
    fhir: FakeFhirServer, request_to: RequestMaker, addresses: tuple[str, ...]
) -> None:
    request = request_to("http://ehr.example.org/fhir")
    access = rebound(fhir, request, *addresses)
    assert complete(request, (PATIENT,), access)["patient"].gap == "failed"
    assert fhir.asked == []
    access.server.close()


def test_a_name_that_does_not_resolve_is_a_gap(request_to: RequestMaker) -> None:
    base = parse_base("http://ehr.example.org/fhir")
    assert base is not None

    def resolver(host: str, port: int) -> tuple[Address, ...]:
        raise OSError(f"no such host: {host}")

    request = request_to("http://ehr.example.org/fhir")
    server = FhirServer(base, resolver)
    access = FhirAccess(server, request.fhir_authorization, Deadline.after(2))
    assert complete(request, (PATIENT,), access)["patient"].gap == "failed"
    server.close()


def test_the_second_address_is_tried_when_the_first_does_not_answer(
    fhir: FakeFhirServer, request_to: RequestMaker
) -> None:
    base = parse_base(f"http://localhost:{fhir.port}/fhir")
    assert base is not None
    request = request_to(base.url)
    server = FhirServer(base, lambda _host, _port: (ip_address("::1"), ip_address("127.0.0.1")))
    access = FhirAccess(server, request.fhir_authorization, Deadline.after(5))
    assert complete(request, (PATIENT,), access)["patient"].gap is None
    assert fhir.asked[0].headers["Host"] == f"localhost:{fhir.port}"
    server.close()


def test_proxies_and_netrc_of_the_environment_are_not_used(
    fhir: FakeFhirServer,
    other_host: FakeFhirServer,
    request_to: RequestMaker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other_host.port}")
    request = request_to(fhir.base, token=None)
    access = fhir_access((fhir.base,), request, seconds=2)
    assert complete(request, (PATIENT,), access)["patient"].gap is None
    assert other_host.asked == []
    assert "Authorization" not in fhir.asked[0].headers


def test_the_token_is_in_no_repr(request_to: RequestMaker) -> None:
    request = request_to(LISTED[0])
    access = fhir_access(LISTED, request, seconds=1)
    assert access is not None
    shown = f"{request!r} {access!r} {access.server!r} {request.fhir_authorization!s}"
    assert TOKEN not in shown
    close_fhir_servers()


def test_the_libraries_below_write_no_urls_to_the_log(
    fhir: FakeFhirServer, request_to: RequestMaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = request_to(fhir.base)
    complete(request, REQUIREMENTS[:2], fhir_access((fhir.base,), request, seconds=2))
    assert len(fhir.asked) == 2
    assert "p1" not in caplog.text


# --- TLS -----------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for one name: (certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251  # OpenSSL compares it with the real clock
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(params=["localhost"])
def secure(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeFhirServer]:
    """A FHIR server behind TLS, with a certificate for the name that the test gives."""
    cert, key = certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cert))
    server = FakeFhirServer(tls=context)
    server.resources["Patient"] = [{"resourceType": "Patient", "id": "p1"}]
    yield server
    close_fhir_servers()
    server.close()


def read_by_name(secure: FakeFhirServer, request_to: RequestMaker) -> str | None:
    base = f"https://localhost:{secure.port}/fhir"
    request = request_to(base)
    access = fhir_access((base,), request, seconds=5)
    return complete(request, (PATIENT,), access)["patient"].gap


def test_a_server_whose_certificate_has_its_name_is_read(
    secure: FakeFhirServer, request_to: RequestMaker
) -> None:
    assert read_by_name(secure, request_to) is None


@pytest.mark.parametrize("secure", ["ehr.example.org"], indirect=True)
def test_a_server_with_a_certificate_for_another_name_gets_no_token(
    secure: FakeFhirServer, request_to: RequestMaker
) -> None:
    assert read_by_name(secure, request_to) == "failed"
    assert secure.asked == []


def test_a_server_with_an_unknown_certificate_gets_no_token(
    secure: FakeFhirServer, request_to: RequestMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert read_by_name(secure, request_to) == "failed"
    assert secure.asked == []


def test_one_server_is_shared_by_all_calls(fhir: FakeFhirServer) -> None:
    base = parse_base(fhir.base)
    assert base is not None
    assert fhir_server(base) is fhir_server(base)
