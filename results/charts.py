"""Charts as SVG text, each with a table of the numbers it draws. Pure: no Django.

Drawn for a phone: 360 units wide with letters of 12, which ``static/css/charts.css`` enlarges up to
a limit. Looks come from classes alone, for the Content-Security-Policy forbids styles in the page;
nothing is told by color alone, for every mark has its words or its shape. Words come from the
caller, in the language of the reader. ``templates/results/_chart.html`` shows drawing and table.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

WIDTH = 360.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 10.0, 28.0, 26.0
LINE_HEIGHT, COLUMN_HEIGHT = 220.0, 180.0
"""Of the whole drawing."""
BAR_STEP, BAR_TOP, BAR_THICKNESS = 44.0, 17.0, 12.0
CELL_LEAST, CELL_MOST, CELL_HEIGHT = 27.0, 60.0, 24.0
HEAT_LEVELS = 5
MANY_POINTS = 40
"""From here on points are drawn small."""
LETTER = 6.6
"""The width of an average letter."""

NOTHING = "\N{EN DASH}"
Show = Callable[[float], str]


def whole(value: float) -> str:
    """A figure rounded to a whole number."""
    return f"{value:.0f}"


# ---- What goes in ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says. Columns of the table whose heading is empty are left out.

    ``name``: unique in the page, for ids; ``description``: what the drawing shows, in a sentence;
    ``empty``: instead of a drawing without points; ``label`` to ``note``: headings of the table.
    """

    name: str
    title: str
    description: str
    empty: str
    label: str
    value: str
    low: str = ""
    high: str = ""
    tick: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """The range of values; it grows where values lie outside."""

    low: float
    high: float

    def covering(self, values: Iterable[float]) -> Axis:
        """Raises ValueError for values that are no numbers, and for a range of nothing."""
        all_values = [self.low, self.high, *values]
        if not all(map(math.isfinite, all_values)):
            raise ValueError("A chart cannot draw a value that is infinite or no number.")
        found = Axis(min(all_values), max(all_values))
        if found.low == found.high:
            raise ValueError("The axis of a chart must have a length.")
        return found

    def share(self, value: float) -> float:
        """Where ``value`` lies, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Reference:
    """A line across the chart, such as a pass mark or a budget of time."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Point:
    """One value; ``low`` and ``high``: its interval, both or neither."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One value with its interval; ``tick``: a figure of its own to compare it with."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    tick: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One value; ``note``: what is said of it in a word; ``tone``: how it is marked.

    ``tone`` is "" (plain), "over" or "under"; these two are drawn with a triangle as well.
    """

    label: str
    value: float
    note: str = ""
    tone: str = ""


# ---- What comes out ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a chart; the first cell of a row is its heading."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """``svg`` is safe in a page; ``is_wide``: wider than a phone, so it must scroll in a box."""

    title: str
    svg: str
    table: Table
    is_wide: bool


def standalone(chart: Chart, css: str) -> str:
    """The drawing as a file of its own, with its style in it."""
    root = ET.fromstring(chart.svg)  # noqa: S314  # we wrote it
    style = ET.Element("{http://www.w3.org/2000/svg}style")
    style.text = css
    root.insert(0, style)
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    return ET.tostring(root, encoding="unicode") + "\n"


# ---- The four charts ---------------------------------------------------------------------------


def line_chart(
    points: Sequence[Point],
    *,
    words: Words,
    axis: Axis,
    line: Reference | None = None,
    show: Show = whole,
) -> Chart:
    """Values one after the other, with a band for their intervals and a line to reach."""
    canvas = _Canvas(words, WIDTH, LINE_HEIGHT, is_empty=not points)
    axis = axis.covering([*_values(points), *_value_of(line)])
    plot = _Plot(axis, LEFT, TOP, WIDTH - LEFT - RIGHT, LINE_HEIGHT - TOP - BOTTOM)
    _draw_scale(canvas, plot, show)
    places = [(plot.middle(index, len(points)), point) for index, point in enumerate(points)]
    _draw_band(canvas, plot, places)
    _draw_reference(canvas, plot, line, show)
    if len(points) > 1:
        canvas.add(
            "polyline", "chart-line", points=_joined((x, plot.y(p.value)) for x, p in places)
        )
    for x, point in places:
        said = f"{point.label}: {_with_interval(point, show)}"
        size = 1.75 if len(points) > MANY_POINTS else 3.5
        canvas.add("circle", "chart-point", said, cx=x, cy=plot.y(point.value), r=size)
    _draw_labels(canvas, plot, [point.label for point in points])
    return canvas.chart([_row(words, point, show) for point in points])


