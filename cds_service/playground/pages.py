"""What the screen asks of the server beside CDS Hooks: cases, choices, words as read, and its own files.

Nothing here gives advice, and nothing is kept: what is pasted is answered and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cds_service.advice import CompiledGuideline
from cds_service.cds_hooks.discovery import HookService
from cds_service.errors import HookRequestError
from cds_service.playground.choices import choices_json
from cds_service.playground.markdown import detail_tree
from cds_service.playground.opened import (
    OpenedCase,
    kept_case,
    opened_paste,
    opened_story,
    read_request,
)
from cds_service.playground.stories import packed_stories
from cds_service.playground.words import read_words_json
from cds_service.settings import Settings
from cds_service.web.bodies import json_body
from cds_service.web.edge import json_response

_STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript"}
_MOST_TEXTS: Final = 200
_Body = TypeVar("_Body", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Playing:
    """What the screen is about: one service."""

    settings: Settings
    compiled: CompiledGuideline
    services: tuple[HookService, ...]
    today: Callable[[], date]


class _Texts(msgspec.Struct):
    texts: Annotated[list[str], msgspec.Meta(max_length=_MOST_TEXTS)]


class _Pasted(msgspec.Struct, rename="camel"):
    text: str
    as_of: str = ""
    """The day that the case is of; empty where that is not said."""


def playground_blueprint(playing: Playing) -> Blueprint:
    """`/playground/…`. The page itself is at `/`."""
    blueprint = Blueprint("playground", __name__, url_prefix="/playground")
    _add_files(blueprint)
    _add_cases(blueprint, playing)
    _add_readings(blueprint, playing)
    return blueprint


def _add_files(blueprint: Blueprint) -> None:
    bodies = {path.name: path.read_bytes() for path in _STATIC.iterdir() if path.suffix in _KINDS}

    @blueprint.get("/<name>")
    def file(name: str) -> Response:
        if name not in bodies:
            raise NotFound
        response = Response(bodies[name], mimetype=_KINDS[Path(name).suffix])
        response.headers["Cache-Control"] = "no-cache"
        return response


def _add_cases(blueprint: Blueprint, playing: Playing) -> None:
    choices = choices_json(playing.compiled, packed_stories().values(), playing.services)
    # What else decides whether a card is seen.
    choices |= {"mode": playing.settings.mode, "explains": playing.settings.explain}

    @blueprint.get("/choices")
    def choose() -> Response:
        return _json(choices | {"today": playing.today().isoformat()})

    @blueprint.get("/stories/<name>/<call>")
    def story(name: str, call: str) -> Response:
        found = packed_stories().get(name)
        if found is None or call not in found.calls:
            raise NotFound
        opened = opened_story(found, call, playing.today())
        return _json(_opened_json(opened) | {"special": found.special, "story": found.story})

    @blueprint.post("/paste")
    def paste() -> Response:
        pasted = _decoded(playing, _Pasted)
        opened = opened_paste(pasted.text.encode(), _day(pasted.as_of), playing.today())
        return _json(_opened_json(opened))

    @blueprint.post("/keep")
    def keep() -> Response:
        body = json_body(request.environ, playing.settings.max_body)
        return _json(kept_case(read_request(body), playing.today()))


def _add_readings(blueprint: Blueprint, playing: Playing) -> None:
    @blueprint.post("/words")
    def words() -> Response:
        texts, today = _decoded(playing, _Texts).texts, playing.today()
        return _json({"texts": [read_words_json(text, playing.compiled, today) for text in texts]})

    @blueprint.post("/markdown")
    def markdown() -> Response:
        return _json({"trees": [detail_tree(text) for text in _decoded(playing, _Texts).texts]})


def _opened_json(opened: OpenedCase) -> dict[str, Any]:
    return {
        "request": opened.request,
        "asOf": opened.as_of.isoformat(),
        "movedDays": opened.moved_days,
        "leftOut": opened.left_out,
    }


def _decoded(playing: Playing, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(json_body(request.environ, playing.settings.max_body), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        names = ", ".join(kind.__struct_encode_fields__)
        raise HookRequestError(f"Expected a JSON object with: {names}.", code="structure") from None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HookRequestError(
            "The day of the case is no day. Expected one such as 2026-06-15.", expression="as_of"
        ) from None


def _json(value: Mapping[str, Any]) -> Response:
    return json_response(msgspec.json.encode(value))
