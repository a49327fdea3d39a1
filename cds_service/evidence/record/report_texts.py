"""The words of a report that came as plain text: its conclusion, else all of it but why it was asked for."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from cds_service.evidence.loose_json import as_object, as_text, each

_SECTION: Final = re.compile(r"^[ \t]*([^\W\d_][^\n:]{1,39}):", re.MULTILINE)
_CHARSET: Final = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)


def presented_text(
    forms: object, conclusion: re.Pattern[str] | None, request: re.Pattern[str] | None
) -> str:
    """What a report says, by its `presentedForm`; empty where none of them is plain text that can be decoded.

    `conclusion` and `request` are the headings of what was concluded, and of why and how the study was done.
    """
    for form in map(as_object, each(forms)):
        kind = as_text(form.get("contentType"))
        if kind.partition(";")[0].strip().lower() != "text/plain":
            continue
        text = _decoded(as_text(form.get("data")), kind)
        if text:
            return _told(text, conclusion, request)
    return ""


def _decoded(data: str, kind: str) -> str:
    try:
        body = base64.b64decode(data)
    except (binascii.Error, ValueError):
        return ""
    stated = _CHARSET.search(kind)
    for charset in (stated[1] if stated else "utf-8", "utf-8", "latin-1"):
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return ""


def _told(text: str, conclusion: re.Pattern[str] | None, request: re.Pattern[str] | None) -> str:
    headings = list(_SECTION.finditer(text))
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    sections = [(text[: headings[0].start()] if headings else text, "")]
    sections += [
        (text[heading.end() : end], heading[1])
        for heading, end in zip(headings, ends if headings else (), strict=True)
    ]
    concluded = [body for body, name in sections if conclusion and conclusion.search(name)]
    if concluded:
        return "\n".join(concluded)
    return "\n".join(
        f"{name}: {body}" if name else body
        for body, name in sections
        if not (request and request.search(name))
    )
