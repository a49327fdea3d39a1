"""Uploads that never end, from a trusted client: what others notice of 500 of them.

Prints the times of the others without and with them, and when the last of them was ended. Ends with 1 when the 99th
percentile more than doubled, a call failed, or one of them was still there well after the deadline.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import jwt
from bodies import small
from cryptography.hazmat.primitives.asymmetric import ec
from doors import PATH
from serving import served

_ISSUER = "https://ehr.example.org"
_PUBLIC = "https://cds.example.org"
_DEADLINE = 10
_SPARE_SECONDS = 3.0
_MOST_SLOWER = 2.0
_LIFETIME = 300
_OK = 200

NewToken = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the others saw."""

    calls: int
    errors: int
    p50_ms: float
    p99_ms: float


def main() -> int:
    """Measure, print, and end with 1 where the aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=7.0)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    key = ec.generate_private_key(ec.SECP384R1())
    with TemporaryDirectory() as folder, served(**_settings(key, Path(folder))) as (port, _):

        def token() -> str:
            return _token(key)

        _others(port, token, options.connections, 2)
        alone = _others(port, token, options.connections, options.seconds)
        with _unfinished(port, token, options.uploads) as (uploads, opened):
            beside = _others(port, token, options.connections, options.seconds)
            ended = _last_end(uploads) - opened
    for name, seen in (("alone", alone), ("beside them", beside)):
        print(
            f"{name:12}{seen.calls:6} calls  p50 {seen.p50_ms:.1f} ms  p99 {seen.p99_ms:.1f} ms"
            f"  errors {seen.errors}"
        )
    print(f"the last of {options.uploads} uploads was ended {ended:.1f} s after it began")
    is_met = (
        beside.p99_ms <= _MOST_SLOWER * alone.p99_ms
        and alone.errors + beside.errors == 0
        and ended <= _DEADLINE + _SPARE_SECONDS
    )
    return int(not is_met)


def _settings(key: ec.EllipticCurvePrivateKey, folder: Path) -> dict[str, str]:
    public: Any = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = folder / "jwks.json"
    keys.write_text(json.dumps({"keys": [public | {"kid": "k1", "use": "sig"}]}))
    return {
        "SPINE_CDS_PUBLIC_URL": _PUBLIC,
        "SPINE_CDS_TRUSTED_CLIENTS": json.dumps([{"issuer": _ISSUER, "jwks_file": str(keys)}]),
        "SPINE_CDS_RECEIVE_TIMEOUT": str(_DEADLINE),
    }


def _token(key: ec.EllipticCurvePrivateKey) -> str:
    now = int(time.time())  # noqa: TID251 - a token says when it was made
    claims = {
        "iss": _ISSUER,
        "aud": f"{_PUBLIC}{PATH}",
        "iat": now,
        "exp": now + _LIFETIME,
        "jti": str(uuid.uuid4()),  # noqa: TID251 - another for each call
    }
    return jwt.encode(claims, key, algorithm="ES384", headers={"kid": "k1"})


@contextmanager
def _unfinished(
    port: int, token: NewToken, count: int
) -> Iterator[tuple[list[socket.socket], float]]:
    """Uploads that say they are longer than what they send, and the time at which the last one began."""
    with ExitStack() as stack:
        uploads = []
        for number in range(count):
            length = 40_000 if number % 2 else 4_000_000
            head = (
                f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {token()}\r\nContent-Length: {length}\r\n\r\n{{"
            )
            upload = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            upload.sendall(head.encode())
            uploads.append(upload)
        yield uploads, time.monotonic()


def _last_end(uploads: list[socket.socket]) -> float:
    """When the last of them was closed by the service."""
    for upload in uploads:
        upload.settimeout(3 * _DEADLINE)
        while upload.recv(65_536):
            pass
    return time.monotonic()


def _others(port: int, token: NewToken, connections: int, seconds: float) -> Seen:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(connections) as threads:
        sent = [threads.submit(_calls, port, token, until) for _ in range(connections)]
        results = [one.result() for one in sent]
    times = [value for spent, _ in results for value in spent]
    cuts = quantiles(times, n=100)
    return Seen(len(times), sum(bad for _, bad in results), cuts[49] * 1000, cuts[98] * 1000)


def _calls(port: int, token: NewToken, until: float) -> tuple[list[float], int]:
    body = small()
    times, errors = [], 0
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        while time.monotonic() < until:
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {token()}",
            }
            began = time.monotonic()
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            answer.read()
            times.append(time.monotonic() - began)
            errors += answer.status != _OK
    return times, errors


if __name__ == "__main__":
    sys.exit(main())
