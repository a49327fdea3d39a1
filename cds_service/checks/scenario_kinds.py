"""Which criteria lack a kind of clinical scenario. Scenarios are data beside the tests; see their README."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cds_service.checks.remark import Remark
from cds_service.knowledge.model import Guideline

KINDS: Final = ("present", "near-miss", "refuted", "outdated", "not-documented")
"""Every criterion has a case of each, or says why the kind makes no sense for it."""


def scenario_remarks(guideline: Guideline, folder: Path) -> Iterator[Remark]:
    """An error for every criterion and kind without a case in the folder's TOML files and without an excuse."""
    seen: set[tuple[str, str]] = set()
    for path in sorted(folder.glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            yield Remark("error", path.name, f"cannot be read as TOML: {error}")
            continue
        seen |= {
            (case.get("criterion", ""), case.get("kind", "")) for case in content.get("case", ())
        }
        for criterion, kinds in content.get("not_applicable", {}).items():
            seen |= {(criterion, kind) for kind in kinds}
    for group in guideline.groups:
        for criterion_ in group.criterion:
            for kind in KINDS:
                if (criterion_.id, kind) not in seen:
                    yield Remark(
                        "error",
                        f"criterion '{criterion_.id}'",
                        f"no scenario of kind '{kind}'. Add one to {folder}, or say under "
                        "[not_applicable] why it makes no sense.",
                    )
