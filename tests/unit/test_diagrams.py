"""What a drawing may be, and what becomes of it."""

import re
import time

import pytest

from questions.diagrams import BYTES_LIMIT, CLASSES, ROOMY, UnsafeDrawing, figure, problems
from tests.authored import FIXTURES

NAMESPACE = "http://www.w3.org/2000/svg"
HEAD = '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
MARKER = f'<defs>{HEAD}orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
SHIPPED = sorted(FIXTURES.glob("*/images/*.svg"))


def drawing(inside: str = "", *, box: str = "0 0 400 300", title: str = "Nodes") -> str:
    return f'<svg xmlns="{NAMESPACE}" viewBox="{box}"><title>{title}</title>{inside}</svg>'


FAULTLESS = {
    "shapes": '<g class="good" transform="translate(3 4) rotate(-90)"><rect class="box" x="1.5" '
    'y="-2" width="3" height=".5" rx="4"/><circle cx="1" cy="2" r="3"/></g>',
    "lines": '<path class="line" d="M1 2 C3,4 5-6 7.5 8z"/><polyline points="1,2 3,4"/>',
    "words": '<text class="label middle" x="1" y="2">a &lt; b<tspan x="1" dy="16">c</tspan></text>',
    "an arrow": f'{MARKER}<line x1="0" y1="0" x2="9" y2="9" marker-end="url(#arrow)"/>',
    "a description": "<desc>Made by hand.</desc>",
    "a comment": "<!-- <script>alert(1)</script> -->",
}


@pytest.mark.parametrize("inside", FAULTLESS.values(), ids=FAULTLESS)
def test_what_drawings_are_made_of_is_allowed(inside: str) -> None:
    assert problems(drawing(inside)) == []


HOSTILE = {
    "script": ("<script>alert(1)</script>", "<script>: is not allowed in <svg>"),
    "script in a group": ("<g><script/></g>", "<script>: is not allowed in <g>"),
    "handler": ('<rect onload="alert(1)"/>', "<rect>: the attribute onload is not allowed"),
    "handler in capitals": ('<rect ONCLICK="x"/>', "the attribute ONCLICK is not allowed"),
    "link": ('<a href="javascript:alert(1)"/>', "<a>: is not allowed in <svg>"),
    "address of a shape": ('<rect href="javascript:alert(1)"/>', "the attribute href"),
    "xlink": (
        '<rect xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:x"/>',
        "the attribute {http://www.w3.org/1999/xlink}href is not allowed",
    ),
    "foreign object": ("<foreignObject><p>x</p></foreignObject>", "<foreignObject>: is not"),
    "html by namespace": (
        '<g xmlns:h="http://www.w3.org/1999/xhtml"><h:script>x</h:script></g>',
        "<{http://www.w3.org/1999/xhtml}script>: is not allowed",
    ),
    "style element": ("<style>*{display:none}</style>", "<style>: is not allowed"),
    "style attribute": ('<rect style="fill:red"/>', "the attribute style is not allowed"),
    "colour of its own": ('<rect fill="url(https://evil.example/x)"/>', "the attribute fill"),
    "image": ('<image href="https://evil.example/x.png"/>', "<image>: is not allowed"),
    "use": ('<use href="#x"/>', "<use>: is not allowed"),
    "animation": ('<animate attributeName="href"/>', "<animate>: is not allowed"),
    "filter": ("<filter/>", "<filter>: is not allowed"),
    "drawing in a drawing": ("<svg/>", "<svg>: is not allowed in <svg>"),
    "marker from elsewhere": (
        '<line marker-end="url(https://evil.example/#a)"/>',
        "<line> marker-end: 'url(https://evil.example/#a)' is not allowed",
    ),
    "marker that is none": ('<g id="a"/><line marker-end="url(#a)"/>', "there is no marker a"),
    "text as a number": ('<rect x="1;alert(1)"/>', "<rect> x: '1;alert(1)' is not allowed"),
    "share as a number": ('<rect width="100%"/>', "<rect> width: '100%' is not allowed"),
    "digits of another script": ('<rect x="١"/>', "<rect> x:"),  # noqa: RUF001
    "words in a path": ('<path d="M0 0 url(x)"/>', "<path> d:"),
    "words in a transform": ('<g transform="matrix(1 0 0 1 0 0)"/>', "<g> transform:"),
    "orientation and more": (f'<defs>{HEAD}orient="autox"/></defs>', "<marker> orient:"),
    "class of the page": ('<rect class="box notice"/>', "<rect> class: there is no class notice"),
    "id that breaks out": ('<g id="a&quot;b"/>', "<g> id:"),
    "id twice": ('<g id="a"/><g id="a"/>', "id: 'a' stands twice"),
    "marker outside of defs": (f"<g>{HEAD}/></g>", "<marker>: is not allowed in <g>"),
    "title of a shape": ("<g><title>x</title></g>", "<title>: is not allowed in <g>"),
    "markup in a text": ('<text x="1"><a>x</a></text>', "<a>: is not allowed in <text>"),
    "words outside a text": ("<g>hello</g>", "<g>: has words outside <text>"),
    "words after a shape": ("<g><rect/>hello</g>", "<g>: has words outside <text>"),
    "language": ('<text xml:lang="en">x</text>', "}lang is not allowed"),
    "depth": ("<g>" * 9 + "</g>" * 9, "<g>: is nested too deeply"),
}


