"""The pages of the documentation, and the fenced blocks in them.

A comment above a block says what a test does with it:

    <!-- not run: why -->        nothing
    <!-- exit: 1 -->             its commands end with this code
    <!-- answer -->              what the commands before it print, as far as it is shown
    <!-- file: path -->          the block is that file
    <!-- append: path -->        the block stands at the end of that file

A block of `sh` or `python` without a comment is run, a `diff` is applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "fhir_fixtures" / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("tests/*/README.md"),
    ]
)
_BLOCK: Final = re.compile(
    r"(?:^<!-- (?P<note>[^\n]+) -->\n)?^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    """Of its first line in the page."""
    language: str
    note: str
    """What the comment above says: a word, and what stands behind its colon."""
    text: str

    @property
    def told(self) -> tuple[str, str]:
        """The word of the comment, and its argument; both empty without a comment."""
        word, _, argument = self.note.partition(": ")
        return word, argument

    @property
    def is_done(self) -> bool:
        """Whether a test does anything with it."""
        word, _ = self.told
        return word in ("answer", "file", "append") or (
            word != "not run" and self.language in ("sh", "python", "diff")
        )

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """In the order of the page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, found.start("text")) + 1,
            found["language"],
            found["note"] or "",
            found["text"],
        )
        for found in _BLOCK.finditer(text)
    ]
