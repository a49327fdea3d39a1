"""How the time of a call grows with the record, from 10 to 10,000 resources: a table, and a plot without a library."""

from __future__ import annotations

from math import ceil, floor, log10
from pathlib import Path
from typing import Final

from inside import Block

_SIZES: Final = (10, 30, 100, 300, 1000, 3000, 10_000)
_ROUNDS: Final = 3
_WIDTH, _HEIGHT, _EDGE = 640, 400, 60
_OPENING: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="13" '
    'font-family="sans-serif">'
)
_COLORS: Final = {"floor": "#888888", "service": "#1f5fa8"}

Growth = dict[str, list[float]]
"""CPU ms of one call at each size, by server."""


def measured_growth(block: Block) -> Growth:
    """Every size with both servers, the least of a few rounds."""
    return {
        server: [
            min(block(server, size, max(2, 1000 // size)) for _ in range(_ROUNDS))
            for size in _SIZES
        ]
        for server in _COLORS
    }


def written_growth(growth: Growth, plot: Path | None) -> str:
    """The table; the plot goes into a file when there is one."""
    if plot is not None:
        plot.write_text(_svg(growth), encoding="utf-8")
    lines = ["| resources | floor | service | service, µs a resource |", "|---:|---:|---:|---:|"]
    for size, least, whole in zip(_SIZES, growth["floor"], growth["service"], strict=True):
        lines.append(f"| {size:,} | {least:.2f} ms | {whole:.2f} ms | {whole / size * 1000:.0f} |")
    return "\n".join((*lines, ""))


def _svg(growth: Growth) -> str:
    """Both axes are logarithmic: a straight line that climbs one decade in one is linear growth."""
    times = [time for row in growth.values() for time in row]
    least, most = floor(log10(min(times))), ceil(log10(max(times)))

    def across(size: int) -> float:
        return _EDGE + (log10(size) - 1) / 3 * (_WIDTH - 2 * _EDGE)

    def up(time: float) -> float:
        share = (log10(time) - least) / (most - least)
        return _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)

    parts = [
        _OPENING,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 24, "CPU time of a call by resources in the record", "middle"),
    ]
    for power in range(least, most + 1):
        height = up(10**power)
        parts.append(_line(_EDGE, height, _WIDTH - _EDGE, height))
        parts.append(_text(_EDGE - 8, height + 4, f"{10**power:g} ms", "end"))
    for size in (10, 100, 1000, 10_000):
        parts.append(_line(across(size), _EDGE, across(size), _HEIGHT - _EDGE))
        parts.append(_text(across(size), _HEIGHT - _EDGE + 20, f"{size:,}", "middle"))
    for server, row in growth.items():
        points = " ".join(
            f"{across(size):.1f},{up(time):.1f}" for size, time in zip(_SIZES, row, strict=True)
        )
        color = _COLORS[server]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(_text(_WIDTH - _EDGE + 4, up(row[-1]) + 4, server, "start", color))
    return "\n".join((*parts, "</svg>", ""))


def _text(x: float, y: float, words: str, anchor: str, color: str = "black") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{color}">{words}</text>'


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    ends = f'x1="{x:.0f}" y1="{y:.0f}" x2="{to_x:.0f}" y2="{to_y:.0f}"'
    return f'<line {ends} stroke="#dddddd"/>'
