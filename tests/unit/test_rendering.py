import re
import time
from collections.abc import Callable

import pytest

from questions.rendering import (
    QUESTION_LIMIT,
    Picture,
    UnrenderableText,
    image_names,
    images,
    render,
    render_inline,
    render_note,
)

POISON = {
    "script": "<script>alert(1)</script>",
    "script in a link": "[go](javascript:alert(1))",
    "data address": "[go](data:text/html;base64,PHNjcmlwdD4=)",
    "handler": '<p onclick="alert(1)">x</p>',
    "style attribute": '<p style="position:fixed">x</p>',
    "style element": "<style>body{display:none}</style>",
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "frame": '<iframe src="https://evil.example"></iframe>',
    "form": '<form action="/accounts/delete/"><button>x</button></form>',
    "htmx": '<p hx-get="/x" hx-trigger="load">x</p>',
    "htmx with data-": '<div data-hx-post="/x" data-hx-trigger="load">x</div>',
    "id": '<p id="results">x</p>',
    "class": '<p class="notice">x</p>',
    "class beside a good one": '<div class="codehilite dialog">x</div>',
    "foreign image": "![x](https://evil.example/x.png)",
    "image that climbs": "![x](/media/../admin/x.png)",
    "image with a handler": '<img src="/media/x.png" onerror="alert(1)">',
    "link without a scheme": "[go](//evil.example)",
    "link into the site": "[go](/accounts/logout/)",
    "math": "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "unclosed": "<img src=x onerror=alert(1) ",
    "language of a fence": '```"><script>alert(1)</script>\nx\n```',
    "comment": "<!-- <script> --><script>alert(1)</script> -->",
}
FORBIDDEN = re.compile(
    r"<(?:script|style|svg|iframe|form|button|math|object)|\son\w+=|\sstyle=|\sid=|hx-"
    r"|javascript:|dialog|notice|\.\."
    r'|\ssrc="(?!/media/|/static/)|\shref="(?!https?://)',
    re.IGNORECASE,
)
RENDERERS: list[Callable[[str], str]] = [render, render_inline, lambda text: render_note(text, {})]


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_poison_loses_its_sting(poison: str, renderer: Callable[[str], str]) -> None:
    for text in (poison, f"Before {poison} after", f"- {poison}", f"| a |\n|---|\n| {poison} |"):
        html = renderer(text)
        tags = "".join(re.findall(r"<[^>]*>", html))
        assert not FORBIDDEN.search(tags), html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("A **bold** `word`", "<p>A <strong>bold</strong> <code>word</code></p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("- x\n- y", "<ul>\n<li>x</li>\n<li>y</li>\n</ul>"),
        ("3. x\n4. y", '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>'),
        (
            "[AWS](https://aws.amazon.com)",
            '<p><a href="https://aws.amazon.com" rel="noopener noreferrer">AWS</a></p>',
        ),
        ("![Net](/media/notes/x.webp)", '<p><img alt="Net" src="/media/notes/x.webp"></p>'),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert render(text) == html


def test_tables_align_without_inline_style() -> None:
    html = render("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<th align="left">a</th>' in html
    assert '<td align="right">2</td>' in html


def test_code_is_coloured_by_classes() -> None:
    html = render("```python\nimport os\n```")
    assert html.startswith('<div class="codehilite"><pre>')
    assert '<span class="kn">import</span>' in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Use `a`.", "Use <code>a</code>."),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- one", "<ul>\n<li>one</li>\n</ul>"),
    ],
)
def test_a_single_paragraph_fits_into_a_label(text: str, html: str) -> None:
    assert render_inline(text) == html


def test_headings_of_notes_start_below_the_page_title() -> None:
    assert render_note("### Part\n\n#### Detail", {}) == "<h2>Part</h2>\n<h3>Detail</h3>"


def test_a_missing_picture_shows_as_a_labelled_placeholder() -> None:
    html = render_note('Text\n!["Glue crawlers"](crawlers.jpg)\nmore', {})
    assert (
        '<figure class="placeholder"><figcaption>Picture not available: Glue crawlers '
        "<code>crawlers.jpg</code></figcaption></figure>" in html
    )
    assert "<p></p>" not in html


def test_a_picture_at_hand_is_shown_with_its_size() -> None:
    html = render_note("![Net](net.jpg)", {"net.jpg": Picture("/media/notes/1.webp", 640, 480)})
    assert html == '<p><img alt="Net" height="480" src="/media/notes/1.webp" width="640"></p>'


