"""The public keys of a trusted client: from its JWKS address or from a file, cached, never from a token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import msgspec
import requests
import structlog
from cryptography.exceptions import UnsupportedAlgorithm

from cds_service.errors import ClientNotTrusted, SettingsError
from cds_service.fhir.timed import io_until, timed_session
from cds_service.settings import TrustedClient, is_loopback

FetchJwks = Callable[[str], bytes]
"""Address to body. Raises OSError or ValueError when there is none to be had."""

SANDBOX_ISSUER: Final = "https://sandbox.cds-hooks.org"
SANDBOX_JWKS: Final = Path(__file__).with_name("sandbox_jwks.json")
"""The public key of the CDS Hooks sandbox. Its private key is public too: it proves nothing."""
SANDBOX_WORD: Final = Path("sandbox")
"""`"jwks_file": "sandbox"` in a trusted client's entry means SANDBOX_JWKS."""

_FRESH_SECONDS: Final = 600.0
_STALE_SECONDS: Final = 86_400.0
"""How long known keys still count when the address doesn't answer: longer, and a revoked key lives on."""
_PAUSE_SECONDS: Final = 60.0
"""Between two fetches of keys that are old, and between two for keys that nobody knows: anyone can name one."""
_PAUSE_WITHOUT_KEYS: Final = 10.0
_FETCH_SECONDS: Final = 5.0
"""For all of one fetch."""
_WAIT_SECONDS: Final = 1.0
"""For another thread's fetch."""
_MAX_BYTES: Final = 256 * 1024
_MAX_KEYS: Final = 100
_KTY: Final = {"ES": "EC", "RS": "RSA", "PS": "RSA"}
_ALGORITHMS: Final = {"EC": ("ES256", "ES384", "ES512"), "RSA": ("RS256",)}
_KEY_ERRORS: Final = (
    jwt.PyJWTError,
    UnsupportedAlgorithm,
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
"""What PyJWT and cryptography raise for members of a wrong type or size."""
_PUBLIC_MEMBERS: Final = ("kty", "kid", "crv", "x", "y", "n", "e")

_log: Final = structlog.get_logger(__name__)


def start_thread(job: Callable[[], object]) -> None:
    """Runs a job beside the calls."""
    threading.Thread(target=job, daemon=True, name="keys").start()


class ClientKeys:
    """The keys of one client. Any thread may ask; one at a time fetches.

    Keys that have become old still count while new ones are fetched beside the calls. A key that is not known is
    looked for at once, and then not again for a while.
    """

    def __init__(
        self,
        client: TrustedClient,
        fetch: FetchJwks,
        clock: Callable[[], datetime],
        beside: Callable[[Callable[[], object]], None] = start_thread,
    ) -> None:
        self._client = client
        self._fetch = fetch
        self._clock = clock
        self._beside = beside
        self._lock = threading.Lock()
        self._keys: Mapping[str, tuple[dict[str, Any], ...]] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._sought_at: float | None = None
        """When a key that was not known was last looked for in vain."""
        if client.jwks_file is not None:
            self._load_file_first(client.jwks_file)

    def key(self, kid: str, algorithm: str) -> jwt.PyJWK:
        """The key that a token names, bound to the token's algorithm. Raises ClientNotTrusted."""
        has_fetched = False
        if not self._has_keys():
            has_fetched = self._refresh(_PAUSE_WITHOUT_KEYS, wait=_WAIT_SECONDS)
        elif self._is_old() and self._may_try(_PAUSE_SECONDS):
            self._beside(lambda: self._refresh(_PAUSE_SECONDS, wait=0))
        if kid not in self._keys and self._has_keys() and not has_fetched:
            self._seek(kid)
        if not self._is_current():
            raise ClientNotTrusted("no keys of this client could be read", reason="no-keys")
        for candidate in self._keys.get(kid, ()):
            if _is_made_for(candidate, algorithm):
                return _public_key(candidate, algorithm)
        raise ClientNotTrusted("the client has no such key for this algorithm", reason="key")

    def are_known(self) -> bool:
        """False when no token of this client could be checked now.

        Then keys are fetched, and waited for as long as a probe waits.
        """
        if not self._has_keys() and self._may_try(_PAUSE_WITHOUT_KEYS):
            is_over = threading.Event()

            def fetch() -> None:
                self._refresh(_PAUSE_WITHOUT_KEYS, wait=0)
                is_over.set()

            self._beside(fetch)
            is_over.wait(_WAIT_SECONDS)
        return self._has_keys()

    def _has_keys(self) -> bool:
        return bool(self._keys) and self._is_current()

    def _is_current(self) -> bool:
        age = self._age()
        return age is not None and age <= _STALE_SECONDS

    def _is_old(self) -> bool:
        age = self._age()
        return age is None or age > _FRESH_SECONDS

    def _age(self) -> float | None:
        if self._fetched_at is None:
            return None
        age = self._clock().timestamp() - self._fetched_at
        # A clock that was set back must not make old keys young.
        return age if age >= 0 else _FRESH_SECONDS + 1

    def _may_try(self, pause: float) -> bool:
        return not _is_within(self._tried_at, pause, self._clock().timestamp())

    def _seek(self, kid: str) -> None:
        """Fetches the keys once for a key that nobody knows, whenever they were fetched before: it may be new.

        One that was found costs no pause: only a trusted client can have put it there.
        """
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            return
        try:
            now = self._clock().timestamp()
            if kid in self._keys or _is_within(self._sought_at, _PAUSE_SECONDS, now):
                return
            self._fetch_now(now)
            if kid not in self._keys:
                self._sought_at = now
        finally:
            self._lock.release()

    def _refresh(self, pause: float, *, wait: float) -> bool:
        """Fetches the keys, unless that was tried less than `pause` seconds ago. True when it was done here.

        When another thread is fetching, waits at most `wait` seconds for it.
        """
        if not self._lock.acquire(timeout=wait):
            return False
        try:
            now = self._clock().timestamp()
            if _is_within(self._tried_at, pause, now):
                return False
            self._fetch_now(now)
            return True
        finally:
            self._lock.release()

    def _fetch_now(self, now: float) -> None:
        self._tried_at = now
        try:
            self._keys = _read_jwks(self._read())
            self._fetched_at = now
        except (OSError, ValueError) as error:
            _log.warning("keys.not_read", issuer=self._client.issuer, error=type(error).__name__)
            return
        if not self._keys:
            _log.warning("keys.none_usable", issuer=self._client.issuer)

    def _read(self) -> bytes:
        if self._client.jwks_url is not None:
            return self._fetch(self._client.jwks_url)
        path = self._client.jwks_file
        body = (SANDBOX_JWKS if path in (None, SANDBOX_WORD) else path).read_bytes()
        if len(body) > _MAX_BYTES:
            raise ValueError("the file is too large for a JWKS")
        return body

    def _load_file_first(self, path: Path) -> None:
        """A file is there at start or never: its mistakes are told at once."""
        where = f"SPINE_CDS_TRUSTED_CLIENTS: {path}"
        try:
            self._keys = _read_jwks(self._read())
        except OSError as error:
            raise SettingsError((f"{where} can't be read ({error.strerror})",)) from None
        except ValueError as error:
            raise SettingsError((f"{where}: {error}",)) from None
        if not self._keys:
            raise SettingsError((f"{where} holds no public signature key (EC or RSA, with kid)",))
        self._tried_at = self._fetched_at = self._clock().timestamp()


def check_key_files(clients: tuple[TrustedClient, ...], clock: Callable[[], datetime]) -> None:
    """Reads every key file once, before any worker starts. Raises SettingsError with all mistakes."""
    mistakes: list[str] = []
    for client in clients:
        if client.jwks_file is not None:
            try:
                ClientKeys(client, fetch_jwks, clock)
            except SettingsError as error:
                mistakes += error.mistakes
    if mistakes:
        raise SettingsError(tuple(mistakes))


def fetch_jwks(url: str) -> bytes:
    """A JWKS over https (or from loopback): no redirect, at most 5 seconds and 256 kB, no credentials."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("keys are fetched by https only")
    fetched: Future[bytes] = Future()
    # The system's resolver knows no deadline, and each address of a name gets the whole time to connect. What is left
    # waiting there are a few threads: after a failure there is a pause.
    Thread(target=_fetch_into, args=(fetched, url), daemon=True, name="keys-fetch").start()
    return fetched.result(timeout=_FETCH_SECONDS)


def _fetch_into(fetched: Future[bytes], url: str) -> None:
    try:
        fetched.set_result(_fetch(url))
    except Exception as error:  # noqa: BLE001 - told to whoever waits for it
        fetched.set_exception(error)


def _fetch(url: str) -> bytes:
    with (
        io_until(time.monotonic() + _FETCH_SECONDS),
        timed_session() as session,
        session.get(
            url,
            headers={"Accept": "application/jwk-set+json, application/json"},
            timeout=_FETCH_SECONDS,
            allow_redirects=False,
            stream=True,
            auth=_no_auth,
        ) as response,
    ):
        if response.status_code != requests.codes.ok:
            raise ValueError(f"expected status 200, got {response.status_code}")
        body = b""
        for chunk in response.iter_content(16 * 1024):
            body += chunk
            if len(body) > _MAX_BYTES:
                raise ValueError("the answer is too large for a JWKS")
        return body


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Without this, requests would send what ~/.netrc holds for the host.
    return request


def _read_jwks(body: bytes) -> Mapping[str, tuple[dict[str, Any], ...]]:
    """Public signature keys by kid. Keys that can't be used are left out; a set may be empty."""
    try:
        decoded = msgspec.json.decode(body)
    except RecursionError:
        raise ValueError("nested too deep for a JWKS") from None
    except msgspec.MsgspecError:
        raise ValueError("not JSON") from None
    values = decoded.get("keys") if isinstance(decoded, dict) else None
    if not isinstance(values, list) or len(values) > _MAX_KEYS:
        raise ValueError(f"not a JWKS: expected `keys`, an array of at most {_MAX_KEYS}")
    found: dict[str, tuple[dict[str, Any], ...]] = {}
    for value in values:
        if _is_usable(value):
            found[value["kid"]] = (*found.get(value["kid"], ()), value)
    return found


def _is_usable(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    operations = value.get("key_ops")
    return (
        value.get("kty") in ("EC", "RSA")
        and isinstance(value.get("kid"), str)
        and bool(value["kid"])
        and value.get("use", "sig") == "sig"
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        # A private key that is published is nobody's any more.
        and "d" not in value
        and _can_be_read(value)
    )


def _can_be_read(key: Mapping[str, Any]) -> bool:
    """Whether there is an algorithm that this key can be used with."""
    names = [key["alg"]] if isinstance(key.get("alg"), str) else _ALGORITHMS[key["kty"]]
    for name in names:
        try:
            _public_key(key, name)
        except ClientNotTrusted:
            continue
        return True
    return False


def _is_within(moment: float | None, seconds: float, now: float) -> bool:
    # A moment in the future is one of a clock that was set back.
    return moment is not None and 0 <= now - moment < seconds


def _is_made_for(key: Mapping[str, Any], algorithm: str) -> bool:
    return bool(key["kty"] == _KTY.get(algorithm[:2]) and key.get("alg", algorithm) == algorithm)


def _public_key(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK:
    members = {name: key[name] for name in _PUBLIC_MEMBERS if name in key}
    try:
        return jwt.PyJWK(members, algorithm=algorithm)
    except _KEY_ERRORS:
        raise ClientNotTrusted("the client's key can't be read", reason="key") from None
