"""Does what a page says: runs its commands, writes its files, compares its answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from tests.documentation.pages import ROOT, Block

SHOWN_ADDRESS: Final = "127.0.0.1:8000"
_COPIED: Final = (
    "cds_service",
    "docs",
    "fhir_fixtures",
    "scripts",
    "tests",
    "mkdocs.yml",
    "pyproject.toml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
)
_SECONDS: Final = 300


class Reader:
    """Somebody who follows a page in a copy of the project, with a service that already runs."""

    def __init__(self, folder: Path, port: int) -> None:
        """`folder` gets the copy."""
        self.folder = folder
        self.address = f"127.0.0.1:{port}"
        self.printed = ""
        """What the last commands printed."""
        for name in _COPIED:
            _copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(sys.prefix)

    def do(self, block: Block) -> None:
        """What the block says. Raises AssertionError, with the place in the page, when it cannot be done."""
        word, argument = block.told
        if word == "answer":
            mistake = differs(block, self.printed.replace(self.address, SHOWN_ADDRESS))
            assert not mistake, f"{block}: {mistake}\n{self.printed}"
        elif word == "file":
            path = self.folder / argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif word == "append":
            with (self.folder / argument).open("a", encoding="utf-8") as file:
                file.write("\n" + block.text)
        elif block.language == "diff":
            self._run(block, ["patch", "--strip=1", "--no-backup-if-mismatch"], block.text)
        elif block.language == "python":
            self._run(block, [sys.executable, "-"], block.text)
        else:
            self._run(block, ["bash", "-euo", "pipefail", "-c", block.text])

    def _run(self, block: Block, command: list[str], text: str = "") -> None:
        for shown, real in ((SHOWN_ADDRESS, self.address),):
            command = [part.replace(shown, real) for part in command]
            text = text.replace(shown, real)
        others = {name: value for name, value in os.environ.items() if "SPINE_CDS_" not in name}
        environ = others | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environ,
            input=text,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        self.printed = done.stdout
        word, argument = block.told
        wanted = int(argument) if word == "exit" else 0
        assert done.returncode == wanted, (
            f"{block}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )


def differs(block: Block, printed: str) -> str:
    """How what is shown differs from what was printed; empty when it does not, as far as it is shown."""
    if block.language == "json":
        return "; ".join(_json_differs(json.loads(block.text), json.loads(printed), "answer"))
    shown, found = block.text.rstrip().splitlines(), printed.rstrip().splitlines()
    if "…" not in shown:
        return "" if shown == found else f"shown {shown}"
    first = list(takewhile(lambda line: line != "…", shown))
    last = shown[len(first) + 1 :]
    is_same = found[: len(first)] == first and (not last or found[-len(last) :] == last)
    return "" if is_same else f"shown {shown}"


def _json_differs(shown: Any, found: Any, place: str) -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(found, dict):
        for key, value in shown.items():
            if key in found:
                yield from _json_differs(value, found[key], f"{place}.{key}")
            else:
                yield f"{place}.{key} is not there"
    elif isinstance(shown, list) and isinstance(found, list):
        if len(shown) > len(found):
            yield f"{place} has {len(found)} entries"
        for number, (one, other) in enumerate(zip(shown, found, strict=False)):
            yield from _json_differs(one, other, f"{place}[{number}]")
    elif shown != found:
        yield f"{place} is {found!r}"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        # What Python has compiled goes along: it holds as long as a file has its time and size.
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("site", "node_modules"))
    elif source.exists():
        shutil.copy(source, target)
