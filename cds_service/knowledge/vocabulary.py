"""A site's own vocabulary: which of its codes, and which licensed ones, are in the value sets of the guideline.

One JSON file, made by `spine-cds terminology build` and named by SPINE_CDS_TERMINOLOGY. It adds codes and takes
none away: what the guideline's own lists say stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from cds_service.errors import KnowledgeError
from cds_service.knowledge.model import Contrast, Guideline, Modality
from cds_service.knowledge.table import Region

FORMAT: Final = 1
"""Written into every file: another one is refused, not guessed at."""

Codes = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By code system (our word for it, else its URI) and value set id: codes in the spelling of `coding.plain_code`."""


class Origin(Struct, frozen=True):
    """One file or folder that a vocabulary was made from."""

    kind: str
    """rf2, valueset, conceptmap or toml."""
    name: str
    version: str = ""


class SiteStudy(Struct, frozen=True):
    """What an order code of the site images."""

    modality: Modality
    regions: tuple[Region, ...] = ()
    contrast: Contrast = "unspecified"
    display: str = ""


class Vocabulary(Struct, frozen=True):
    """Everything that a site adds."""

    format: int
    made: date
    origins: tuple[Origin, ...]
    codes: dict[str, dict[str, tuple[str, ...]]]
    studies: dict[str, dict[str, SiteStudy]] = {}
    """By URI of the site's code system and code."""

    @property
    def version(self) -> str:
        """The day that it was made: it names the vocabulary in explanations."""
        return self.made.isoformat()

    @property
    def size(self) -> int:
        """How many codes it holds."""
        listed = sum(len(codes) for sets in self.codes.values() for codes in sets.values())
        return listed + sum(len(codes) for codes in self.studies.values())


def load_vocabulary(path: Path, guideline: Guideline) -> Vocabulary:
    """The vocabulary in a file. Raises KnowledgeError with every mistake in it, one line each."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Vocabulary)
    except OSError as error:
        raise KnowledgeError(
            (f"{path}: cannot be read ({error.strerror}). Correct SPINE_CDS_TERMINOLOGY.",)
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise KnowledgeError(
            (f"{path}: is no vocabulary ({error}). Make it with spine-cds terminology build.",)
        ) from error
    mistakes = tuple(_mistakes(path.name, found, guideline))
    if mistakes:
        raise KnowledgeError(mistakes)
    return found


def vocabulary_json(vocabulary: Vocabulary) -> bytes:
    """A vocabulary as it is kept in a file: the same content gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(vocabulary, order="deterministic"), indent=0)


def _mistakes(name: str, found: Vocabulary, guideline: Guideline) -> Iterator[str]:
    if found.format != FORMAT:
        yield (
            f"{name}: has format {found.format}, this version reads {FORMAT}. "
            "Make it again with spine-cds terminology build."
        )
        return
    if not found.size:
        yield f"{name}: holds no code. It would look like a vocabulary and be none. Make it again."
    for value_set in sorted({each for sets in found.codes.values() for each in sets}):
        if value_set not in guideline.value_sets:
            yield (
                f"{name}: there is no value set '{value_set}' in this version of the guideline. "
                "Its codes would count for nothing. Make the file again with this version."
            )
