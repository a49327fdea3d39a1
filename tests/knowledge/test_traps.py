"""Phrases that hide a word that they hold: none hides a finding behind nothing but small words."""

from __future__ import annotations

from typing import Final

import pytest

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.folding import folded
from cds_service.evidence.text.lexicon import Lexicon
from cds_service.evidence.text.tokens import words_of
from cds_service.knowledge.language import Language
from cds_service.knowledge.model import Guideline

SMALL: Final = {
    "en": "with for in on since after and of from at to by is was over now but or the a his her",
    "de": "mit in im an auf seit nach und von vom aus zu bei ist war über aber oder die der das den dem",
    "es": "con en desde tras y de del a al por para es era sobre o el la los las un una",
    "fr": "avec en dans depuis après et de du des à au par pour est sur ou le la les un une",
    "pt": "com em no na desde após e de do da a ao por para é sobre ou o os as um uma",
    "it": "con in nel da dal dopo e di del della a al per è su o il la i le un una",
    "tr": "ile ve için sonra beri var olan bu bir de da",
    "ru": "с в на после и от из к по за при или у до",
    "ar": "مع في منذ بعد و من الى عن على عند او",
}
MEANT: Final = frozenset((
    # "AS" and things, no bodies: what follows does not make them any
    "as a", "sensitive to", "dish of", "trip to", "slip of", "port of", "bumped to",
    # pleased by, sat on
    "gefallen an", "на стуле",
))  # fmt: skip


@pytest.fixture(scope="module")
def lexicon(guideline: Guideline) -> Lexicon:
    return Lexicon(guideline.language)


def hiding(language: Language, code: str, lexicon: Lexicon) -> list[str]:
    """Traps that begin with the word of a finding and end with small words alone."""
    small = {folded(word) for word in SMALL[code].split()}
    findings = ClassBits(language).of_role("finding")
    found = []
    for written in language.words[code].get("trap", ()):
        first, *rest = words_of(folded(written.replace("*", ""))) or ("",)
        entry = lexicon.table.get(first)
        is_finding = entry is not None and entry.in_any_language & findings
        if is_finding and rest and small.issuperset(rest) and written not in MEANT:
            found.append(written)
    return found


@pytest.mark.parametrize("code", SMALL)
def test_no_trap_hides_a_finding_before_small_words(
    code: str, guideline: Guideline, lexicon: Lexicon
) -> None:
    assert hiding(guideline.language, code, lexicon) == []
