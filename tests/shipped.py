"""The guideline as shipped, loaded and compiled once for all tests of a run."""

from __future__ import annotations

from functools import cache

from cds_service.advice import CompiledGuideline, compile_guideline
from cds_service.evidence.codes.index import CodeIndex
from cds_service.evidence.orders.catalog import Catalog
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Guideline


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
