"""Which guideline and which choices of a site a run is made with: small, so that other processes can be told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace as with_fields

from cds_service import __version__
from cds_service.advice import AdviceOptions, compile_guideline
from cds_service.cds_hooks.profiles import PROFILES
from cds_service.collecting import uncollected
from cds_service.evidence.codes.concepts import Readings
from cds_service.evidence.codes.kept_readings import KeptReadings
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.vocabulary import load_vocabulary
from cds_service.replay.cases import Day
from cds_service.replay.judging import Names
from cds_service.replay.runner import Engine
from cds_service.replay.what_if import WhatIf
from cds_service.settings import Settings


class EngineChoice(Struct, frozen=True):
    """What decides the answers of a run, beside the data."""

    options: AdviceOptions
    profile: str
    otherwise: Day
    """The day of calls that tell none."""
    knowledge: Path | None = None
    """Folder of a guideline; None: the packaged one."""
    terminology: Path | None = None
    cpt: bool = True
    what_if: WhatIf | None = None
    as_of: date | None = None
    """The day given: for orders that nothing dates, and for `what_if`."""
    key: bytes | None = None
    """Of the hashes that stand for ids; None: ids are told as they are."""

    @property
    def names(self) -> Names:
        """How identifiers are told."""
        return Names(None if self.key is None else Pseudonyms(self.key))

    @property
    def fingerprint(self) -> str:
        """The same for runs that answer the same to the same data."""
        digest = hashlib.sha256(repr((__version__, with_fields(self, key=None))).encode())
        digest.update(self.key or b"")
        root = self.knowledge or Path(str(files("cds_service.knowledge").joinpath("spine_imaging")))
        content = sorted(root.rglob("*.toml"))
        for path in (*content, *((self.terminology,) if self.terminology else ())):
            digest.update(path.read_bytes())
        return digest.hexdigest()


def choose_engine(
    settings: Settings, otherwise: Day, knowledge: Path | None = None
) -> EngineChoice:
    """What a service with these settings would answer. It always explains: the rows are made from that."""
    options = AdviceOptions(
        jurisdiction=settings.jurisdiction,
        site_country=settings.site_country,
        is_quiet=settings.show == "actionable",
        pama=settings.is_pama_on,
        qcdsm_id=settings.qcdsm_id,
        explain=True,
        card_on_missing_data=settings.on_missing_data == "card",
        max_orders=settings.max_orders,
        gives_links=bool(settings.public_url),
    )
    return EngineChoice(
        options,
        settings.profile,
        otherwise,
        knowledge,
        settings.terminology,
        settings.cpt,
    )


def make_engine(choice: EngineChoice) -> Engine:
    """Load and compile the guideline. Raises KnowledgeError."""
    with uncollected():
        guideline = load_guideline(choice.knowledge, cpt=choice.cpt)
        vocabulary = load_vocabulary(choice.terminology, guideline) if choice.terminology else None
        compiled = compile_guideline(guideline, vocabulary)
    # a code means the same in every chart: read once, however many hold it
    index = replace(compiled.index, kept_readings=KeptReadings(Readings))
    return Engine(replace(compiled, index=index), choice.options, PROFILES[choice.profile])
