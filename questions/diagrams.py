"""Drawings of the study notes: SVG that may stand inside a page. Pure: no Django.

A drawing is an ``.svg`` file of a content folder's ``images/``. It stands in the page itself, so
that it takes the colours of the theme and its words are text. It is therefore checked against the
allow-list below when a folder is read and once more when it is inlined, and what stands in the
page is written anew from what was checked. How to draw: ``docs/diagrams.md``.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from html import escape

BYTES_LIMIT = 60_000
DEPTH_LIMIT = 8
ROOMY = 480  # wider ones would be too small on a phone: they scroll in a box of their own
ENLARGED = 1.15  # how much larger than drawn a desk shows the others: letters as large as the text
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.svg\Z")

# What notes.css gives a look to.
CLASSES = frozenset(
    [
        "box",
        "box-accent",
        "box-soft",
        "box-good",
        "box-bad",
        "region",
        "dot",
        "line",
        "line-accent",
        "line-good",
        "line-bad",
        "line-soft",
        "arrow",
        "dashed",
        "thick",
        "head",
        "label",
        "label-strong",
        "label-small",
        "accent",
        "good",
        "bad",
        "muted",
        "middle",
        "end",
    ]
)

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_SEVERAL = rf"{_NUMBER}(?:[ ,\n]+{_NUMBER})*"
_ID = r"[a-z][a-z0-9-]{0,30}"
_VALUES = {
    name: re.compile(rf"(?:{pattern})\Z")
    for name, pattern in {
        "number": _NUMBER,
        "numbers": _SEVERAL,
        "path": r"[MmLlHhVvCcSsQqTtAaZz0-9 ,.+\n-]+",
        "moves": rf"(?:(?:translate|rotate|scale)\({_SEVERAL}\) ?)+",
        "page": r"0 0 [1-9][0-9]{2,3} [1-9][0-9]{1,3}",
        "box": r"0 0 [1-9][0-9]? [1-9][0-9]?",
        "orient": r"auto|auto-start-reverse",
        "id": _ID,
        "marker": rf"url\(#{_ID}\)",
        "classes": r"[a-z-]+(?: [a-z-]+)*",
    }.items()
}


def _numbers(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "number")


_ANYWHERE = {"class": "classes", "id": "id", "transform": "moves"}
_ENDS = {"marker-start": "marker", "marker-end": "marker"}
_SHAPES: dict[str, dict[str, str]] = {
    "path": _ANYWHERE | _ENDS | {"d": "path"},
    "line": _ANYWHERE | _ENDS | _numbers("x1", "y1", "x2", "y2"),
    "polyline": _ANYWHERE | _ENDS | {"points": "numbers"},
    "polygon": _ANYWHERE | {"points": "numbers"},
    "rect": _ANYWHERE | _numbers("x", "y", "width", "height", "rx", "ry"),
    "circle": _ANYWHERE | _numbers("cx", "cy", "r"),
    "ellipse": _ANYWHERE | _numbers("cx", "cy", "rx", "ry"),
}
# Every element with its attributes, and what may stand in it.
_ATTRIBUTES: dict[str, dict[str, str]] = _SHAPES | {
    "svg": {"viewBox": "page"},
    "g": _ANYWHERE,
    "text": _ANYWHERE | _numbers("x", "y"),
    "tspan": {"class": "classes"} | _numbers("x", "y", "dx", "dy"),
    "marker": {"id": "id", "viewBox": "box", "orient": "orient"}
    | _numbers("markerWidth", "markerHeight", "refX", "refY"),
}
_CHILDREN = {
    "svg": {"title", "desc", "defs", "g", "text", *_SHAPES},
    "g": {"g", "text", *_SHAPES},
    "defs": {"marker"},
    "marker": {*_SHAPES},
    "text": {"tspan"},
}
_WORDED = ("text", "tspan", "title", "desc")


class UnsafeDrawing(ValueError):
    """The file is not a drawing that may stand in a page; ``problems`` are (field, message)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems))
        self.problems = tuple(problems)


# ---- Checking ----------------------------------------------------------------------------------


def problems(source: str) -> list[tuple[str, str]]:
    """All that keeps ``source`` from being a drawing, as (field, message)."""
    try:
        _checked(source)
    except UnsafeDrawing as unsafe:
        return list(unsafe.problems)
    return []


def _checked(source: str) -> ET.Element:
    """The tree of a drawing that breaks no rule. Raises UnsafeDrawing."""
    if (size := len(source.encode(errors="replace"))) > BYTES_LIMIT:
        raise UnsafeDrawing([("file", f"has {size:,} bytes; at most {BYTES_LIMIT:,} are allowed")])
    # Before anything is parsed: entities are declared in these.
    if found := re.search(r"<\?|<!(?!--)[^\s>]{0,20}", source):
        raise UnsafeDrawing([("file", f"{found[0]}… is not allowed")])
    try:
        root = ET.fromstring(source)  # noqa: S314  # nothing is left that could expand
    except (ET.ParseError, ValueError) as problem:
        raise UnsafeDrawing([("file", f"is not XML: {problem}")]) from None
    if found_problems := list(dict.fromkeys(_problems(root))):
        raise UnsafeDrawing(found_problems)
    return root


