"""J: tokens of CDS clients, with real keys. Each refusal stands beside the token that is accepted."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask, Response, request
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import ClientNotTrusted, SettingsError
from cds_service.settings import Settings, TrustedClient, load_settings
from cds_service.web.edge import register_edge
from cds_service.web.keys import SANDBOX_ISSUER, SANDBOX_JWKS
from cds_service.web.problems import register_problems
from cds_service.web.replay_guard import ReplayGuard
from cds_service.web.trust import Trust, trust_from_settings

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://ehr.example.org"
OTHER_ISSUER = "https://clinic.example.org"
JWKS_URL = "https://ehr.example.org/jwks.json"
BASE = "https://cds.example.org"
PATH = "/cds-services/spine-imaging-order-select"
LEFT_OUT = object()


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@cache
def key(name: str) -> Any:
    """Keys by name, made once: RSA keys take their time."""
    curves = {
        "es256": ec.SECP256R1(),
        "es384": ec.SECP384R1(),
        "es512": ec.SECP521R1(),
        "k256": ec.SECP256K1(),
    }
    curve = curves.get(name.split("/", 1)[0])
    if curve is not None:
        return ec.generate_private_key(curve)
    size = 1024 if name == "small" else 2048
    return rsa.generate_private_key(65537, size)


def jwk(name: str, kid: str | None = None, **members: Any) -> dict[str, Any]:
    """The public half of a key as a client publishes it."""
    family: Any = (
        jwt.algorithms.ECAlgorithm if name.startswith(("es", "k")) else jwt.algorithms.RSAAlgorithm
    )
    public = family.to_jwk(key(name).public_key(), as_dict=True)
    # PyJWT says key_ops ["verify"]; most clients say `use`.
    public.pop("key_ops", None)
    return {**public, "kid": kid or name, "use": "sig", **members}


def jwks(*keys: dict[str, Any]) -> bytes:
    """A key set."""
    return json.dumps({"keys": keys}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token, changed."""
    good: dict[str, Any] = {
        "iss": ISSUER,
        "aud": BASE + PATH,
        "iat": SECONDS,
        "exp": SECONDS + 300,
        "jti": "token-1",
    }
    return {name: value for name, value in (good | changes).items() if value is not LEFT_OUT}


