"""Who calls: the JWT of a CDS client, checked (CDS Hooks 2.0, section Trusting CDS Clients).

Nothing is fetched and no key is looked at before the issuer is found among the trusted clients, and no
reason leaves this module but for the log: to the outside, one refusal looks like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, NoReturn
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from jwt.utils import base64url_decode

from cds_service.errors import ClientNotTrusted, SettingsError
from cds_service.settings import Algorithm, Settings, TrustedClient, is_loopback
from cds_service.web.keys import (
    SANDBOX_ISSUER,
    ClientKeys,
    FetchJwks,
    fetch_jwks,
)
from cds_service.web.replay_guard import ReplayGuard

Refusal = Literal[
    "no-token", "malformed", "algorithm", "issuer", "audience", "claims", "expired", "not-yet",
    "lifetime", "key", "key-address", "no-keys", "signature", "replayed", "tenant",
]  # fmt: skip
"""Why a caller was refused, in one word for the metrics."""

DEFAULT_ALGORITHMS: Final[tuple[Algorithm, ...]] = ("ES384", "RS384")
"""The two that CDS Hooks recommends."""

_LEEWAY: Final = 10.0
"""Seconds. The CDS Hooks sandbox rounds `iat` up, and the clocks of hospitals differ."""
_MAX_LIFETIME: Final = 3600.0
_MAX_TOKEN: Final = 16 * 1024
_MAX_TEXT: Final = 300
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_BEARER: Final = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_jws: Final = jwt.PyJWS(options={"enforce_minimum_key_length": True})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls."""

    client_id: str
    """The issuer, or `open`."""
    tenant: str | None
    client: TrustedClient | None
    """None in open mode."""


OPEN_CALLER: Final = Caller("open", None, None)
"""Everybody, in open mode."""


