"""The guideline as shipped, loaded and compiled once for all tests of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Final
from unittest.mock import patch

from cds_service.advice import CompiledGuideline, compile_guideline
from cds_service.evidence.codes import index as codes
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.orders.catalog import Catalog
from cds_service.evidence.text.reader import TextReader
from cds_service.knowledge.language import Language
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Guideline
from cds_service.knowledge.vocabulary import Vocabulary
from tests.knowledge.parsed import parsed


@cache
def compiled() -> CompiledGuideline:
    """The guideline with its look-ups."""
    return compile_guideline(load_guideline())


def guideline() -> Guideline:
    """The guideline."""
    return compiled().guideline


def index() -> CodeIndex:
    """Its look-ups of codes."""
    return compiled().index


def catalog() -> Catalog:
    """Its catalog of orders."""
    return compiled().catalog


def compiled_like(guideline: Guideline, vocabulary: Vocabulary | None = None) -> CompiledGuideline:
    """A guideline of one's own with its look-ups: its words are compiled only where they are others than those shipped.

    They take nine tenths of the time, and depend on nothing else.
    """
    with patch.object(codes, "TextReader", _reader):
        return compile_guideline(guideline, vocabulary)


def _reader(language: Language) -> TextReader:
    is_shipped = language == guideline().language
    return index().reader if is_shipped else TextReader(language)


_LOADING: Final = (
    "cds_service.knowledge.loader",
    "cds_service.app",
    "cds_service.replay.command",
    "cds_service.replay.engine_choice",
)
_COMPILING: Final = ("cds_service.advice", "cds_service.app", "cds_service.replay.engine_choice")
"""Where the two functions are defined, and the modules that have them from there when they are imported."""


@contextmanager
def loaded_already() -> Iterator[None]:
    """While it is open, what starts in this process takes the packaged guideline as it was loaded here."""
    with ExitStack() as stack:
        for modules, name, instead in (
            (_LOADING, "load_guideline", _loaded),
            (_COMPILING, "compile_guideline", _compiled),
        ):
            for module in modules:
                if (
                    module in sys.modules
                ):  # one that is imported later has it from where it is defined
                    stack.enter_context(patch.object(sys.modules[module], name, instead))
        yield


def _loaded(root: Path | None = None, *, cpt: bool = True) -> Guideline:
    if root is not None:
        return load_guideline(root, cpt=cpt, parse=parsed)
    return guideline() if cpt else _without_cpt()


@cache
def _without_cpt() -> Guideline:
    return load_guideline(cpt=False)


def _compiled(loaded: Guideline, vocabulary: Vocabulary | None = None) -> CompiledGuideline:
    if loaded is guideline() and vocabulary is None:
        return compiled()
    return compiled_like(loaded, vocabulary)
