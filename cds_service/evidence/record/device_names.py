"""What an implant is called on a card: the telling part of the name that a record gives it."""

from __future__ import annotations

import re
from typing import Final

from cds_service.evidence.codes.index import CodeIndex

NAME_LENGTH: Final = 26
"""Characters of a name that every form of a summary has room for."""

_TAG: Final = re.compile(
    r"\s*\((?:physical object|finding|disorder|procedure|situation)\)\s*$", re.IGNORECASE
)
"""The semantic tag behind a fully specified name of SNOMED CT."""


def device_name(display: str, index: CodeIndex) -> str:
    """The name without what leads up to it; where it is still long, the words in it that name an implant."""
    name = _TAG.sub("", " ".join(display.split()))
    lead_ins = index.compiled.device_lead_ins
    while lead_ins is not None and (found := lead_ins.match(name)) is not None:
        name = name[found.end() :].lstrip(" ,;:-)")
    name = name or display
    if len(name) > NAME_LENGTH:
        name = _phrase(name, index) or name
    return name[:1].upper() + name[1:]


def _phrase(name: str, index: CodeIndex) -> str:
    """The longest words of the name that are an implant of the guideline and fit."""
    words = index.compiled.implant_words
    if words is None:
        return ""
    found = [match[0] for match in words.finditer(name) if len(match[0]) <= NAME_LENGTH]
    return max(found, key=len, default="")