class Trust:
    """The trusted clients of one service. Without any, every caller is refused: open mode doesn't ask."""

    def __init__(
        self,
        clients: tuple[TrustedClient, ...],
        public_urls: tuple[str, ...],
        replay_guard: ReplayGuard,
        clock: Callable[[], datetime],
        fetch: FetchJwks = fetch_jwks,
    ) -> None:
        """Raises SettingsError."""
        _check_settings(clients, public_urls)
        self._public_urls = tuple(url.rstrip("/") for url in public_urls)
        self._replay_guard = replay_guard
        self._clock = clock
        self._clients = {client.issuer: client for client in clients}
        self._keys = {client.issuer: ClientKeys(client, fetch, clock) for client in clients}

    def caller(self, authorization: str | None, url_path: str) -> Caller:
        """The caller of one request, from its Authorization header and the path below a public URL.

        Raises ClientNotTrusted: 401, or 403 for a token that is good, of a tenant that is not allowed.
        """
        token = _bearer_token(authorization)
        header, claims = _read_token(token)
        client = self._client(claims.get("iss"))
        self._check_header(header, client)
        self._check_audience(claims.get("aud"), client, url_path)
        now = self._clock()
        expires = _check_times(claims, now.timestamp())
        jti = _text_claim(claims, "jti")
        tenant = None if claims.get("tenant") is None else _text_claim(claims, "tenant")
        self._check_signature(token, header, client)
        if client.tenants and tenant not in client.tenants:
            _refuse("tenant", f"{client.issuer}: the tenant is not allowed", status=403)
        expires_at = datetime.fromtimestamp(expires + _LEEWAY, UTC)
        if self._replay_guard.seen(client.issuer, jti, expires_at, now):
            _refuse("replayed", f"{client.issuer}: the token was used before")
        return Caller(client.issuer, tenant, client)

    def has_keys(self) -> bool:
        """Whether the token of at least one client could be checked now: one EHR that is away is no reason to stop."""
        return any(keys.are_known() for keys in self._keys.values())

    def _client(self, issuer: Any) -> TrustedClient:
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        if client is None:
            _refuse("issuer", f"the issuer is not trusted: {_shown(issuer)}")
        return client

    def _check_header(self, header: Mapping[str, Any], client: TrustedClient) -> None:
        # Extensions that change what the token means; we understand none.
        if "crit" in header or "b64" in header or "zip" in header:
            _refuse("malformed", f"{client.issuer}: the header has an extension")
        allowed = client.algorithms or DEFAULT_ALGORITHMS
        if header.get("alg") not in allowed:
            _refuse("algorithm", f"{client.issuer}: expected one of {', '.join(allowed)}")
        kind = header.get("typ", "JWT")
        if not isinstance(kind, str) or kind.upper() != "JWT":
            _refuse("malformed", f"{client.issuer}: `typ` is not JWT")
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_TEXT:
            _refuse("key", f"{client.issuer}: no `kid`")
        # With a file the address is of no use to us; it is never fetched unless it is the configured one.
        jku = header.get("jku")
        if jku is not None and client.jwks_url is not None and jku != client.jwks_url:
            _refuse("key-address", f"{client.issuer}: `jku` is not the configured jwks_url")

    def _check_audience(self, audience: Any, client: TrustedClient, url_path: str) -> None:
        values = [audience] if isinstance(audience, str) else audience
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            _refuse("claims", f"{client.issuer}: `aud` is neither a text nor a list of texts")
        # Never with the request's own host: behind a proxy it is not the one that the client called.
        ours = {_plain_url(f"{base}/{url_path}") for base in self._public_urls}
        if not any(value in client.audience or _plain_url(value) in ours for value in values):
            _refuse("audience", f"{client.issuer}: `aud` is {_shown(audience)}")

    def _check_signature(
        self, token: str, header: Mapping[str, Any], client: TrustedClient
    ) -> None:
        algorithm = header["alg"]
        key = self._keys[client.issuer].key(header["kid"], algorithm)
        try:
            _jws.decode(token, key, algorithms=[algorithm])
        except (jwt.PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
            _refuse("signature", f"{client.issuer}: the signature is not the client's")


def trust_from_settings(
    settings: Settings,
    replay_guard: ReplayGuard,
    clock: Callable[[], datetime],
    fetch: FetchJwks = fetch_jwks,
) -> Trust:
    """The trusted clients as configured. Raises SettingsError with every mistake."""
    has_sandbox = any(client.issuer == SANDBOX_ISSUER for client in settings.trusted_clients)
    if has_sandbox and not is_loopback(settings.host):
        raise SettingsError((_SANDBOX_MISTAKE,))
    return Trust(settings.trusted_clients, settings.public_urls, replay_guard, clock, fetch)


_SANDBOX_MISTAKE: Final = (
    f"SPINE_CDS_TRUSTED_CLIENTS: {SANDBOX_ISSUER} can be trusted on a loopback address only, because "
    "everybody has its private key. Remove it, or bind 127.0.0.1 and leave SPINE_CDS_PUBLIC_URL out."
)


def _check_settings(
    clients: tuple[TrustedClient, ...],
    public_urls: tuple[str, ...],
) -> None:
    is_public = not all(is_loopback(urlsplit(url).hostname) for url in public_urls)
    if is_public and any(client.issuer == SANDBOX_ISSUER for client in clients):
        raise SettingsError((_SANDBOX_MISTAKE,))


def _bearer_token(authorization: str | None) -> str:
    if not authorization:
        _refuse("no-token", "no Authorization header")
    if len(authorization) > _MAX_TOKEN:
        _refuse("malformed", "the Authorization header is too long")
    match = _BEARER.fullmatch(authorization.strip())
    if match is None or not _TOKEN.fullmatch(match[1]):
        _refuse("malformed", "the Authorization header is not `Bearer` and a JWT")
    return match[1]


def _read_token(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, not verified yet. They are read once, so what is checked is what is used."""
    try:
        parts = _jws.decode_complete(token, options={"verify_signature": False})
        _json_without_repeats(base64url_decode(token.partition(".")[0]))
        claims = _json_without_repeats(parts["payload"])
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        _refuse("malformed", "the token can't be decoded")
    if not isinstance(claims, dict):
        _refuse("malformed", "the claims are not an object")
    return parts["header"], claims


def _json_without_repeats(text: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises ValueError for any other encoding, a byte order mark, and a key twice.

    Then who checked the token before us may have read another token than we do.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key twice")
        return found

    return json.loads(text.decode(), object_pairs_hook=members, parse_constant=_refuse_constant)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("no JSON number")


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """The time at which the token expires. All times are seconds since 1970."""
    expires, issued = _time_claim(claims, "exp"), _time_claim(claims, "iat")
    not_before = issued if claims.get("nbf") is None else _time_claim(claims, "nbf")
    if expires <= now - _LEEWAY:
        _refuse("expired", "the token has expired")
    if max(issued, not_before) > now + _LEEWAY:
        _refuse("not-yet", "the token is not valid yet")
    if not 0 < expires - issued <= _MAX_LIFETIME:
        _refuse("lifetime", f"`exp` has to be after `iat`, by at most {_MAX_LIFETIME:.0f} seconds")
    return expires


def _time_claim(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # A boolean is an int in Python. The bound keeps the sums exact.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        _refuse("claims", f"`{name}` is not a time")
    return float(value)


def _text_claim(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
        _refuse("claims", f"`{name}` is not a text of 1 to {_MAX_TEXT} characters")
    return value


def _plain_url(text: str) -> str:
    """One spelling of a URL: no default port, no double and no last slash, small letters in the host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return text
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        return text
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    return f"{parts.scheme}://{host}{path}"


def _shown(value: Any) -> str:
    """A claim for the log: cut, and without characters that could forge a line of it."""
    return ascii(value)[:120]


def _refuse(reason: Refusal, message: str, *, status: int = 401) -> NoReturn:
    raise ClientNotTrusted(message, status=status, reason=reason)