def bar_chart(
    bars: Sequence[Bar],
    *,
    words: Words,
    axis: Axis,
    line: Reference | None = None,
    show: Show = whole,
) -> Chart:
    """Horizontal bars under their labels, with an interval, a tick each and a line for all."""
    height = TOP + BAR_STEP * max(len(bars), 1) + 4
    canvas = _Canvas(words, WIDTH, height, is_empty=not bars)
    ticks = [bar.tick for bar in bars if bar.tick is not None]
    axis = axis.covering([*_values(bars), *ticks, *_value_of(line)])
    plot = _Plot(axis, RIGHT, TOP, WIDTH - 2 * RIGHT, BAR_STEP * len(bars))
    for index, bar in enumerate(bars):
        _draw_bar(canvas, plot, bar, plot.top + BAR_STEP * index, show)
        _draw_across(canvas, plot, line, plot.top + BAR_STEP * index)
    if line is not None and bars:
        _draw_key(canvas, f"{line.label} {show(line.value)}")
    return canvas.chart([_row(words, bar, show, tick=bar.tick) for bar in bars])


def column_chart(
    columns: Sequence[Column],
    *,
    words: Words,
    axis: Axis,
    line: Reference | None = None,
    show: Show = whole,
) -> Chart:
    """A column for each value in order, and a line for the budget."""
    width = max(WIDTH, LEFT + RIGHT + 3 * len(columns))
    canvas = _Canvas(words, width, COLUMN_HEIGHT, is_empty=not columns)
    axis = axis.covering([*(column.value for column in columns), *_value_of(line)])
    plot = _Plot(axis, LEFT, TOP, width - LEFT - RIGHT, COLUMN_HEIGHT - TOP - BOTTOM)
    _draw_scale(canvas, plot, show)
    for index, column in enumerate(columns):
        _draw_column(canvas, plot, column, (index, len(columns)), show)
    _draw_reference(canvas, plot, line, show)
    _draw_labels(canvas, plot, [column.label for column in columns])
    return canvas.chart(
        [
            _cells((words.label, c.label), (words.value, show(c.value)), (words.note, c.note))
            for c in columns
        ]
    )


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    *,
    words: Words,
    axis: Axis,
    show: Show = whole,
) -> Chart:
    """A grid of figures, tinted by their size; ``cells[row][column]``, None where there is none.

    Raises ValueError where the cells are not as many as rows and columns.
    """
    if len(cells) != len(rows) or any(len(row) != len(columns) for row in cells):
        raise ValueError("A heat map needs a cell for each row and column.")
    axis = axis.covering(value for row in cells for value in row if value is not None)
    left = max([LEFT, *(LETTER * len(_shortened(row, 20)) + 8 for row in rows)])
    size = (WIDTH - left - RIGHT) / max(len(columns), 1)
    size = min(max(size, CELL_LEAST), CELL_MOST)
    width = max(WIDTH, left + size * len(columns) + RIGHT)
    height = TOP + CELL_HEIGHT * max(len(rows), 1) + BOTTOM
    canvas = _Canvas(words, width, height, is_empty=not (rows and columns))
    plot = _Plot(axis, left, TOP, size * len(columns), CELL_HEIGHT * len(rows))
    for number, (row, values) in enumerate(zip(rows, cells, strict=True)):
        top = TOP + CELL_HEIGHT * number
        canvas.text(_shortened(row, 20), left - 6, top + 16, anchor="end")
        for place, value in enumerate(values):
            said = f"{row}, {columns[place]}: {NOTHING if value is None else show(value)}"
            _draw_cell(canvas, axis, value, (left + size * place, top, size), said, show)
    _draw_labels(canvas, plot, columns)
    headings = (words.label, *columns)
    return canvas.chart(
        [
            [(h, c) for h, c in zip(headings, [row, *_shown(values, show)], strict=True)]
            for row, values in zip(rows, cells, strict=True)
        ],
        headings=headings,
    )


# ---- Tables ------------------------------------------------------------------------------------

_Row = list[tuple[str, str]]


def _cells(*cells: tuple[str, str]) -> _Row:
    return [(heading, cell) for heading, cell in cells if heading]


def _row(words: Words, point: Point | Bar, show: Show, *, tick: float | None = None) -> _Row:
    low, high, compared = _shown([point.low, point.high, tick], show)
    return _cells(
        (words.label, point.label),
        (words.value, show(point.value)),
        (words.low, low),
        (words.high, high),
        (words.tick, compared),
    )


def _shown(values: Iterable[float | None], show: Show) -> list[str]:
    return [NOTHING if value is None else show(value) for value in values]


def _with_interval(point: Point | Bar, show: Show) -> str:
    if point.low is None or point.high is None:
        return show(point.value)
    return f"{show(point.value)} ({show(point.low)}{NOTHING}{show(point.high)})"


