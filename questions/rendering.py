"""Authored Markdown to HTML that is safe to show. Pure: no Django.

The HTML is made when a text is written and stored beside it, so that pages only print it. The
allow-list below is the boundary; what Markdown makes of hostile text need not be trusted.
"""

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

import nh3
from markdown import Markdown
from markdown.extensions.codehilite import CodeHiliteExtension
from markdown.extensions.fenced_code import FencedCodeExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from pygments.token import STANDARD_TYPES

QUESTION_LIMIT = 10_000
NOTE_LIMIT = 100_000
# Markdown reads from every [, ( of a link and < on to what closes it, at worst to the end of the
# paragraph, and from every heading line to the end of its block: quadratic where none closes.
BRACKET_WORK_LIMIT = 2_000_000  # characters, in sum; about a second
TAG_LIMIT = 1_000
LINES_LIMIT = 5_000
_SERVED = ("/media/", "/static/")


class UnrenderableText(ValueError):
    """The text is too long or too tangled to render; the message is fit for its author."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where an image that the notes refer to is served from, and its size in pixels."""

    url: str
    width: int
    height: int


def render(text: str) -> str:
    """The HTML of a stem or a rationale. Raises UnrenderableText."""
    check(text, limit=QUESTION_LIMIT)
    return _convert(text, {})[0]


def render_inline(text: str) -> str:
    """As ``render``, without the ``<p>`` around a single paragraph: fit for a label."""
    html = render(text)
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return inner if len(inner) == len(html) - 7 and "<p>" not in inner else html


def render_note(text: str, pictures: Mapping[str, Picture]) -> str:
    """The HTML of a note section; images that ``pictures`` lacks become labelled placeholders.

    Headings move up one level, for the section's own heading is the page's. Raises
    UnrenderableText.
    """
    check(text, limit=NOTE_LIMIT)
    return _convert(text, pictures)[0]


def image_names(text: str) -> list[str]:
    """The files that the images of a note section refer to, in order, each once."""
    check(text, limit=NOTE_LIMIT)
    return list(dict.fromkeys(_convert(text, {})[1]))


def check(text: str, *, limit: int) -> None:
    """Raise UnrenderableText if ``text`` is over ``limit`` characters or costly to render."""
    if len(text) > limit:
        raise UnrenderableText(f"has {len(text):,} characters; at most {limit:,} are allowed")
    for part, most in (("<", TAG_LIMIT), ("\n", LINES_LIMIT)):
        if (count := text.count(part)) > most:
            noun = "lines" if part == "\n" else f"times {part}"
            raise UnrenderableText(f"has {count:,} {noun}; at most {most:,} are allowed")
    if sum(_bracket_work(part) for part in text.split("\n\n")) > BRACKET_WORK_LIMIT:
        brackets = text.count("[")
        raise UnrenderableText(
            f"has {brackets:,} times [, too many of them far from what closes it"
        )


def _bracket_work(paragraph: str) -> int:
    """How many characters lie between opening brackets and what closes them."""
    work = 0
    for opening, closing in (("[", "]"), ("](", ")")):
        opened: list[int] = []
        for found in re.finditer(f"{re.escape(opening)}|{re.escape(closing)}", paragraph):
            if found[0] == opening:
                opened.append(found.start())
            elif opened:
                work += found.start() - opened.pop()
        work += sum(len(paragraph) - start for start in opened)
    return work


class _Images:
    """Points images at the files we hold and puts a labelled placeholder for the others."""

    def __init__(self) -> None:
        self.pictures: Mapping[str, Picture] = {}
        self.names: list[str] = []

    def run(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "img":
                    parent[index] = self._settled(child)

    def _settled(self, image: ET.Element) -> ET.Element:
        name = image.get("src", "")
        alt = image.get("alt", "").strip("\"'“” ")
        self.names.append(name)
        shown = self._shown(name, alt)
        shown.tail = image.tail
        return shown

    def _shown(self, name: str, alt: str) -> ET.Element:
        if picture := self.pictures.get(name):
            size = {"width": str(picture.width), "height": str(picture.height)}
            return ET.Element("img", {"src": picture.url, "alt": alt, **size})
        if name.startswith(_SERVED):
            return ET.Element("img", {"src": name, "alt": alt})
        return _placeholder(name, alt)


class _Headings:
    """Moves headings up one level: the note section's own is the page's first."""

    def run(self, root: ET.Element) -> None:
        for element in root.iter():
            if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
                element.tag = f"h{max(2, int(element.tag[1]) - 1)}"


def _placeholder(name: str, alt: str) -> ET.Element:
    figure = ET.Element("figure", {"class": "placeholder"})
    caption = ET.SubElement(figure, "figcaption")
    caption.text = f"Picture not available: {alt} " if alt else "Picture not available: "
    ET.SubElement(caption, "code").text = name
    return figure


class _Converter:
    """One Markdown converter for all threads; it keeps the state of the text it is at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._renew()

    def _renew(self) -> None:
        self._markdown = Markdown(
            extensions=[
                FencedCodeExtension(),
                TableExtension(use_align_attribute=True),
                SaneListExtension(),
                CodeHiliteExtension(guess_lang=False),
            ]
        )
        self._images = _Images()
        self._markdown.treeprocessors.register(self._images, "images", 1)
        self._markdown.treeprocessors.register(_Headings(), "headings", 0)

    def convert(self, text: str, pictures: Mapping[str, Picture]) -> tuple[str, list[str]]:
        """Raw HTML of ``text`` and the names of its images."""
        with self._lock:
            self._images.pictures, self._images.names = pictures, []
            self._markdown.reset()
            try:
                return self._markdown.convert(text), self._images.names
            except RecursionError:
                self._renew()  # what stands in the middle of a text would spoil the next one
                raise UnrenderableText("has lists or quotations nested too deeply") from None


_CONVERTER = _Converter()


def _convert(text: str, pictures: Mapping[str, Picture]) -> tuple[str, list[str]]:
    html, names = _CONVERTER.convert(text, pictures)
    # A figure inside a paragraph ends that paragraph, which may leave an empty one behind.
    return _CLEANER.clean(html).replace("<p></p>", "").strip(), names


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """The attribute's value as it may stay, or None."""
    if attribute == "src":
        return value if value.startswith(_SERVED) and ".." not in value else None
    if attribute == "href":
        return value if value.startswith(("https://", "http://")) else None
    if attribute == "align":
        return value if value in ("left", "center", "right") else None
    if attribute in ("width", "height", "start"):
        return value if value.isascii() and value.isdigit() and len(value) < 6 else None
    return value


_INLINE = {"a", "br", "code", "del", "em", "img", "span", "strong", "sub", "sup"}
_BLOCKS = {"blockquote", "div", "figcaption", "figure", "hr", "li", "ol", "p", "pre", "ul"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _HEADINGS | _TABLES,
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "width", "height"},
        "ol": {"start"},
        "td": {"align"},
        "th": {"align"},
    },
    allowed_classes={
        "div": {"codehilite"},
        "span": {name for name in STANDARD_TYPES.values() if name},
        "figure": {"placeholder"},
    },
    attribute_filter=_filtered,
    url_schemes={"http", "https"},
    link_rel="noopener noreferrer",
)
