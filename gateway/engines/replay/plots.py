"""Plots as SVG: drawn for a narrow screen, so that they are read on a telephone too; colours are the page's.

Every text in them is escaped. Who does not see them is told what they show (`<title>`), and the tables beside them
hold the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 340
ROW = 46
LEFT, RIGHT = 8, 332


def interval(rows: Sequence[tuple[str, float, float | None, float | None, str]], title: str) -> Markup:
    """Differences in per cent with their intervals, beside a line at nought: name, value, low, high, words."""
    ends = [abs(each) for row in rows for each in row[1:4] if isinstance(each, float)]
    most = max(max(ends, default=0.0), 1.0) * 1.1
    middle = (LEFT + RIGHT) / 2

    def place(value: float) -> float:
        return round(middle + value / most * (RIGHT - LEFT) / 2, 1)

    bottom = ROW * len(rows) + 4
    drawn = [Markup('<line class="axis" x1="{0}" x2="{0}" y1="18" y2="{1}"/>').format(middle, bottom)]
    drawn += [
        Markup('<text x="{}" y="12">\u2190 less</text>').format(LEFT),
        Markup('<text class="end" x="{}" y="12">more \u2192</text>').format(RIGHT),
    ]
    for number, (name, value, low, high, told) in enumerate(rows):
        top = 20 + ROW * number
        tone = "good" if value < 0 else "bad" if value > 0 else "same"
        if low is not None and high is not None:
            drawn.append(
                Markup('<line class="{} whisker" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                    tone, place(low), place(high), y=top + 28
                )
            )
        drawn.append(Markup('<circle class="{}" cx="{}" cy="{}" r="3.5"/>').format(tone, place(value), top + 28))
        drawn.append(Markup('<text x="{}" y="{}">{}</text>').format(LEFT, top + 12, name))
        drawn.append(Markup('<text class="end" x="{}" y="{}">{}</text>').format(RIGHT, top + 12, told))
    return _svg(title, bottom + 22, drawn)


def pairs(rows: Sequence[tuple[str, int, int, str, str]], title: str) -> Markup:
    """Two bars for each name, then above now; the words stand at their ends."""
    most = max((max(then, now) for _, then, now, _, _ in rows), default=1) or 1
    room = RIGHT - LEFT - 108
    drawn: list[Markup] = []
    for number, (name, then, now, then_told, now_told) in enumerate(rows):
        top = 56 * number
        drawn.append(Markup('<text x="{}" y="{}">{}</text>').format(LEFT, top + 14, shortened(name)))
        for place, (tone, value, told) in enumerate((("then", then, then_told), ("now", now, now_told))):
            y, width = top + 19 + 16 * place, round(value / most * room, 1)
            drawn.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="13"/>').format(tone, LEFT, y, max(width, 1))
            )
            drawn.append(Markup('<text class="small" x="{}" y="{}">{}</text>').format(LEFT + width + 6, y + 11, told))
    return _svg(title, 56 * len(rows), drawn)


def columns(values: Sequence[float], first: str, last: str, scale: str, title: str) -> Markup:
    """A bar for each step of time, up is more, down is less."""
    most = max((abs(each) for each in values), default=0.0) or 1.0
    step = (RIGHT - LEFT) / max(len(values), 1)
    up, down = (64.0 if any(sign * each > 0 for each in values) else 0.0 for sign in (1, -1))
    nought = 20 + up
    drawn = [Markup('<line class="axis" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(LEFT, RIGHT, y=nought)]
    for number, value in enumerate(values):
        height = round(abs(value) / most * 64, 1)
        drawn.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                "good" if value < 0 else "bad",
                round(LEFT + number * step + step * 0.1, 1),
                nought if value < 0 else round(nought - height, 1),
                round(step * 0.8, 1),
                height,
            )
        )
    drawn.append(Markup('<text class="small" x="{}" y="12">{}</text>').format(LEFT, scale))
    drawn.append(Markup('<text class="small" x="{}" y="{}">{}</text>').format(LEFT, nought + down + 16, first))
    drawn.append(Markup('<text class="small end" x="{}" y="{}">{}</text>').format(RIGHT, nought + down + 16, last))
    return _svg(title, nought + down + 22, drawn)


def shortened(name: str, most: int = 40) -> str:
    """A name that fits."""
    return name if len(name) <= most else f"{name[: most - 1]}\u2026"


def _svg(title: str, height: float, drawn: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        WIDTH, height, title, Markup("").join(escape(each) for each in drawn)
    )
