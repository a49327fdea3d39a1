"""Commands as a user types them, in this process: `main` itself, without the start of an interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from cds_service import cli

Run = Callable[..., "subprocess.CompletedProcess[str]"]
_ROOT = Path(__file__).parents[1]


def run_here(
    capsys: pytest.CaptureFixture[str], *arguments: object, **environ: str
) -> subprocess.CompletedProcess[str]:
    """What a command prints and how it ends. Anything that would be a trace is raised here.

    `environ` holds all SPINE_CDS_* variables that there are.
    """
    typed = ["spine-cds", *map(str, arguments)]
    others = {name: value for name, value in os.environ.items() if "SPINE_CDS_" not in name}
    before = Path.cwd()
    capsys.readouterr()
    os.chdir(_ROOT)
    try:
        with (
            patch.object(sys, "argv", typed),
            patch.dict(os.environ, others | environ, clear=True),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main()
    finally:
        os.chdir(before)
    told = capsys.readouterr()
    code: Any = ended.value.code
    return subprocess.CompletedProcess(typed, code or 0, told.out, told.err)


def run_process(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cds_service", *map(str, arguments)],
        cwd=_ROOT,
        env={"PATH": "/usr/bin:/bin"} | environ,
        capture_output=True,
        text=True,
        check=False,
    )
