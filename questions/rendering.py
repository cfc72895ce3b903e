"""Authored Markdown to HTML that is safe to show. Pure: no Django.

The HTML is made when a text is written and stored beside it, so that pages only print it. The
allow-list below is the boundary; what Markdown makes of hostile text need not be trusted.
"""

import re
import secrets
import threading
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

import nh3
from markdown import Markdown
from markdown.extensions.codehilite import CodeHiliteExtension
from markdown.extensions.fenced_code import FencedCodeExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from pygments.token import STANDARD_TYPES

from questions import diagrams

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
    """Where an image that the notes refer to is served from, and its size in pixels.

    A drawing is served from nowhere: its source ``svg`` becomes part of the page.
    """

    url: str
    width: int
    height: int
    svg: str = ""


def render(text: str) -> str:
    """The HTML of a stem or a rationale. Raises UnrenderableText."""
    check(text, limit=QUESTION_LIMIT)
    return _convert(text, {}).html


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
    return _convert(text, pictures).html


def image_names(text: str) -> list[str]:
    """The files that the images of a note section refer to, in order, each once."""
    return list(dict.fromkeys(name for name, _ in images(text)))


def images(text: str) -> list[tuple[str, str]]:
    """Name and alternative text of every image of a note section, in order."""
    check(text, limit=NOTE_LIMIT)
    return _convert(text, {}).images


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


@dataclass(slots=True)
class _Converted:
    """HTML of a text and its images; ``drawings`` go where their slots stand, once it is clean."""

    html: str = ""
    images: list[tuple[str, str]] = field(default_factory=list)
    drawings: dict[str, str] = field(default_factory=dict)


class _Images:
    """Points images at the files we hold and puts a labelled placeholder for the others."""

    def __init__(self) -> None:
        self.pictures: Mapping[str, Picture] = {}
        self.converted = _Converted()

    def run(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "img":
                    parent[index] = self._settled(child)

    def _settled(self, image: ET.Element) -> ET.Element:
        name = image.get("src", "")
        alt = image.get("alt", "").strip("\"'“” ")
        self.converted.images.append((name, alt))
        shown = self._shown(name, alt)
        shown.tail = image.tail
        return shown

    def _shown(self, name: str, alt: str) -> ET.Element:
        picture = self.pictures.get(name)
        if picture and picture.svg:
            return self._drawing(name, alt, picture.svg)
        if picture:
            size = {"width": str(picture.width), "height": str(picture.height)}
            return ET.Element("img", {"src": picture.url, "alt": alt, **size})
        if name.startswith(_SERVED):
            return ET.Element("img", {"src": name, "alt": alt})
        return _placeholder(name, alt)

    def _drawing(self, name: str, alt: str, svg: str) -> ET.Element:
        """A slot for a drawing, which the allow-list of HTML would not let pass.

        Nobody can write one into a text: its name is made at random, new for each.
        """
        drawings = self.converted.drawings
        prefix = f"{name.removesuffix('.svg')}-{len(drawings) + 1}-"
        try:
            drawn = diagrams.figure(svg, alt, prefix=prefix)
        except diagrams.UnsafeDrawing:
            return _placeholder(name, alt)
        slot = ET.Element("figure")
        slot.text = secrets.token_hex(16)
        drawings[f"<figure>{slot.text}</figure>"] = drawn
        return slot


class _Tables:
    """Puts tables into boxes that scroll, also by keyboard, where the screen is narrow."""

    def run(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "table":
                    parent[index] = box = ET.Element("div", _TABLE_BOX)
                    box.append(child)
                    box.tail, child.tail = child.tail, None


_TABLE_BOX = {"class": "table-box", "tabindex": "0", "role": "region", "aria-label": "Table"}


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
        self._markdown.treeprocessors.register(_Tables(), "tables", 0.5)
        self._markdown.treeprocessors.register(_Headings(), "headings", 0)

    def convert(self, text: str, pictures: Mapping[str, Picture]) -> _Converted:
        """Raw HTML of ``text``, its images and drawings."""
        with self._lock:
            self._images.pictures, self._images.converted = pictures, _Converted()
            self._markdown.reset()
            try:
                self._images.converted.html = self._markdown.convert(text)
            except RecursionError:
                self._renew()  # what stands in the middle of a text would spoil the next one
                raise UnrenderableText("has lists or quotations nested too deeply") from None
            return self._images.converted


_CONVERTER = _Converter()


def _convert(text: str, pictures: Mapping[str, Picture]) -> _Converted:
    converted = _CONVERTER.convert(text, pictures)
    # A figure inside a paragraph ends that paragraph, which may leave an empty one behind.
    html = _CLEANER.clean(converted.html).replace("<p></p>", "").strip()
    for slot, drawn in converted.drawings.items():
        html = html.replace(slot, drawn)
    converted.html = html
    return converted


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
    if attribute in ("tabindex", "role", "aria-label"):
        return value if _TABLE_BOX[attribute] == value else None
    return value


_INLINE = {"a", "br", "code", "del", "em", "img", "span", "strong", "sub", "sup"}
_BLOCKS = {"blockquote", "div", "figcaption", "figure", "hr", "li", "ol", "p", "pre", "ul"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _HEADINGS | _TABLES,
    attributes={
        "a": {"href", "title"},
        "div": {"tabindex", "role", "aria-label"},
        "img": {"src", "alt", "width", "height"},
        "ol": {"start"},
        "td": {"align"},
        "th": {"align"},
    },
    allowed_classes={
        "div": {"codehilite", "table-box"},
        "span": {name for name in STANDARD_TYPES.values() if name},
        "figure": {"placeholder"},
    },
    attribute_filter=_filtered,
    url_schemes={"http", "https"},
    link_rel="noopener noreferrer",
)
