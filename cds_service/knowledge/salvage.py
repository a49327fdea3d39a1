"""The names in a file that is no valid TOML, so that its one mistake does not make a hundred others."""

from __future__ import annotations

import re
from typing import Any, Final

import tomli

_TABLE_STARTS: Final = re.compile(r"(?m)^(?=\[)")
_HEADER: Final = re.compile(r"(\[{1,2})\s*([\w-]+)")
_ID: Final = re.compile(r'(?m)^id = "([^"]*)"')
_KEY: Final = re.compile(r"(?m)^([\w-]+) *=")


def salvaged(text: str) -> dict[str, Any]:
    """The tables that can be read one by one; of the others the name and the keys, without values."""
    found: dict[str, Any] = {}
    for chunk in _TABLE_STARTS.split(text):
        for key, value in _tables(chunk).items():
            there = found.setdefault(key, value)
            if there is value:
                continue
            if isinstance(there, list) and isinstance(value, list):
                there.extend(value)
            elif isinstance(there, list) and isinstance(value, dict) and there:
                for name, rows in value.items():  # [[card.variant]] belongs to the card before it
                    there[-1].setdefault(name, []).extend(rows)
            elif isinstance(there, dict) and isinstance(value, dict):
                there.update(value)
    return found


def _tables(chunk: str) -> dict[str, Any]:
    try:
        return tomli.loads(chunk)
    except tomli.TOMLDecodeError:
        header = _HEADER.match(chunk)
    if header is None:
        return {}
    if header[1] == "[[":
        return {header[2]: [{"id": name} for name in _ID.findall(chunk)]}
    return {header[2]: dict.fromkeys(_KEY.findall(chunk), "")}
