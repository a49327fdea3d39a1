"""The frame that all pages stand in, for a page of the service and for a report in one file.

A page extends `frame/page.html` and takes its parts from `frame/parts.html`. The service links style and script; a
report holds them, so that it is read without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    Template,
    select_autoescape,
)
from markupsafe import Markup

from cds_service.pages.numbers import counted, per_thousand, share

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = "frame.css"
SCRIPT: Final = "frame.js"
STATES: Final = {
    "critical": ("▲", "Critical"),
    "warning": ("◆", "Warning"),
    "info": ("●", "Information"),
    "ok": ("✓", "Fine"),
    "unknown": ("?", "Not checkable"),
}
"""Icon and word of a state. No state is told by its color alone."""
REPORT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
"""For a page in one file: it may load nothing at all."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """An entry of the navigation at the head of every page."""

    href: str
    label: str


def page_environment(package: str) -> Environment:
    """Templates of this package's folder `templates` beside those of the frame.

    What is written into a page is escaped, and a name that nothing was given for is an error.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
    )
    environment.globals.update(
        states=STATES,
        frame_style=frame_style,
        frame_script=frame_script,
        policy=REPORT_POLICY,
        navigation=(),
        here="",
    )
    environment.filters.update(counted=counted, per_thousand=per_thousand, share=share)
    return environment


@cache
def frame_style() -> Markup:
    """The style sheet, to be put into a page."""
    return Markup(_static(STYLE))  # noqa: S704 - our own file


@cache
def frame_script() -> Markup:
    """The script, to be put into a page."""
    return Markup(_static(SCRIPT))  # noqa: S704 - our own file


def page_html(environment: Environment, template: str | Template, **values: Any) -> str:
    """The page. `is_inline` in the values makes it one file that loads nothing."""
    return environment.get_template(template).render(values)


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