def segment(value: Any) -> str:
    """One part of a token, from JSON or from bytes."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(header: Any, payload: Any, signer: str = "es384", algorithm: str = "ES384") -> str:
    """A token made by hand, so that its parts may be as odd as we like."""
    signed = f"{segment(header)}.{segment(payload)}"
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), key(signer))
    return f"{signed}.{segment(signature)}"


def token(
    header: dict[str, Any] | None = None,
    signer: str = "es384",
    algorithm: str = "ES384",
    **changes: Any,
) -> str:
    """A token that is good but for the changes."""
    full = {"alg": algorithm, "typ": "JWT", "kid": signer} | (header or {})
    full = {name: value for name, value in full.items() if value is not LEFT_OUT}
    return sign(full, claims(**changes), signer, algorithm)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trust(clock: Clock) -> Trust:
    def fetch(url: str) -> bytes:
        if url == JWKS_URL:
            return jwks(jwk("es384"), jwk("rsa"), jwk("es256"), jwk("small"), jwk("k256"))
        return jwks(jwk("es384/other"))

    clients = (
        TrustedClient(issuer=ISSUER, jwks_url=JWKS_URL, tenants=("north",), audience=("spine",)),
        TrustedClient(issuer=OTHER_ISSUER, jwks_url="https://clinic.example.org/keys"),
    )
    return Trust(clients, (BASE, "http://127.0.0.1:8000/"), ReplayGuard(), clock, fetch)


def call(trust: Trust, written: str | None, path: str = PATH) -> Any:
    return trust.caller(None if written is None else f"Bearer {written}", path)


def good(**changes: Any) -> str:
    return token(**({"tenant": "north"} | changes))


def test_j_2_a_good_token_names_its_client(trust: Trust) -> None:
    caller = call(trust, good())
    assert (caller.client_id, caller.tenant) == (ISSUER, "north")
    assert caller.client is not None
    assert caller.client.audience == ("spine",)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: good(signer="rsa", algorithm="RS384"), id="RS384"),
        pytest.param(lambda: good(aud=[BASE + PATH]), id="aud is a list"),
        pytest.param(lambda: good(aud=["https://other.example.org", BASE + PATH]), id="aud of two"),
        pytest.param(lambda: good(aud=BASE + PATH + "/"), id="aud with a slash at the end"),
        pytest.param(lambda: good(aud=f"{BASE}/{PATH}"), id="aud with a double slash"),
        pytest.param(lambda: good(aud=BASE.upper() + PATH), id="aud in capitals"),
        pytest.param(lambda: good(aud=f"{BASE}:443{PATH}"), id="aud with the default port"),
        pytest.param(lambda: good(aud=f"http://127.0.0.1:8000{PATH}"), id="the second public URL"),
        pytest.param(lambda: good(aud="spine"), id="an audience typed by hand"),
        pytest.param(lambda: good(iat=SECONDS + 1), id="iat rounded up"),
        pytest.param(lambda: good(iat=SECONDS + 10), id="iat at the end of the leeway"),
        pytest.param(lambda: good(iat=SECONDS - 300, exp=SECONDS - 9), id="exp in the leeway"),
        pytest.param(lambda: good(exp=SECONDS + 3600), id="exactly one hour"),
        pytest.param(lambda: good(iat=SECONDS - 0.5), id="fraction of a second"),
        pytest.param(lambda: good(nbf=SECONDS - 300, sub="client-7"), id="nbf and sub, as Epic"),
        pytest.param(lambda: good(nbf=SECONDS + 9), id="nbf in the leeway"),
        pytest.param(lambda: good(header={"typ": LEFT_OUT}), id="no typ"),
        pytest.param(lambda: good(header={"typ": "jwt"}), id="typ in small letters"),
        pytest.param(lambda: good(header={"jku": JWKS_URL}), id="the configured jku"),
        pytest.param(lambda: good(fhirUser="x", nonce=[1]), id="claims of their own"),
    ],
)
def test_j_2_to_j_9_a_token_within_the_rules_is_accepted(
    trust: Trust, make: Callable[[], str]
) -> None:
    assert call(trust, make()).client_id == ISSUER


def _hmac(secret: bytes) -> str:
    signed = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{segment(claims())}"
    # Built without PyJWT's own guard against a public key as a secret.
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signed}.{segment(algorithm.sign(signed.encode(), secret))}"


def _public_pem() -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    pem: bytes = (
        key("rsa").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return pem


def _swapped_payload() -> str:
    header, _, signature = good().split(".")
    return f"{header}.{segment(claims(tenant='north', jti='another'))}.{signature}"


def _mended_signature() -> str:
    head, _, signature = good().rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def _with(members: dict[str, Any], text: bytes) -> bytes:
    """The JSON of an object, with text put before its members."""
    return json.dumps(members).encode().replace(b"{", b"{" + text + b", ", 1)


HEADER = {"alg": "ES384", "typ": "JWT", "kid": "es384"}
REFUSED: dict[str, tuple[str, Callable[[], str | None]]] = {
    # no usable token at all
    "no header": ("no-token", lambda: None),
    "empty token": ("malformed", lambda: ""),
    "one part": ("malformed", lambda: "abc"),
    "two parts": ("malformed", lambda: "abc.def"),
    "five parts, as encrypted tokens have": ("malformed", lambda: "a.b.c.d.e"),
    "no base64": ("malformed", lambda: "!!!.???.***"),
    "base64 of a bad length": ("malformed", lambda: "a.b.c"),
    "not ASCII": ("malformed", lambda: "ä.ö.ü"),
    "longer than 16 kB": ("malformed", lambda: good(padding="x" * 16384)),
    "no JSON in the header": ("malformed", lambda: f"{segment(b'no')}.{segment(claims())}.AAAA"),
    "no JSON in the claims": ("malformed", lambda: sign(HEADER, b"no json")),
    "header is a list": ("malformed", lambda: f"{segment([1])}.{segment(claims())}.AAAA"),
    "claims are a list": ("malformed", lambda: sign(HEADER, [1])),
    "claims are null": ("malformed", lambda: sign(HEADER, None)),
    "claims are no UTF-8": ("malformed", lambda: sign(HEADER, b'{"iss":"\xff"}')),
    "claims with NaN": ("malformed", lambda: sign(HEADER, b'{"exp": NaN}')),
    "deep header": ("malformed", lambda: f"{segment(b'[' * 9000)}.{segment(claims())}.AAAA"),
    "deep claims": ("malformed", lambda: sign(HEADER, b"[" * 9000)),
    "endless number": ("malformed", lambda: sign(HEADER, b'{"exp":' + b"9" * 6000 + b"}")),
    "two tokens": ("malformed", lambda: f"{good()}, Bearer {good()}"),
    # algorithm
    "none": ("malformed", lambda: f"{segment({'alg': 'none'})}.{segment(claims())}."),
    "none with a signature": (
        "algorithm",
        lambda: f"{segment({'alg': 'none', 'kid': 'es384'})}.{segment(claims())}.AAAA",
    ),
    "NONE": ("algorithm", lambda: f"{segment(HEADER | {'alg': 'NONE'})}.{segment(claims())}.AAAA"),
    "HS256 with a secret": ("algorithm", lambda: _hmac(b"s" * 32)),
    "HS256 with our knowledge of the public key": ("algorithm", lambda: _hmac(_public_pem())),
    "ES256 without leave": ("algorithm", lambda: good(signer="es256", algorithm="ES256")),
    "RS256 without leave": ("algorithm", lambda: good(signer="rsa", algorithm="RS256")),
    "PS384 without leave": ("algorithm", lambda: good(signer="rsa", algorithm="PS384")),
    "no alg": ("algorithm", lambda: good(header={"alg": LEFT_OUT})),
    "alg is a list": ("algorithm", lambda: good(header={"alg": ["ES384"]})),
    "alg is an object": ("algorithm", lambda: good(header={"alg": {"a": 1}})),
    "alg in small letters": ("algorithm", lambda: good(header={"alg": "es384"})),
    # header
    "crit": ("malformed", lambda: good(header={"crit": ["exp"], "exp": 1})),
    "b64": ("malformed", lambda: good(header={"b64": False, "crit": ["b64"]})),
    "zip": ("malformed", lambda: good(header={"zip": "DEF"})),
    "an access token": ("malformed", lambda: good(header={"typ": "at+jwt"})),
    "typ is a number": ("malformed", lambda: good(header={"typ": 1})),
    "no kid": ("key", lambda: good(header={"kid": LEFT_OUT})),
    "empty kid": ("key", lambda: good(header={"kid": ""})),
    "kid is a number": ("malformed", lambda: good(header={"kid": 7})),
    "endless kid": ("key", lambda: good(header={"kid": "k" * 301})),
    "unknown kid": ("key", lambda: good(header={"kid": "unknown"})),
    "kid as a path": ("key", lambda: good(header={"kid": "../../dev/null"})),
    "kid of a key of another kind": ("key", lambda: good(header={"kid": "rsa"})),
    "kid of a key on another curve": ("signature", lambda: good(header={"kid": "es256"})),
    "kid of a key on a curve of no use": ("signature", lambda: good(header={"kid": "k256"})),
    "RSA key of 1024 bits": ("signature", lambda: good(signer="small", algorithm="RS384")),
    "kid of another client": ("key", lambda: good(signer="es384/other")),
    "jku of somebody": ("key-address", lambda: good(header={"jku": "https://evil.example.org"})),
    "jku is a list": ("key-address", lambda: good(header={"jku": [JWKS_URL]})),
    # issuer
    "unknown issuer": ("issuer", lambda: good(iss="https://evil.example.org")),
    "issuer with a slash": ("issuer", lambda: good(iss=ISSUER + "/")),
    "no issuer": ("issuer", lambda: good(iss=LEFT_OUT)),
    "issuer is a list": ("issuer", lambda: good(iss=[ISSUER])),
    "issuer is null": ("issuer", lambda: good(iss=None)),
    "the sandbox, not configured": ("issuer", lambda: good(iss=SANDBOX_ISSUER)),
    # audience
    "no aud": ("claims", lambda: good(aud=LEFT_OUT)),
    "aud is an object": ("claims", lambda: good(aud={"a": BASE + PATH})),
    "aud is a number": ("claims", lambda: good(aud=5)),
    "aud with a number": ("claims", lambda: good(aud=[BASE + PATH, 5])),
    "empty aud list": ("audience", lambda: good(aud=[])),
    "empty aud": ("audience", lambda: good(aud="")),
    "aud of another host": ("audience", lambda: good(aud="https://evil.example.org" + PATH)),
    "aud of another scheme": ("audience", lambda: good(aud=BASE.replace("https", "http") + PATH)),
    "aud of another port": ("audience", lambda: good(aud=f"{BASE}:8443{PATH}")),
    "aud of discovery": ("audience", lambda: good(aud=f"{BASE}/cds-services")),
    "aud of the feedback": ("audience", lambda: good(aud=f"{BASE}{PATH}/feedback")),
    "aud is the base": ("audience", lambda: good(aud=BASE)),
    "aud with a query": ("audience", lambda: good(aud=f"{BASE}{PATH}?a=b")),
    "aud with a user": ("audience", lambda: good(aud=f"https://a@cds.example.org{PATH}")),
    "aud that is no URL": ("audience", lambda: good(aud="http://[")),
    # times
    "expired": ("expired", lambda: good(iat=SECONDS - 300, exp=SECONDS - 10)),
    "issued in the future": ("not-yet", lambda: good(iat=SECONDS + 11)),
    "not valid yet": ("not-yet", lambda: good(nbf=SECONDS + 11)),
    "valid for more than an hour": ("lifetime", lambda: good(exp=SECONDS + 3601)),
    "exp before iat": ("lifetime", lambda: good(iat=SECONDS + 5, exp=SECONDS + 5)),
    "no exp": ("claims", lambda: good(exp=LEFT_OUT)),
    "no iat": ("claims", lambda: good(iat=LEFT_OUT)),
    "exp is a text": ("claims", lambda: good(exp=str(SECONDS + 300))),
    "exp is true": ("claims", lambda: good(exp=True)),
    "exp is null": ("claims", lambda: good(exp=None)),
    "exp beyond all time": ("claims", lambda: good(exp=10**15)),
    "exp is negative": ("claims", lambda: good(exp=-1)),
    "iat is a list": ("claims", lambda: good(iat=[SECONDS])),
    "nbf is a text": ("claims", lambda: good(nbf="now")),
    # jti
    "no jti": ("claims", lambda: good(jti=LEFT_OUT)),
    "empty jti": ("claims", lambda: good(jti="")),
    "jti is a number": ("claims", lambda: good(jti=1)),
    "endless jti": ("claims", lambda: good(jti="x" * 301)),
    "jti with a line break": ("claims", lambda: good(jti="a\nb")),
    "tenant is a list": ("claims", lambda: good(tenant=["north"])),
    "empty tenant": ("claims", lambda: good(tenant="")),
    # keys twice
    "exp twice": ("malformed", lambda: sign(HEADER, _with(claims(tenant="north"), b'"exp": 1'))),
    "an unknown claim twice, deep inside": (
        "malformed",
        lambda: sign(HEADER, _with(claims(tenant="north"), b'"x": [{"a": 1, "a": 1}]')),
    ),
    "alg twice": (
        "malformed",
        lambda: sign(_with(HEADER, b'"alg": "none"'), claims(tenant="north")),
    ),
    # other encodings
    "a byte order mark before the header": (
        "malformed",
        lambda: sign(b"\xef\xbb\xbf" + json.dumps(HEADER).encode(), claims(tenant="north")),
    ),
    "a byte order mark before the claims": (
        "malformed",
        lambda: sign(HEADER, b"\xef\xbb\xbf" + json.dumps(claims(tenant="north")).encode()),
    ),
    "a header in UTF-16": (
        "malformed",
        lambda: sign(json.dumps(HEADER).encode("utf-16"), claims(tenant="north")),
    ),
    # signature
    "claims changed": ("signature", _swapped_payload),
    "signature changed": ("signature", _mended_signature),
    "signature of nothing": ("signature", lambda: good().rpartition(".")[0] + ".AAAA"),
    "signed by a stranger": (
        "signature",
        lambda: sign(HEADER, claims(tenant="north"), signer="es384/stranger"),
    ),
    "signed by another trusted client": (
        "signature",
        lambda: sign(HEADER, claims(tenant="north"), signer="es384/other"),
    ),
    "a stranger's key inside the token": (
        "signature",
        lambda: sign(
            HEADER | {"jwk": jwk("es384/stranger"), "x5c": ["MIIB"]},
            claims(tenant="north"),
            signer="es384/stranger",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_j_3_to_j_7_a_token_that_breaks_a_rule_is_refused(trust: Trust, case: str) -> None:
    reason, make = REFUSED[case]
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, make())
    assert (caught.value.reason, caught.value.status) == (reason, 401)


@pytest.mark.parametrize(
    "header",
    ["", "Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "bearer\x00a.b.c", "Token a.b.c", "a.b.c"],
)
def test_j_2_a_header_that_is_no_bearer_token_is_refused(trust: Trust, header: str) -> None:
    with pytest.raises(ClientNotTrusted):
        trust.caller(header, PATH)


def test_j_2_the_word_bearer_may_be_in_small_letters(trust: Trust) -> None:
    assert trust.caller(f"bearer {good()}", PATH).client_id == ISSUER


def test_j_7_no_message_for_the_log_holds_the_token(trust: Trust) -> None:
    for _, make in REFUSED.values():
        written = make()
        with pytest.raises(ClientNotTrusted) as caught:
            call(trust, written)
        for part in (written or "").split("."):
            assert len(part) < 12 or part not in str(caught.value)


def test_j_7_a_claim_cannot_forge_a_line_of_the_log(trust: Trust) -> None:
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, good(iss="evil\n2026 INFO all is well" + "x" * 999))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_j_6_a_tenant_that_is_not_allowed_is_known_but_forbidden(trust: Trust) -> None:
    for changes in ({"tenant": "south"}, {"tenant": LEFT_OUT}, {"tenant": None}):
        with pytest.raises(ClientNotTrusted) as caught:
            call(trust, good(**changes))
        assert (caught.value.status, caught.value.reason) == (403, "tenant")


def test_j_6_only_a_token_that_is_signed_learns_that_its_tenant_is_forbidden(trust: Trust) -> None:
    forged = sign(HEADER, claims(tenant="south"), signer="es384/stranger")
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, forged)
    assert caught.value.status == 401


def test_j_6_a_client_without_a_list_of_tenants_may_name_any_or_none(trust: Trust) -> None:
    choices: tuple[dict[str, Any], ...] = ({"tenant": "west"}, {})
    for number, changes in enumerate(choices):
        written = token(signer="es384/other", iss=OTHER_ISSUER, jti=str(number), **changes)
        assert call(trust, written).tenant == changes.get("tenant")


def test_j_6_a_token_is_good_for_one_call(trust: Trust) -> None:
    written = good()
    call(trust, written)
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, written)
    assert caught.value.reason == "replayed"


def test_j_6_the_same_jti_in_another_token_is_used_up_too(trust: Trust) -> None:
    call(trust, good())
    with pytest.raises(ClientNotTrusted):
        call(trust, good(exp=SECONDS + 200))
    assert call(trust, good(jti="token-2")).client_id == ISSUER


def test_j_6_two_clients_may_use_the_same_jti(trust: Trust) -> None:
    call(trust, good())
    written = token(signer="es384/other", iss=OTHER_ISSUER)
    assert call(trust, written).client_id == OTHER_ISSUER


def test_j_6_a_forged_token_does_not_use_up_the_jti(trust: Trust) -> None:
    with pytest.raises(ClientNotTrusted):
        call(trust, sign(HEADER, claims(tenant="north"), signer="es384/stranger"))
    assert call(trust, good()).client_id == ISSUER


def test_j_6_a_token_stays_used_until_it_has_expired_leeway_included(
    trust: Trust, clock: Clock
) -> None:
    written = good()
    call(trust, written)
    clock.now = NOW + timedelta(seconds=309)
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, written)
    assert caught.value.reason == "replayed"
    clock.now = NOW + timedelta(seconds=310)
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, written)
    assert caught.value.reason == "expired"


@pytest.mark.parametrize("path", [PATH, PATH + "/", PATH.replace("/spine", "//spine"), PATH[1:]])
def test_j_9_the_path_as_called_may_have_more_slashes(trust: Trust, path: str) -> None:
    assert call(trust, good(), path).client_id == ISSUER


def test_j_9_a_token_for_one_endpoint_opens_no_other(trust: Trust) -> None:
    for path in ("/cds-services", PATH + "/feedback", PATH.replace("select", "sign")):
        with pytest.raises(ClientNotTrusted) as caught:
            call(trust, good(), path)
        assert caught.value.reason == "audience"


def test_j_4_a_client_may_be_allowed_other_algorithms(clock: Clock) -> None:
    client = TrustedClient(issuer=ISSUER, jwks_url=JWKS_URL, algorithms=("ES256", "PS384"))
    keys = jwks(jwk("es256"), jwk("rsa"), jwk("es384"))
    trust = Trust((client,), (BASE,), ReplayGuard(), clock, lambda _: keys)
    for number, (signer, algorithm) in enumerate((("es256", "ES256"), ("rsa", "PS384"))):
        written = token(signer=signer, algorithm=algorithm, jti=str(number))
        assert call(trust, written).client_id == ISSUER
    with pytest.raises(ClientNotTrusted):
        call(trust, token())


@pytest.mark.parametrize("word", ["none", "HS256", "HS512", "es384", "", None])
def test_j_3_no_client_may_be_allowed_a_symmetric_algorithm_or_none(word: str | None) -> None:
    algorithms = [] if word is None else ["ES384", word]
    entry = {"issuer": ISSUER, "jwks_url": JWKS_URL, "algorithms": algorithms}
    with pytest.raises(SettingsError, match="algorithms"):
        load_settings({"SPINE_CDS_TRUSTED_CLIENTS": json.dumps([entry])})


def test_a_service_that_can_check_no_token_is_not_ready_and_tries_again(clock: Clock) -> None:
    answers = [b"", jwks(jwk("es384"))]
    client = TrustedClient(issuer=ISSUER, jwks_url=JWKS_URL)
    trust = Trust((client,), (BASE,), ReplayGuard(), clock, lambda _: answers.pop(0))
    assert not trust.has_keys()
    assert not trust.has_keys()
    clock.now += timedelta(seconds=11)
    assert trust.has_keys()
    assert call(trust, token()).client_id == ISSUER


def test_j_5_a_key_for_another_algorithm_is_not_used(clock: Clock) -> None:
    client = TrustedClient(issuer=ISSUER, jwks_url=JWKS_URL)
    keys = jwks(jwk("rsa", alg="RS512"), jwk("es384", alg="ES384"))
    trust = Trust((client,), (BASE,), ReplayGuard(), clock, lambda _: keys)
    with pytest.raises(ClientNotTrusted):
        call(trust, token(signer="rsa", algorithm="RS384"))
    assert call(trust, token()).client_id == ISSUER


def test_without_trusted_clients_everybody_is_refused(clock: Clock) -> None:
    trust = Trust((), (BASE,), ReplayGuard(), clock, lambda _: b"")
    with pytest.raises(ClientNotTrusted):
        call(trust, good())


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "crit", "b64"]), ODD),
    st.dictionaries(st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant"]), ODD),
)
def test_j_7_no_header_and_no_claim_raises_anything_but_a_refusal(
    header: dict[str, Any], odd_claims: dict[str, Any]
) -> None:
    client = TrustedClient(issuer=ISSUER, jwks_url=JWKS_URL)
    trust = Trust((client,), (BASE,), ReplayGuard(), Clock(), lambda _: jwks(jwk("es384")))
    written = sign(HEADER | header, claims(**odd_claims))
    status = 200
    try:
        call(trust, written)
    except ClientNotTrusted as refusal:
        status = refusal.status
    assert status in (200, 401)


@given(st.text())
def test_j_7_no_authorization_header_raises_anything_but_a_refusal(header: str) -> None:
    trust = Trust((), (BASE,), ReplayGuard(), Clock(), lambda _: b"")
    for written in (header, f"Bearer {header}"):
        with pytest.raises(ClientNotTrusted):
            trust.caller(written, PATH)


def _sandbox(**changes: Any) -> TrustedClient:
    return TrustedClient(issuer=SANDBOX_ISSUER, **({"jwks_file": Path("sandbox")} | changes))


def test_j_10_the_sandbox_may_be_trusted_on_loopback(clock: Clock) -> None:
    Trust((_sandbox(),), ("http://localhost:8000",), ReplayGuard(), clock)
    Trust((_sandbox(jwks_file=SANDBOX_JWKS),), ("http://[::1]:8000",), ReplayGuard(), clock)
    settings = Settings(trusted_clients=(_sandbox(),))
    trust_from_settings(settings, ReplayGuard(), clock)


def test_j_10_a_token_that_only_says_it_is_the_sandbox_is_refused(clock: Clock) -> None:
    trust = Trust((_sandbox(),), ("http://localhost:8000",), ReplayGuard(), clock)
    kid = json.loads(SANDBOX_JWKS.read_bytes())["keys"][0]["kid"]
    jku = f"{SANDBOX_ISSUER}/.well-known/jwks.json"
    written = token(
        {"kid": kid, "jku": jku}, iss=SANDBOX_ISSUER, aud=f"http://localhost:8000{PATH}"
    )
    with pytest.raises(ClientNotTrusted) as caught:
        call(trust, written)
    assert caught.value.reason == "signature"


def test_j_10_the_sandbox_is_never_trusted_on_a_public_address(clock: Clock) -> None:
    for urls in ((BASE,), ("http://localhost:8000", BASE), ("http://127.0.0.1.example.org",)):
        with pytest.raises(SettingsError):
            Trust((_sandbox(),), urls, ReplayGuard(), clock)


def test_j_10_the_sandbox_is_never_trusted_when_the_service_is_bound_to_all_addresses(
    clock: Clock,
) -> None:
    settings = Settings(trusted_clients=(_sandbox(),), host="0.0.0.0")
    with pytest.raises(SettingsError):
        trust_from_settings(settings, ReplayGuard(), clock)


@pytest.fixture
def app(trust: Trust) -> Flask:
    app = Flask(__name__)
    register_edge(app, ())
    register_problems(app)

    @app.post(PATH)
    def view() -> Response:
        trust.caller(request.headers.get("Authorization"), request.path)
        return Response("{}")

    return app


def test_j_7_all_401_bodies_are_the_same_bytes(app: Flask) -> None:
    client = app.test_client()
    answers = set()
    for _, make in REFUSED.values():
        written = make()
        if written is None or written.isascii():
            headers = {"X-Request-Id": "0b2e9c6a-2f0a-4c1f-9d5e-5d1f6a1c7b11"}
            if written is not None:
                headers["Authorization"] = f"Bearer {written}"
            answer = client.post(PATH, headers=headers)
            answers.add((answer.status_code, answer.data, tuple(answer.headers)))
    assert len(answers) == 1
    status, body, sent = answers.pop()
    assert status == 401
    assert ("WWW-Authenticate", "Bearer") in sent
    assert json.loads(body)["resourceType"] == "OperationOutcome"


def test_j_6_over_http_a_good_token_passes_and_a_forbidden_tenant_is_a_403(app: Flask) -> None:
    client = app.test_client()
    answers = [
        client.post(PATH, headers={"Authorization": f"Bearer {good(tenant=tenant)}"}).status_code
        for tenant in ("north", "south")
    ]
    assert answers == [200, 403]