def _values(points: Iterable[Point | Bar]) -> Iterator[float]:
    for point in points:
        yield from (v for v in (point.value, point.low, point.high) if v is not None)


def _value_of(line: Reference | None) -> list[float]:
    return [] if line is None else [line.value]


def _shortened(label: str, most: int) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


# ---- Drawing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plot:
    """The inner part of a chart, where values become places; y grows downwards."""

    axis: Axis
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def x(self, value: float) -> float:
        return self.left + self.width * self.axis.share(value)

    def y(self, value: float) -> float:
        return self.bottom - self.height * self.axis.share(value)

    def middle(self, index: int, count: int) -> float:
        """The x of one of ``count`` places side by side."""
        return self.left + self.width * (index + 0.5) / count


class _Canvas:
    """An SVG that is being drawn, with its title and description."""

    def __init__(self, words: Words, width: float, height: float, *, is_empty: bool) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", words.name):
            raise ValueError(f"{words.name!r} cannot be part of an id: use a-z, 0-9 and hyphens.")
        self.words = words
        self.width = width
        self.is_empty = is_empty
        title, description = f"{words.name}-title", f"{words.name}-desc"
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "chart chart-wide" if width > WIDTH else "chart",
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "width": _number(width),
                "height": _number(height),
                "role": "img",
                "aria-labelledby": f"{title} {description}",
            },
        )
        _worded(self.root, "title", words.title, id=title)
        _worded(self.root, "desc", words.description, id=description)
        if is_empty:
            self.text(words.empty, width / 2, height / 2, anchor="middle")

    def add(self, shape: str, look: str, said: str = "", **places: float | str) -> None:
        """A shape with the class ``look``; ``said`` is its tooltip. Nothing in an empty chart."""
        if self.is_empty:
            return
        attributes = {
            name: value if isinstance(value, str) else _number(value)
            for name, value in places.items()
        }
        element = ET.SubElement(self.root, shape, {"class": look, **attributes})
        if said:
            _worded(element, "title", said)

    def text(
        self, words: str, x: float, y: float, *, anchor: str = "start", look: str = "chart-text"
    ) -> None:
        attributes = {"class": look, "x": _number(x), "y": _number(y), "text-anchor": anchor}
        _worded(self.root, "text", words, **attributes)

    def chart(self, rows: Sequence[_Row], headings: Sequence[str] = ()) -> Chart:
        words = self.words
        named = (words.label, words.value, words.low, words.high, words.tick, words.note)
        used = [heading for heading, _ in rows[0]] if rows else [name for name in named if name]
        return Chart(
            title=words.title,
            svg=ET.tostring(self.root, encoding="unicode"),
            table=Table(
                tuple(headings or used), tuple(tuple(cell for _, cell in row) for row in rows)
            ),
            is_wide=self.width > WIDTH,
        )


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _worded(parent: ET.Element, name: str, words: str, **attributes: str) -> None:
    """An element of words; characters that XML cannot hold are left out."""
    ET.SubElement(parent, name, attributes).text = _NOT_XML.sub("", words)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _joined(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in places)


def _draw_scale(canvas: _Canvas, plot: _Plot, show: Show) -> None:
    """Lines and figures at the ends of the axis and half way."""
    if canvas.is_empty:
        return
    for value in (plot.axis.low, (plot.axis.low + plot.axis.high) / 2, plot.axis.high):
        y = plot.y(value)
        canvas.add("line", "chart-grid", x1=plot.left, x2=plot.right, y1=y, y2=y)
        canvas.text(show(value), plot.left - 5, y + 4, anchor="end", look="chart-text chart-soft")


def _draw_reference(canvas: _Canvas, plot: _Plot, line: Reference | None, show: Show) -> None:
    if line is None or canvas.is_empty:
        return
    y = plot.y(line.value)
    said = f"{line.label} {show(line.value)}"
    canvas.add("line", "chart-reference", said, x1=plot.left, x2=plot.right, y1=y, y2=y)
    _draw_key(canvas, said)


def _draw_key(canvas: _Canvas, said: str) -> None:
    """What the dashed line is: above the plot, where nothing is drawn over it."""
    start = canvas.width - RIGHT - LETTER * len(said) - 30
    canvas.add("line", "chart-key", x1=start, x2=start + 20, y1=9, y2=9)
    canvas.text(said, canvas.width - RIGHT, 13, anchor="end")


