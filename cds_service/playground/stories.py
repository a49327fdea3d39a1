"""The made-up patients that come with the package, so that an installed service has them too."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.replay.cases import RECORD, STORY, is_hook_call

PACKED: Final = "stories.jsonl"
"""Beside this file, one story a line; `scripts/pack_stories.py` makes it from `fhir_fixtures/patients`."""


class Story(msgspec.Struct, frozen=True):
    """One patient: chart, and the calls that are made about it."""

    name: str
    title: str
    special: str
    story: str
    as_of: date
    record: dict[str, Any]
    calls: dict[str, dict[str, Any]]
    """By the name of the file, as `order-select.mri-lumbar`; never empty."""


@cache
def packed_stories() -> Mapping[str, Story]:
    """All stories, by name, in the order of their names."""
    text = files(__package__).joinpath(PACKED).read_bytes()
    return {story.name: story for story in msgspec.json.Decoder(Story).decode_lines(text)}


def packed(folder: Path) -> bytes:
    """The stories below a folder as they are packed. Expected cards are left out: they come from the service."""
    stories = [
        Story(
            name=path.parent.name,
            calls=_calls(path.parent),
            record=msgspec.json.decode((path.parent / RECORD).read_bytes()),
            **tomllib.loads(path.read_text(encoding="utf-8")),
        )
        for path in sorted(folder.glob(f"*/{STORY}"))
    ]
    return msgspec.json.Encoder().encode_lines(stories)


def _calls(folder: Path) -> dict[str, dict[str, Any]]:
    found = {
        path.name.removesuffix(".json"): msgspec.json.decode(path.read_bytes())
        for path in sorted(folder.glob("*.json"))
    }
    return {name: call for name, call in found.items() if is_hook_call(call)}
