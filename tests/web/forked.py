"""Services that are forked from a process in which the guideline is loaded: a start takes a tenth of the time.

What is theirs alone is as in any other: their environment, folder, address, workers, signals and end. A few services of
the tests start from nothing all the same.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Final

from cds_service import cli
from tests import shipped

_FORKS: Final = multiprocessing.get_context("forkserver")


class ForkedService:
    """A process that runs `spine-cds serve`."""

    def __init__(self, folder: Path, environ: dict[str, str], log: Path | None) -> None:
        """`folder` is where it stands, `environ` all that it is told; without `log` what it prints is dropped."""
        # Once for all: the process that they are forked from loads this module first.
        _FORKS.set_forkserver_preload(["tests.web.loaded"])
        self._process = _FORKS.Process(target=_serve, args=(folder, environ, log))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        if self._process.is_alive():
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        """Raises AssertionError when it has not ended by then."""
        self._process.join(seconds)
        assert not self._process.is_alive()


def _serve(folder: Path, environ: dict[str, str], log: Path | None) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    output = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for printed in (1, 2):
        os.dup2(output, printed)
    sys.argv = ["spine-cds", "serve"]
    with shipped.loaded_already():
        cli.main()