def _draw_band(canvas: _Canvas, plot: _Plot, places: Sequence[tuple[float, Point]]) -> None:
    """The intervals: a band over neighbors, an upright line where one stands alone."""
    for has_interval, run in groupby(places, key=lambda place: place[1].low is not None):
        if not has_interval:
            continue
        bounds = [
            (x, plot.y(p.low), plot.y(p.high))
            for x, p in run
            if p.low is not None and p.high is not None
        ]
        if len(bounds) == 1:
            x, low, high = bounds[0]
            canvas.add("line", "chart-interval", x1=x, x2=x, y1=low, y2=high)
        elif bounds:
            lows = [(x, low) for x, low, _ in bounds]
            highs = [(x, high) for x, _, high in reversed(bounds)]
            canvas.add("polygon", "chart-band", points=_joined([*lows, *highs]))


def _draw_labels(canvas: _Canvas, plot: _Plot, labels: Sequence[str]) -> None:
    """Below the plot, as many as there is room for; the first always."""
    if canvas.is_empty:
        return
    widest = max(LETTER * len(label) for label in labels) + 8
    every = max(1, math.ceil(widest * len(labels) / plot.width))
    for index in range(0, len(labels), every):
        x = plot.middle(index, len(labels))
        half = LETTER * len(labels[index]) / 2
        x = min(max(x, half), canvas.width - half)
        look = "chart-text chart-soft"
        canvas.text(labels[index], x, plot.bottom + 16, anchor="middle", look=look)


def _draw_bar(canvas: _Canvas, plot: _Plot, bar: Bar, top: float, show: Show) -> None:
    """The label with the value, the bar, and its interval below, where it stays readable."""
    value = show(bar.value)
    room = int((plot.width - LETTER * len(value)) / LETTER) - 2
    canvas.text(_shortened(bar.label, room), plot.left, top + 11)
    canvas.text(value, plot.right, top + 11, anchor="end", look="chart-text chart-strong")
    y, start, thick = top + BAR_TOP, plot.left, BAR_THICKNESS
    canvas.add("rect", "chart-track", x=start, width=plot.width, y=y, height=thick)
    said = f"{bar.label}: {_with_interval(bar, show)}"
    length = plot.x(bar.value) - start
    canvas.add("rect", "chart-bar", said, x=start, width=length, y=y, height=thick)
    if bar.low is not None and bar.high is not None:
        _draw_whisker(canvas, plot.x(bar.low), plot.x(bar.high), y + thick + 5)
    if bar.tick is not None:
        x = plot.x(bar.tick)
        canvas.add("line", "chart-tick", show(bar.tick), x1=x, x2=x, y1=y - 3, y2=y + thick + 3)


def _draw_whisker(canvas: _Canvas, low: float, high: float, y: float) -> None:
    canvas.add("line", "chart-whisker", x1=low, x2=high, y1=y, y2=y)
    for end in (low, high):
        canvas.add("line", "chart-whisker", x1=end, x2=end, y1=y - 3, y2=y + 3)


def _draw_across(canvas: _Canvas, plot: _Plot, line: Reference | None, top: float) -> None:
    """The part of a line for all bars that crosses one of them, and not its label."""
    if line is not None:
        x, y = plot.x(line.value), top + BAR_TOP
        canvas.add("line", "chart-reference", x1=x, x2=x, y1=y - 2, y2=y + BAR_THICKNESS + 9)


def _draw_column(
    canvas: _Canvas, plot: _Plot, column: Column, place: tuple[int, int], show: Show
) -> None:
    if column.tone not in ("", "over", "under"):
        raise ValueError(f"{column.tone!r} is no tone of a column.")
    middle = plot.middle(*place)
    width = min(plot.width / place[1] * 0.8, 40)
    top = plot.y(column.value)
    said = f"{column.label}: {show(column.value)}{f', {column.note}' if column.note else ''}"
    look = f"chart-column chart-{column.tone}" if column.tone else "chart-column"
    left, height = middle - width / 2, plot.bottom - top
    canvas.add("rect", look, said, x=left, y=top, width=width, height=height)
    if column.tone:
        reach = min(max(width / 2, 2), 5)
        tip, base = (top - 9, top - 3) if column.tone == "over" else (top - 3, top - 9)
        corners = [(middle, tip), (middle - reach, base), (middle + reach, base)]
        canvas.add("polygon", f"chart-mark chart-{column.tone}", points=_joined(corners))


def _draw_cell(
    canvas: _Canvas,
    axis: Axis,
    value: float | None,
    box: tuple[float, float, float],
    said: str,
    show: Show,
) -> None:
    x, y, size = box
    level = 0 if value is None else min(int(axis.share(value) * HEAT_LEVELS), HEAT_LEVELS - 1) + 1
    look, height = f"chart-cell chart-heat-{level}", CELL_HEIGHT - 2
    canvas.add("rect", look, said, x=x + 1, y=y + 1, width=size - 2, height=height)
    words = NOTHING if value is None else show(value)
    look = f"chart-text chart-figure-{level}"
    canvas.text(words, x + size / 2, y + 16, anchor="middle", look=look)
