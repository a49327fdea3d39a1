"""The guideline as shipped, loaded and compiled once for all tests of a run."""

from __future__ import annotations

from functools import cache

from cds_service.evidence.codes.index import CodeIndex, compile_index
from cds_service.evidence.orders.catalog import Catalog, compile_catalog
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.model import Guideline


@cache
def guideline() -> Guideline:
    """The guideline."""
    return load_guideline()


@cache
def index() -> CodeIndex:
    """Its look-ups of codes."""
    return compile_index(guideline())


@cache
def catalog() -> Catalog:
    """Its catalog of orders."""
    return compile_catalog(guideline())
