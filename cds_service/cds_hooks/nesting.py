"""Where in a body the nesting goes too deep, told from its bytes: no decoder gets that far."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}:,]')
_OPENED: Final[dict[bytes, str | int]] = {b"{": "", b"[": 0}
_CLOSING: Final = (b"}", b"]")
_NAME: Final = re.compile(r"[A-Za-z]{1,40}")
_DEEP: Final = 200
"""Levels that no resource has."""
_TOLD: Final = 5
"""Levels of the body that the place names."""


def deep_place(body: bytes) -> str:
    """Path to what is nested too deep, `context.draftOrders.entry[0].resource`; empty: nothing is. In linear time."""
    path: list[str | int] = []
    word = b""
    for match in _TOKEN.finditer(body):
        token = match.group()
        opened = _OPENED.get(token)
        if opened is not None:
            path.append(opened)
            if len(path) > _DEEP:
                return _named(path[:_TOLD])
        elif token in _CLOSING:
            del path[-1:]
        elif token == b":":
            path[-1:] = [word[1:-1].decode(errors="replace")]
        elif token == b",":
            path[-1:] = [step + 1 if isinstance(step, int) else step for step in path[-1:]]
        else:
            word = token
    return ""


def _named(path: list[str | int]) -> str:
    """The steps up to the first that is no name of FHIR's kind: nothing else of the body is told."""
    told = ""
    for step in path:
        if isinstance(step, str) and _NAME.fullmatch(step) is None:
            break
        told += f"[{step}]" if isinstance(step, int) else f".{step}"
    return told.removeprefix(".")