def _problems(root: ET.Element) -> Iterator[tuple[str, str]]:
    if root.tag != f"{_SVG}svg":
        yield "file", "must be an <svg> with the namespace http://www.w3.org/2000/svg"
        return
    if "viewBox" not in root.attrib:
        yield "<svg>", 'viewBox is missing; write for instance viewBox="0 0 400 300"'
    if not _caption(root):
        yield "<svg>", "<title> is missing; it becomes the caption"
    yield from _element_problems(root, depth=0)
    yield from _id_problems(root)


def _element_problems(element: ET.Element, *, depth: int) -> Iterator[tuple[str, str]]:
    name = _name(element)
    if depth > DEPTH_LIMIT:
        yield f"<{name}>", "is nested too deeply"
        return
    yield from _attribute_problems(name, element)
    words = [element.text, *(child.tail for child in element)]
    if name not in _WORDED and any(part and part.strip() for part in words):
        yield f"<{name}>", "has words outside <text>"
    for child in element:
        if _name(child) in _CHILDREN.get(name, ()):
            yield from _element_problems(child, depth=depth + 1)
        else:
            yield f"<{_name(child)}>", f"is not allowed in <{name}>"


def _attribute_problems(name: str, element: ET.Element) -> Iterator[tuple[str, str]]:
    allowed = _ATTRIBUTES.get(name, {})
    for attribute, value in element.attrib.items():
        if attribute not in allowed:
            yield f"<{name}>", f"the attribute {attribute[:60]} is not allowed"
        elif not _VALUES[allowed[attribute]].match(value):
            yield f"<{name}> {attribute}", f"{value[:40]!r} is not allowed"
    for unknown in sorted(set(element.get("class", "").split()) - CLASSES):
        yield f"<{name}> class", f"there is no class {unknown[:40]}"


def _id_problems(root: ET.Element) -> Iterator[tuple[str, str]]:
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    markers = {element.get("id") for element in root.iter(f"{_SVG}marker")}
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        yield "id", f"{repeated!r} stands twice"
    for element in root.iter():
        for end in _ENDS:
            target = element.get(end, "")
            if _VALUES["marker"].match(target) and target[5:-1] not in markers:
                yield f"<{_name(element)}> {end}", f"there is no marker {target[5:-1]}"


def _name(element: ET.Element) -> str:
    """The element's name; one of another namespace keeps it, which no rule allows."""
    return str(element.tag).removeprefix(_SVG)[:60]


def _caption(root: ET.Element) -> str:
    return " ".join(root.findtext(f"{_SVG}title", "").split())


# ---- Inlining ----------------------------------------------------------------------------------


def figure(source: str, alt: str, *, prefix: str) -> str:
    """The HTML of a drawing with its caption; every id in it starts with ``prefix``.

    ``alt`` says what it shows to those who cannot see it. Raises UnsafeDrawing.
    """
    root = _checked(source)
    caption = _caption(root)
    width, height = (int(part) for part in root.attrib["viewBox"].split()[2:])
    is_roomy = width > ROOMY
    scale = 1 if is_roomy else ENLARGED
    drawn = (
        f'<svg role="img" aria-label="{escape(alt or caption)}" viewBox="0 0 {width} {height}"'
        f' width="{width * scale:.0f}" height="{height * scale:.0f}">{_inside(root, prefix)}</svg>'
    )
    if is_roomy:
        name = f'role="region" aria-label="Wide drawing: {escape(caption)}"'
        drawn = f'<div class="diagram-box" tabindex="0" {name}>{drawn}</div>'
    return f'<figure class="diagram">{drawn}<figcaption>{escape(caption)}</figcaption></figure>'


def _inside(element: ET.Element, prefix: str) -> str:
    """What stands in ``element``, written anew; space between shapes and title are left out."""
    is_worded = _name(element) in _WORDED
    parts = [escape(element.text or "")] if is_worded else []
    for child in element:
        if _name(child) not in ("title", "desc"):
            parts.append(_written(child, prefix))
        if is_worded:
            parts.append(escape(child.tail or ""))
    return "".join(parts)


def _written(element: ET.Element, prefix: str) -> str:
    name = _name(element)
    attributes = "".join(
        f' {key}="{escape(_with_prefix(key, value, prefix))}"'
        for key, value in element.attrib.items()
    )
    return f"<{name}{attributes}>{_inside(element, prefix)}</{name}>"


def _with_prefix(attribute: str, value: str, prefix: str) -> str:
    if attribute == "id":
        return prefix + value
    return value.replace("#", f"#{prefix}") if attribute in _ENDS else value
