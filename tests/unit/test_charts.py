"""Charts: what is drawn, read back from the drawing, is what the table says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from results.charts import (
    BAR_STEP,
    HEAT_LEVELS,
    NOTHING,
    Axis,
    Bar,
    Chart,
    Column,
    Point,
    Reference,
    Words,
    bar_chart,
    column_chart,
    heat_map,
    line_chart,
    standalone,
)

SVG = "{http://www.w3.org/2000/svg}"
CSS = Path(__file__).parents[2] / "static" / "css" / "charts.css"
WORDS = Words(
    name="trend",
    title="Estimates",
    description="Your estimates over time.",
    empty="No exams yet",
    label="Exam",
    value="Estimate",
    low="From",
    high="To",
)
SCALE = Axis(100, 1000)
PASS = Reference("Pass", 720)
NASTY = '<script>alert("x")</script> & \x00\x0b]]>'

points = [Point(f"{day} Nov", 300 + 10 * day, 250 + 10 * day, 380 + 10 * day) for day in range(40)]
bars = [
    Bar("Data Preparation", 62, 48, 74, tick=72),
    Bar("Model Development", 81, 70, 90, tick=72),
    Bar("Deployment", 0, None, None, tick=72),
]
columns = [
    Column(str(n), 30 * n, "slow" if n > 5 else "", "over" if n > 5 else "") for n in range(9)
]


def lines(some: list[Point]) -> Chart:
    return line_chart(some, words=WORDS, axis=SCALE, line=PASS)


def many_bars(count: int) -> Chart:
    some = [Bar(f"Section {n}", n % 100, n % 100 / 2, 100, tick=50) for n in range(count)]
    return bar_chart(some, words=WORDS, axis=Axis(0, 100), line=Reference("Pass", 69))


def many_columns(count: int) -> Chart:
    some = [Column(str(n), n, tone="under" if n < 3 else "") for n in range(count)]
    return column_chart(some, words=WORDS, axis=Axis(0, 10), line=Reference("Budget", 5))


def many_cells(count: int) -> Chart:
    names = [f"{n}.1" for n in range(count)]
    cells = [[float((row + place) % 101) for place in range(count)] for row in range(count)]
    return heat_map(names, names, cells, words=WORDS, axis=Axis(0, 100))


KINDS: dict[str, Callable[[int], Chart]] = {
    "line": lambda count: lines([Point(f"{n}", 500 + n, 400 + n, 600 + n) for n in range(count)]),
    "bars": many_bars,
    "columns": many_columns,
    "heat": many_cells,
}


def parsed(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314  # our own


def drawn(chart: Chart, look: str) -> list[ET.Element]:
    """The shapes of a class, in their order."""
    found = parsed(chart).iter()
    return [element for element in found if look in element.get("class", "").split()]


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def words_of(chart: Chart) -> list[str]:
    return [text.text or "" for text in parsed(chart).iter(f"{SVG}text")]


# ---- Every chart -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_well_formed_named_and_as_long_as_its_table(kind: str, count: int) -> None:
    chart = KINDS[kind](count)
    root = parsed(chart)
    assert root.tag == f"{SVG}svg"
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert ids == {"trend-title": WORDS.title, "trend-desc": WORDS.description}
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "trend-title trend-desc")
    assert len(chart.table.rows) == count
    assert all(len(row) == len(chart.table.headings) for row in chart.table.rows)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_chart_says_so_and_draws_nothing(kind: str) -> None:
    chart = KINDS[kind](0)
    assert words_of(chart) == ["No exams yet"]
    shapes = {"rect", "line", "circle", "polyline", "polygon"}
    assert not [element for element in parsed(chart).iter() if element.tag[len(SVG) :] in shapes]


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_everything_stays_on_the_canvas(kind: str, count: int) -> None:
    root = parsed(KINDS[kind](count))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= number(element, name) <= width if name in element.attrib else True
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= number(element, name) <= height if name in element.attrib else True
        for name in ("width", "height"):
            assert number(element, name) >= 0 if name in element.attrib else True


@pytest.mark.parametrize("kind", KINDS)
def test_no_chart_carries_a_style_or_a_script(kind: str) -> None:
    """The policy of the site forbids both in a page; looks come from classes of charts.css."""
    rules = CSS.read_text()
    for element in parsed(KINDS[kind](5)).iter():
        assert element.tag not in (f"{SVG}style", f"{SVG}script")
        assert not {name for name in element.attrib if name in ("style", "fill", "stroke")}
        for look in element.get("class", "").split():
            figures = r"chart-figure-[0-4]|chart-mark"  # the plain look of their text and tone
            assert re.search(rf"\.{look}\b", rules) or re.fullmatch(figures, look), look


def test_words_are_escaped_and_characters_that_xml_lacks_left_out() -> None:
    words = Words("nasty", NASTY, NASTY, NASTY, label=NASTY, value="Value", note="Note")
    kept = NASTY.replace("\x00", "").replace("\x0b", "")
    charts = [
        line_chart([Point(NASTY, 1)], words=words, axis=Axis(0, 2), line=Reference(NASTY, 1)),
        bar_chart([Bar(NASTY, 1)], words=words, axis=Axis(0, 2)),
        column_chart([Column(NASTY, 1, note=NASTY)], words=words, axis=Axis(0, 2)),
        heat_map([NASTY], [NASTY], [[1]], words=words, axis=Axis(0, 2)),
        line_chart([], words=words, axis=Axis(0, 2)),
    ]
    for chart in charts:
        assert "<script" not in chart.svg
        assert parsed(chart).findtext(f"{SVG}title") == kept


@pytest.mark.parametrize("name", ["", "1st", "a b", 'x"y', "Ä"])
def test_a_name_that_cannot_be_an_id_is_refused(name: str) -> None:
    words = Words(name, "T", "D", "E", label="L", value="V")
    with pytest.raises(ValueError, match="cannot be part of an id"):
        line_chart([], words=words, axis=SCALE)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        lines([Point("first", value)])
    with pytest.raises(ValueError, match="no number"):
        heat_map(["1.1"], ["May"], [[value]], words=WORDS, axis=SCALE)


def test_an_axis_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="must have a length"):
        line_chart([Point("first", 3)], words=WORDS, axis=Axis(3, 3))


# ---- Line --------------------------------------------------------------------------------------


def from_y(chart: Chart, y: float, axis: Axis) -> float:
    """The value at a height, by the lines of the scale: the lowest, the middle and the highest."""
    low, _, high = [number(line, "y1") for line in drawn(chart, "chart-grid")]
    return axis.low + (low - y) / (low - high) * (axis.high - axis.low)


def test_points_band_and_pass_line_lie_where_the_table_says() -> None:
    chart = lines(points)
    assert chart.table.headings == ("Exam", "Estimate", "From", "To")
    table = [(label, *map(float, figures)) for label, *figures in chart.table.rows]
    assert table == [(p.label, p.value, p.low, p.high) for p in points]

    heights = [from_y(chart, number(dot, "cy"), SCALE) for dot in drawn(chart, "chart-point")]
    assert heights == pytest.approx([p.value for p in points], abs=0.1)

    (band,) = drawn(chart, "chart-band")
    edge = [from_y(chart, float(place.split(",")[1]), SCALE) for place in polygon(band)]
    assert edge[:40] == pytest.approx([p.low for p in points], abs=0.1)
    assert edge[40:] == pytest.approx([p.high for p in reversed(points)], abs=0.1)

    (line,) = drawn(chart, "chart-reference")
    assert from_y(chart, number(line, "y1"), SCALE) == pytest.approx(720, abs=0.1)
    assert "Pass 720" in words_of(chart)


def polygon(element: ET.Element) -> list[str]:
    return element.attrib["points"].split()


def test_points_go_from_left_to_right_and_the_line_joins_them() -> None:
    chart = lines(points)
    (line,) = drawn(chart, "chart-line")
    dots = [f"{dot.attrib['cx']},{dot.attrib['cy']}" for dot in drawn(chart, "chart-point")]
    assert polygon(line) == dots
    across = [number(dot, "cx") for dot in drawn(chart, "chart-point")]
    assert across == sorted(set(across))


def test_one_point_has_its_interval_as_a_line() -> None:
    chart = lines(points[:1])
    assert drawn(chart, "chart-band") == drawn(chart, "chart-line") == []
    (interval,) = drawn(chart, "chart-interval")
    ends = [from_y(chart, number(interval, name), SCALE) for name in ("y1", "y2")]
    assert ends == pytest.approx([250, 380], abs=0.1)


def test_points_without_an_interval_leave_a_gap_in_the_band() -> None:
    chart = lines([*points[:2], Point("practice", 500), *points[2:4]])
    assert len(drawn(chart, "chart-band")) == 2
    assert chart.table.rows[2] == ("practice", "500", NOTHING, NOTHING)


def test_the_axis_grows_for_a_value_outside_it() -> None:
    chart = lines([Point("odd", 1200, 1100, 1300)])
    (dot,) = drawn(chart, "chart-point")
    assert from_y(chart, number(dot, "cy"), Axis(100, 1300)) == pytest.approx(1200, abs=0.1)


def test_labels_never_overlap() -> None:
    root = parsed(lines([Point(f"{n} September", 500) for n in range(100)]))
    below = [text for text in root.iter(f"{SVG}text") if (text.text or "").endswith("September")]
    assert 2 <= len(below) <= 5
    places = [number(text, "x") for text in below]
    assert all(after - before > 6 * 11 for before, after in pairwise(places))


# ---- Bars --------------------------------------------------------------------------------------


def test_bars_intervals_and_ticks_lie_where_the_table_says() -> None:
    words = Words(
        "domains", "Domains", "By domain.", "None", "Domain", "%", "From", "To", "To pass"
    )
    chart = bar_chart(bars, words=words, axis=Axis(0, 100), line=Reference("Pass", 69))
    assert chart.table.headings == ("Domain", "%", "From", "To", "To pass")
    assert chart.table.rows == (
        ("Data Preparation", "62", "48", "74", "72"),
        ("Model Development", "81", "70", "90", "72"),
        ("Deployment", "0", NOTHING, NOTHING, "72"),
    )
    track = drawn(chart, "chart-track")[0]
    start, unit = number(track, "x"), number(track, "width") / 100
    assert [number(bar, "width") / unit for bar in drawn(chart, "chart-bar")] == pytest.approx(
        [62, 81, 0], abs=0.1
    )
    whiskers = [line for line in drawn(chart, "chart-whisker") if line.get("y1") == line.get("y2")]
    ends = [[(number(w, name) - start) / unit for name in ("x1", "x2")] for w in whiskers]
    assert [end for both in ends for end in both] == pytest.approx([48, 74, 70, 90], abs=0.1)
    ticks = [(number(tick, "x1") - start) / unit for tick in drawn(chart, "chart-tick")]
    assert ticks == pytest.approx([72, 72, 72], abs=0.1)
    crossing = [(number(line, "x1") - start) / unit for line in drawn(chart, "chart-reference")]
    assert crossing == pytest.approx([69, 69, 69], abs=0.1)
    assert "Pass 69" in words_of(chart)


def test_bars_stand_one_below_another_with_their_figures_in_words() -> None:
    chart = bar_chart(bars, words=WORDS, axis=Axis(0, 100))
    tops = [number(bar, "y") for bar in drawn(chart, "chart-bar")]
    assert tops == [tops[0], tops[0] + BAR_STEP, tops[0] + 2 * BAR_STEP]
    assert words_of(chart) == [
        *("Data Preparation", "62", "Model Development", "81", "Deployment", "0")
    ]


def test_a_long_label_is_cut_in_the_drawing_only() -> None:
    label = "Deployment and Orchestration of Machine Learning Workflows"
    chart = bar_chart([Bar(label, 3)], words=WORDS, axis=Axis(0, 100))
    assert words_of(chart)[0].endswith("…")
    assert chart.table.rows[0][0] == label
    assert drawn(chart, "chart-bar")[0].findtext(f"{SVG}title") == f"{label}: 3"


# ---- Columns -----------------------------------------------------------------------------------


def test_columns_and_budget_lie_where_the_table_says() -> None:
    words = Words("pace", "Pace", "Seconds.", "None", "Question", "Seconds", note="Note")
    axis = Axis(0, 300)
    chart = column_chart(columns, words=words, axis=axis, line=Reference("Budget", 120))
    assert chart.table.headings == ("Question", "Seconds", "Note")
    assert [float(row[1]) for row in chart.table.rows] == [c.value for c in columns]
    assert [row[2] for row in chart.table.rows] == [""] * 6 + ["slow"] * 3
    tall = [from_y(chart, number(column, "y"), axis) for column in drawn(chart, "chart-column")]
    assert tall == pytest.approx([c.value for c in columns], abs=0.2)
    (line,) = drawn(chart, "chart-reference")
    assert from_y(chart, number(line, "y1"), axis) == pytest.approx(120, abs=0.2)


def test_a_tone_is_a_shape_too() -> None:
    some = [Column("1", 9, "rushed", "under"), Column("2", 50), Column("3", 200, "slow", "over")]
    chart = column_chart(some, words=WORDS, axis=Axis(0, 300))
    under, over = drawn(chart, "chart-mark")
    heights = [[float(place.split(",")[1]) for place in polygon(mark)] for mark in (under, over)]
    assert heights[0][0] > heights[0][1]  # points down
    assert heights[1][0] < heights[1][1]  # points up
    with pytest.raises(ValueError, match="no tone"):
        column_chart([Column("1", 9, tone="red")], words=WORDS, axis=Axis(0, 300))


def test_sixty_five_columns_fit_a_phone_and_hundreds_scroll() -> None:
    assert not many_columns(65).is_wide
    assert many_columns(300).is_wide


# ---- Heat map ----------------------------------------------------------------------------------


def test_cells_show_their_figures_and_tints_follow_their_order() -> None:
    cells: list[list[float | None]] = [[0, 50, 100], [None, 20, 79.6]]
    chart = heat_map(["1.1", "1.2"], ["w1", "w2", "w3"], cells, words=WORDS, axis=Axis(0, 100))
    assert chart.table.headings == ("Exam", "w1", "w2", "w3")
    assert chart.table.rows == (("1.1", "0", "50", "100"), ("1.2", NOTHING, "20", "80"))
    looks = [cell.attrib["class"].split()[1] for cell in drawn(chart, "chart-cell")]
    levels = [int(look.removeprefix("chart-heat-")) for look in looks]
    assert levels == [1, 3, HEAT_LEVELS, 0, 2, 4]
    shown = [word for word in words_of(chart) if word not in ("1.1", "1.2", "w1", "w2", "w3")]
    assert shown == ["0", "50", "100", NOTHING, "20", "80"]


def test_rows_and_columns_of_cells_lie_on_a_grid() -> None:
    chart = many_cells(3)
    places = [(number(c, "x"), number(c, "y")) for c in drawn(chart, "chart-cell")]
    xs, ys = sorted({x for x, _ in places}), sorted({y for _, y in places})
    assert places == [(x, y) for y in ys for x in xs]


def test_a_heat_map_needs_all_its_cells() -> None:
    with pytest.raises(ValueError, match="a cell for each"):
        heat_map(["1.1"], ["w1", "w2"], [[1]], words=WORDS, axis=SCALE)
    with pytest.raises(ValueError, match="a cell for each"):
        heat_map(["1.1", "1.2"], ["w1"], [[1]], words=WORDS, axis=SCALE)


# ---- On a page, and as a file ------------------------------------------------------------------


def test_a_page_shows_the_drawing_and_its_numbers() -> None:
    html = render_to_string("results/_chart.html", {"chart": lines(points[:2])})
    assert 'aria-labelledby="trend-title trend-desc"' in html
    assert re.search(r'<th scope="row">0 Nov</th>\s*<td class="number">300</td>', html)
    assert "tabindex" not in html.split("<details>")[0]


def test_a_wide_chart_scrolls_in_a_box_that_the_keyboard_reaches() -> None:
    html = render_to_string("results/_chart.html", {"chart": many_columns(300)})
    assert '<div class="chart-box" tabindex="0" role="region" aria-label="Estimates">' in html


def test_an_empty_chart_has_no_table() -> None:
    html = render_to_string("results/_chart.html", {"chart": lines([])})
    assert "<details>" not in html
    assert "No exams yet" in html


def test_a_file_carries_its_style() -> None:
    text = standalone(lines(points), ".chart-line { stroke: red } /* a > b & c */")
    root = ET.fromstring(text)  # noqa: S314  # our own
    assert root.findtext(f"{SVG}style") == ".chart-line { stroke: red } /* a > b & c */"
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert len(root.findall(f"{SVG}circle")) == 40
