"""A copy of the guideline that a test may change: as in the tests of the files themselves."""

from tests.knowledge.conftest import edit, mistakes, root

__all__ = ["edit", "mistakes", "root"]
