"""Real calls taken apart and put together wrong: the second of the generators of `hostile.py`.

The first makes odd calls from nothing. This one begins with the calls of `fhir_fixtures/` and changes what a client,
a proxy or an attacker could change, so most of what arrives is still a chart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from cds_service.replay.cases import Day, SavedCase, find_cases
from tests.replay.conftest import DAY, FIXTURES

Json = Any

_NUMBERS = (
    "1e309",
    "-1e400",
    "9" * 5_000,
    "0." + "0" * 400 + "1",
    "-0",
    "1E+2",
    "00",
    "0x10",
    "NaN",
)
"""Put into the text, because no JSON library writes them."""
_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud83d",
    "x" * 70_000,
    "no " * 5_000,
    "(" * 3_000,
    "1/2/" * 2_000,
    "cauda equina?",
    "腰痛",
)
_MANY = (50, 400, 2_000)
_LONGEST = 18_000_000
"""Bytes of a body: a little more than the service takes."""
_USUAL = 300_000
"""Bytes of most bodies in which something is repeated: making the longest ones costs more than answering them."""
_SHARE_OF_LONGEST = 0.02


@cache
def bodies() -> tuple[tuple[str, bytes], ...]:
    """Service and body of every call of the fixtures."""
    found = [
        item
        for folder in (Path(FIXTURES, "patients"), Path(FIXTURES, "hooks"))
        for item in find_cases(folder, Day(DAY, "option"))
        if isinstance(item, SavedCase)
    ]
    return tuple((case.service_id, case.body) for case in found)


def mutated(number: int) -> tuple[str, bytes]:
    """Service and body of one call, the same for the same number."""
    random = Random(number)  # noqa: S311 - no secret
    service, body = random.choice(bodies())
    call = json.loads(body)
    changes = random.choices(_CHANGES, k=random.randint(1, 4))
    for change in (one for one in changes if one is not _repeat):
        change(call, random)
    if _repeat in changes:
        # Last: the others would walk through all that it makes.
        _repeat(call, random)
    text = json.dumps(call).encode()
    for _ in range(random.choice((0, 0, 0, 1, 3))):
        text = random.choice(_CUTS)(text, random)
    return service, text


def _places(value: Json) -> list[tuple[Json, Any]]:
    """(container, key) of every value inside."""
    found: list[tuple[Json, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict | list):
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            found += [(here, key) for key in keys]
            waiting += [here[key] for key in keys]
    return found


def _anywhere(call: Json, random: Random) -> tuple[Json, Any]:
    return random.choice(_places(call))


def _remove(call: Json, random: Random) -> None:
    here, key = _anywhere(call, random)
    del here[key]


def _text(call: Json, random: Random) -> None:
    here, key = _anywhere(call, random)
    here[key] = random.choice(_TEXTS)


def _swap(call: Json, random: Random) -> None:
    """Two values of one call change places: a resource where a code belongs."""
    (here, key), (there, other) = _anywhere(call, random), _anywhere(call, random)
    here[key], there[other] = (
        json.loads(json.dumps(there[other])),
        json.loads(json.dumps(here[key])),
    )


def _wrap(call: Json, random: Random) -> None:
    here, key = _anywhere(call, random)
    here[key] = random.choice(
        ([here[key]], {"value": here[key]}, [here[key]] * 3, {"coding": here[key]})
    )


def _rename(call: Json, random: Random) -> None:
    here, key = _anywhere(call, random)
    if isinstance(here, dict):
        here[random.choice((key.upper(), key + "s", key[:-1], f"_{key}", ""))] = here.pop(key)


def _repeat(call: Json, random: Random) -> None:
    """One entry of a list very often."""
    lists = [here for here, _ in _places(call) if isinstance(here, list) and here]
    if lists:
        here = random.choice(lists)
        longest = _LONGEST if random.random() < _SHARE_OF_LONGEST else _USUAL
        room = max(0, longest - len(json.dumps(call)))
        here += [here[-1]] * min(random.choice(_MANY), room // (len(json.dumps(here[-1])) + 1))


def _from_another(call: Json, random: Random) -> None:
    """Prefetch of another patient, or the orders of another call."""
    other = json.loads(random.choice(bodies())[1])
    part = random.choice(("prefetch", "context", "hook"))
    if part in other:
        call[part] = other[part]


def _number(call: Json, random: Random) -> None:
    here, key = _anywhere(call, random)
    here[key] = f"<<{random.choice(_NUMBERS)}>>"


def _bare_numbers(text: bytes, _random: Random) -> bytes:
    return text.replace(b'"<<', b"").replace(b'>>"', b"")


def _cut(text: bytes, random: Random) -> bytes:
    return text[: random.randrange(len(text) + 1)]


def _flip(text: bytes, random: Random) -> bytes:
    if not text:
        return text
    at = random.randrange(len(text))
    return text[:at] + bytes([random.randrange(256)]) + text[at + 1 :]


def _double(text: bytes, random: Random) -> bytes:
    """A piece of the text twice: keys twice, brackets too many."""
    start = random.randrange(len(text) + 1)
    piece = text[start : start + random.choice((1, 20, 400))]
    return text[:start] + piece + text[start:]


def _deep(text: bytes, random: Random) -> bytes:
    depth = random.choice((100, 700, 983, 3_000))
    return text.replace(b": ", b": " + b"[" * depth + b"]" * depth + b', "x": ', 1)


_CHANGES: tuple[Callable[[Json, Random], None], ...] = (
    _remove, _text, _swap, _wrap, _rename, _repeat, _from_another, _number,
)  # fmt: skip
_CUTS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _bare_numbers, _bare_numbers, _cut, _flip, _double, _deep,
)  # fmt: skip
