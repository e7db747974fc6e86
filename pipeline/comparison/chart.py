"""A small line chart as SVG, in the page's own colours, so that it is right in the light and in the dark."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from pipeline.report.numbers import number

WIDTH, HEIGHT = 320, 210  # in CSS pixels
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 32, 36  # margins around the lines
TICKS = 4  # at most, on each axis
RADIUS = 2.6  # of a point


class Line(NamedTuple):
    """One line of a chart."""

    colour: int  # number of the page's colour, from 0
    name: str  # for the text that appears over a point
    dashed: bool
    points: Sequence[tuple[float, float]]


def chart(title: str, unit: str, axis: str, lines: Sequence[Line]) -> str:
    """Return a chart as <svg>; the page has the classes `line-0` … for its colours.

    Args:
        title: Above it.
        unit: Of the values, behind the title; "" for none.
        axis: What the horizontal axis is.
        lines: In the order in which they are drawn; at least one has a point that is finite.
    """
    points = [point for line in lines for point in line.points if math.isfinite(point[1])]
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    x_ticks = [tick for tick in ticks([x_low, x_high]) if float(tick).is_integer() and x_low <= tick <= x_high]
    y_ticks = ticks([y for _, y in points])
    y_low, y_high = min(y_ticks[0], *(y for _, y in points)), max(y_ticks[-1], *(y for _, y in points))

    def across(x: float) -> float:
        share = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def up(y: float) -> float:
        share = (y - y_low) / (y_high - y_low) if y_high > y_low else 0.5
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    names = ", ".join(dict.fromkeys(line.name for line in lines))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} by {escape(axis)}: '
             f'{escape(names)}"><text class="title" x="8" y="17">{escape(title)}'
             f'{f"<tspan> {escape(unit)}</tspan>" if unit else ""}</text>']
    for y in y_ticks:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(y)}" y2="{up(y)}"/>'
                     f'<text class="tick end" x="{LEFT - 6}" y="{up(y) + 4}">{number(round(y, 10))}</text>')
    for x in x_ticks:
        parts.append(f'<text class="tick middle" x="{across(x)}" y="{HEIGHT - BOTTOM + 16}">{x:g}</text>')
    parts.append(f'<text class="tick middle" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 5}">{escape(axis)}</text>')
    for line in lines:
        shown = [(x, y) for x, y in line.points if math.isfinite(y)]
        path = " ".join(f"{across(x)},{up(y)}" for x, y in shown)
        dashed = " dashed" if line.dashed else ""
        of = "validation images" if line.dashed else "training images"
        dots = "".join(f'<circle cx="{across(x)}" cy="{up(y)}" r="{RADIUS}"><title>{escape(line.name)}, {of}, '
                       f"{escape(axis)} {x:g}: {number(y)}</title></circle>" for x, y in shown)
        parts.append(f'<g class="line-{line.colour}{dashed}"><polyline points="{path}"/>{dots}</g>')
    return "".join([*parts, "</svg>"])


def ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers that span the values: `TICKS` steps of 1, 2 or 5 times a power of ten, or fewer."""
    low, high = min(values), max(values)
    if low == high:
        return [low]
    power = 10 ** math.floor(math.log10((high - low) / TICKS))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= TICKS)
    first = math.floor(low / step) * step
    return [first + step * place for place in range(math.ceil((high - first) / step - 1e-9) + 1)]