@pytest.mark.parametrize(("inside", "message"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_on_the_list_is_refused_in_words(inside: str, message: str) -> None:
    found = [f"{field}: {text}" for field, text in problems(drawing(inside))]
    assert any(message in problem for problem in found), found


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MALFORMED = {
    "entity bomb": (BOMB + drawing("<text>&b;</text>"), "<!DOCTYPE… is not allowed"),
    "small doctype": ("<!doctype svg>" + drawing(), "<!doctype… is not allowed"),
    "file by entity": ('<!DOCTYPE s [<!ENTITY x SYSTEM "file:///x">]>' + drawing(), "<!DOCTYPE"),
    "character data": (drawing("<text><![CDATA[<b>]]></text>"), "<![CDATA[<b… is not allowed"),
    "style sheet": ('<?xml-stylesheet href="https://evil.example/x"?>' + drawing(), "<?… is"),
    "unknown entity": (drawing("<text>&b;</text>"), "is not XML: undefined entity"),
    "unclosed": ("<svg", "is not XML"),
    "nothing": ("", "is not XML"),
    "null": (drawing("\0"), "is not XML"),
    "half a character": (drawing("\ud800"), "is not XML"),
    "huge": (drawing(" " * BYTES_LIMIT), "bytes; at most 60,000 are allowed"),
    "another root": ("<html/>", "must be an <svg>"),
    "no namespace": ('<svg viewBox="0 0 400 300"><title>x</title></svg>', "must be an <svg>"),
    "no view box": (f'<svg xmlns="{NAMESPACE}"><title>x</title></svg>', "viewBox is missing"),
    "odd view box": (drawing(box="-1 0 400 300"), "'-1 0 400 300' is not allowed"),
    "own size": (drawing().replace("viewBox", 'width="9999" viewBox'), "attribute width"),
    "handler of all": (drawing().replace("viewBox", 'onload="x()" viewBox'), "attribute onload"),
    "no title": (drawing(title=" "), "<title> is missing"),
}


@pytest.mark.parametrize(("source", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_file_that_is_no_drawing_is_refused_in_words(source: str, message: str) -> None:
    assert message in "; ".join(text for _, text in problems(source))
    with pytest.raises(UnsafeDrawing):
        figure(source, "Alt", prefix="x-")


@pytest.mark.parametrize(
    "inside",
    [
        "<g>" * 8_000 + "</g>" * 8_000,
        f'<rect x="{"1" * 59_000}!"/>',
        f'<path d="{"1 " * 29_000}!"/>',
        f'<polyline points="{"1 " * 29_000}!"/>',
        f'<g transform="{"scale(1)" * 7_000}!"/>',
        "<rect/>" * 8_000,
    ],
    ids=lambda inside: inside[:9],
)
def test_no_drawing_keeps_the_server_busy(inside: str) -> None:
    started = time.process_time()
    problems(drawing(inside))
    assert time.process_time() - started < 2


def test_every_problem_is_told_once_and_all_at_once() -> None:
    found = problems(drawing('<rect x="a"/><rect x="a"/><script/>'))
    assert found == [
        ("<rect> x", "'a' is not allowed"),
        ("<script>", "is not allowed in <svg>"),
    ]


def test_a_drawing_becomes_a_figure_with_a_name_and_a_caption() -> None:
    html = figure(
        drawing(
            '\n<desc>x</desc>\n<rect class="box" x="1"/>\n<text x="2">a &lt; <tspan>b</tspan> c'
            "</text>",
            title="Cost &amp; time",
        ),
        'Say "this"',
        prefix="x-",
    )
    assert html == (
        '<figure class="diagram"><svg role="img" aria-label="Say &quot;this&quot;" '
        'viewBox="0 0 400 300" width="460" height="345"><rect class="box" x="1"></rect>'
        '<text x="2">a &lt; <tspan>b</tspan> c</text></svg>'
        "<figcaption>Cost &amp; time</figcaption></figure>"
    )


def test_a_drawing_without_alternative_text_is_named_by_its_caption() -> None:
    assert 'aria-label="Nodes"' in figure(drawing(), "", prefix="x-")


def test_ids_take_the_prefix_wherever_they_are_used() -> None:
    html = figure(drawing(MARKER + '<path d="M0 0" marker-end="url(#arrow)"/>'), "A", prefix="x-1-")
    assert '<marker id="x-1-arrow"' in html
    assert 'marker-end="url(#x-1-arrow)"' in html


def test_a_drawing_too_wide_for_a_phone_scrolls_in_a_box_of_its_own() -> None:
    assert "diagram-box" not in figure(drawing(box=f"0 0 {ROOMY} 90"), "A", prefix="x-")
    html = figure(drawing(box=f"0 0 {ROOMY + 1} 90"), "A", prefix="x-")
    box = '<div class="diagram-box" tabindex="0" role="region" aria-label="Wide drawing: Nodes">'
    assert f'{box}<svg role="img"' in html
    assert f'width="{ROOMY + 1}" height="90"' in html


def test_every_shipped_drawing_may_stand_in_a_page() -> None:
    found = {path.name: problems(path.read_text()) for path in SHIPPED}
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_every_class_that_drawings_may_use_has_a_look() -> None:
    sheet = (FIXTURES.parent / "static/css/notes.css").read_text()
    assert not {name for name in CLASSES if not re.search(rf"\.{name}(?![\w-])", sheet)}
