import pytest

from questions.plain import opening, plain_text
from questions.rendering import render, render_inline


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("", ""),
        ("R&amp;D team", "R&D team"),
        ("<code>Map&lt;String&gt;</code>", "Map<String>"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "a b"),
        ("a<br>b", "a b"),
        ("x<sup>2</sup> and <em>y</em>", "x2 and y"),
        ('<img src="/media/x.webp" alt="A chart">', "A chart"),
        ("a &lt; b &amp;&amp; c &amp;lt; d", "a < b && c &lt; d"),
    ],
)
def test_the_words_of_stored_html_are_those_that_a_reader_sees(html: str, words: str) -> None:
    assert plain_text(html) == words


@pytest.mark.parametrize("text", ["R&D team", "`Map<String>`", "a < b", "`if (a && b) {}`"])
def test_what_an_author_writes_comes_back(text: str) -> None:
    assert plain_text(render_inline(text)) == text.strip("`")
    assert plain_text(render(text)) == text.strip("`")


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<h2>Glue</h2><p>Short.</p><ul><li>x</li></ul><p>A &amp; b.</p>", "Short. A & b."),
        ("<p>One two three four five</p>", "One two three …"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("", ""),
    ],
)
def test_the_opening_of_a_text_is_its_first_paragraphs(html: str, words: str) -> None:
    assert opening(html, limit=19) == words