def test_images_are_listed_once_and_not_from_code() -> None:
    text = "![a](1.jpg) ![b](2.jpg 'title')\n\n```\n![c](3.jpg)\n```\n![d](1.jpg) `![e](4.jpg)`"
    assert image_names(text) == ["1.jpg", "2.jpg"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * (QUESTION_LIMIT + 1), "10,001 characters; at most 10,000"),
        ("[" * 5000, r"5,000 times \[, too many of them far from what closes it"),
        ("[a](b " * 1600, r"1,600 times \["),
        ("\n" * 5001 + "a", "5,001 lines; at most 5,000"),
        ("<a " * 3000, "3,000 times <; at most 1,000"),
        ("1. " * 3000, "nested too deeply"),
    ],
)
def test_text_that_would_stall_the_server_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(UnrenderableText, match=message):
        render(text)


WORST = ["[" * 1990, "<a " * 1000, "![" * 20 + "x" * 97_000, "[a](" * 700, "# a\n" * 5000]


@pytest.mark.parametrize("text", WORST, ids=lambda text: text[:4])
def test_the_worst_text_allowed_renders_within_seconds(text: str) -> None:
    started = time.process_time()
    render_note(text, {})
    assert time.process_time() - started < 5


def test_many_links_are_no_problem() -> None:
    text = "See [the guide](https://docs.aws.amazon.com/) and a[0]. " * 900
    assert render_note(text, {}).count("<a ") == 900


def test_rendering_recovers_after_a_refusal() -> None:
    with pytest.raises(UnrenderableText):
        render("1. " * 3000)
    assert render("fine") == "<p>fine</p>"


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_wide_table_scrolls_in_a_box(renderer: Callable[[str], str]) -> None:
    html = renderer("Before\n\n| a |\n|---|\n| 1 |\n\nAfter")
    opening = '<div aria-label="Table" class="table-box" role="region" tabindex="0"><table>'
    assert html.count(opening) == html.count("</table>") == 1
    assert re.search(r"</table>\s*</div>\s*<p>After</p>", html)


@pytest.mark.parametrize(
    "poison",
    [
        '<div tabindex="5">x</div>',
        '<div role="alert">x</div>',
        '<div aria-label="x">x</div>',
        '<p tabindex="0" role="region">x</p>',
        '[x](https://a.example "<table>")',
    ],
)
def test_nobody_writes_a_box_of_their_own_kind(poison: str) -> None:
    assert not re.search(r"<[^>]*\s(?:tabindex|role|aria-label)=", render(poison))


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"><title>Nodes</title><defs>'
    '<marker id="arrow"/></defs><line marker-end="url(#arrow)"/><text>Primary</text></svg>'
)
NODES = {"emr-nodes.svg": Picture("", 0, 0, svg=SVG)}


def test_a_drawing_stands_in_the_text() -> None:
    html = render_note("Before\n\n![Three nodes](emr-nodes.svg)\n\nAfter", NODES)
    assert re.fullmatch(
        r'<p>Before</p>\s*<figure class="diagram"><svg role="img" aria-label="Three nodes" .*'
        r"<text>Primary</text></svg><figcaption>Nodes</figcaption></figure>\s*<p>After</p>",
        html,
    )


def test_a_drawing_shown_twice_repeats_no_id() -> None:
    html = render_note("![a](emr-nodes.svg)\n\n- ![b](emr-nodes.svg)", NODES)
    assert re.findall(r'<marker id="([^"]*)"', html) == ["emr-nodes-1-arrow", "emr-nodes-2-arrow"]
    assert re.findall(r"url\(#([^)]*)\)", html) == ["emr-nodes-1-arrow", "emr-nodes-2-arrow"]


def test_a_drawing_is_named_in_words_whatever_they_are() -> None:
    html = render_note('![<b onload="x"> & "quotes"](emr-nodes.svg)', NODES)
    assert len(re.findall(r"<svg [^<>]*>", html)) == 1
    assert "onload=&quot;x&quot;" in html


def test_a_drawing_that_breaks_the_rules_is_not_shown_whoever_stored_it() -> None:
    stored = {"emr-nodes.svg": Picture("", 0, 0, svg=SVG.replace("<line", "<script/><line"))}
    html = render_note("![Three nodes](emr-nodes.svg)", stored)
    assert "<svg" not in html
    assert "Picture not available: Three nodes" in html


@pytest.mark.parametrize(
    "text",
    [
        SVG,
        f"```\n{SVG}\n```",
        f"![x](data:image/svg+xml,{SVG})",
        '<img src="emr-nodes.svg">',
        '<figure class="diagram"><svg/></figure>',
        '<object data="/media/emr-nodes.svg"></object>',
    ],
)
def test_text_alone_brings_no_drawing_into_a_page(text: str) -> None:
    html = render_note(text, NODES)
    assert "<svg" not in html
    assert 'class="diagram"' not in html


def test_questions_show_no_drawings() -> None:
    assert "<svg" not in render("![Three nodes](emr-nodes.svg)")


def test_images_tell_their_alternative_text() -> None:
    assert images('![a](1.svg) !["b"](2.jpg) ![](3.svg)') == [
        ("1.svg", "a"),
        ("2.jpg", "b"),
        ("3.svg", ""),
    ]
