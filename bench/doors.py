"""Service and floor called in this process, through the same WSGI door that a server uses: no socket, no thread."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import floor_app
from bodies import AS_OF

from cds_service.app import configure_logs, create_app, open_history
from cds_service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Door = Callable[[bytes], bytes]
PATH = "/cds-services/spine-imaging-order-select"


@contextmanager
def service_door() -> Iterator[Door]:
    """The service as it runs, its log line and its history included; logs go nowhere."""
    with TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        settings = Settings(
            as_of=AS_OF,
            database_url=f"sqlite:///{folder}/history.sqlite",
            history_key=Path(folder, "history.key"),
        )
        was, sys.stderr = sys.stderr, nowhere
        configure_logs(settings.log_level)
        history = open_history(settings)
        try:
            yield door(create_app(settings, history=history))
        finally:
            history.close()
            sys.stderr = was


def floor_door() -> Door:
    """The floor."""
    return door(floor_app.floor())


def door(application: WSGIApplication) -> Door:
    """Sends a body to an app. Raises RuntimeError when the answer is no 200."""
    seen: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], None]:
        seen.append(status)
        return lambda _: None

    def call(body: bytes) -> bytes:
        answer = application(_environ(body), start_response)
        written = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        status = seen.pop()
        if not status.startswith("200"):
            raise RuntimeError(status)
        return written

    return call


def _environ(body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
