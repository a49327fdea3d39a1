"""Plots that Plotly's own script draws in the browser, in the colors of the page. Each has a table beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

_BAR: Final = 28
"""Pixels of a bar that lies, with the space around it."""
_UPRIGHT: Final = 320
_LABEL: Final = 48
"""Characters of a label on an axis."""
_BELOW: Final = {
    "xref": "paper", "x": 1, "xanchor": "right",
    "yref": "paper", "y": 0, "yanchor": "top", "yshift": -26,
    "showarrow": False,
}  # fmt: skip
"""Place of an axis' title that may be wider than the bars beside long labels: it ends where they end."""
_CLEAR: Final = "rgba(0,0,0,0)"


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one color; the colors differ in lightness too, so that they are told apart without color."""

    name: str
    values: tuple[float, ...]
    token: str
    """Name of a color of the style sheet."""


def plot_script() -> Markup | None:
    """Plotly's script from the installed package, to be put into a page; None where it is not installed."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - optional, and four megabytes
    except ImportError:
        return None
    # In a script element nothing but its end tag has a meaning.
    return Markup(get_plotlyjs().replace("</script", "<\\/script"))  # noqa: S704 - a library's own file


def lying_bars(labels: Sequence[str], series: Sequence[Series], axis: str) -> Markup:
    """Bars from left to right, the first label on top."""
    data = [
        _bars(one)
        | {"orientation": "h", "x": list(one.values), "y": [_cut(label) for label in labels]}
        for one in series
    ]
    layout = _layout(len(series) > 1)
    layout["height"] = _BAR * len(labels) + 96 + (32 if len(series) > 1 else 0)
    layout["xaxis"] |= {"rangemode": "tozero"}
    layout["annotations"] = [_BELOW | {"text": axis}]
    layout["margin"] |= {"b": 56}
    layout["yaxis"] |= {"autorange": "reversed", "type": "category", "automargin": True}
    return _json(data, layout)


def standing_bars(labels: Sequence[str], series: Sequence[Series], axis: str, below: str) -> Markup:
    """Bars upright, from left to right as the labels come."""
    data = [
        _bars(one) | {"x": [_cut(label) for label in labels], "y": list(one.values)}
        for one in series
    ]
    layout = _layout(len(series) > 1)
    layout["height"] = _UPRIGHT
    layout["xaxis"] |= {"type": "category", "title": {"text": below}}
    layout["yaxis"] |= {"title": {"text": axis}, "rangemode": "tozero"}
    return _json(data, layout)


def _bars(series: Series) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": series.name,
        "marker": {
            "color": f"token:{series.token}",
            "line": {"color": "token:ink", "width": 0.5},
        },
        "hovertemplate": "%{fullData.name}: %{value:,.1f}<extra></extra>",
    }


def _layout(has_legend: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two looks
    axis = {
        "gridcolor": "token:line",
        "zerolinecolor": "token:edge",
        "linecolor": "token:edge",
        "automargin": True,
        "fixedrange": True,
    }
    return {
        "barmode": "stack",
        "bargap": 0.25,
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "token:ink"},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "margin": {"l": 8, "r": 16, "t": 8, "b": 40},
        "showlegend": has_legend,
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }


def _cut(label: str) -> str:
    short = label if len(label) <= _LABEL else f"{label[: _LABEL - 1].rstrip()}…"
    # Plotly reads some tags and entities of HTML in its labels.
    return short.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}").replace(
        "&", "&\N{ZERO WIDTH SPACE}"
    )


def _json(data: list[dict[str, Any]], layout: dict[str, Any]) -> Markup:
    text = json.dumps({"data": data, "layout": layout}, ensure_ascii=False)
    # Inside a script element: no text of ours can end it.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - escaped for where it stands
