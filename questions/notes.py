"""Splits a Markdown file of study notes into its sections. Pure: no Django.

Any notes file will do: a section is a level-2 heading with what stands under it. Anchors are
those that GitHub gives to headings, so that they agree with the file's own table of contents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from questions.content import Problem, text_problems

_HIDDEN = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?:.*?\n)??[ \t]*(?P=fence)[`~]*[ \t]*$|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(
    r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>[^\n]*?)(?:[ \t]+#+)?[ \t]*$"
    r"|(?:\A|(?<=\n\n))(?P<under>(?![ \t]*(?:[#>|*+-]|\d+\.))[^\n]+)"
    r"\n {0,3}(?P<line>-{2,}|={2,})[ \t]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One level-2 heading of a notes file and the Markdown under it."""

    anchor: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    start: int
    end: int


def normalised(text: str) -> str:
    """``text`` without a byte order mark and with line feeds only."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def split(text: str) -> list[Passage]:
    """The sections of a notes file, in order; what stands before the first belongs to none."""
    headings = list(_headings(text))
    anchors = _anchors([heading.title for heading in headings])
    starts = [
        (heading, anchor)
        for heading, anchor in zip(headings, anchors, strict=True)
        if heading.level == 2
    ]
    ends = [*(heading.start for heading, _ in starts), len(text)][1:]
    return [
        Passage(anchor, heading.title, text[heading.end : end].strip("\n").rstrip())
        for (heading, anchor), end in zip(starts, ends, strict=True)
    ]


def problems(passages: list[Passage], *, file: str) -> list[Problem]:
    """What keeps passages from being stored, in words for whoever wrote them."""
    found = [problem for p in passages for problem in text_problems(file, p.title, p.body)]
    return found or ([] if passages else [Problem(file, "file", "has no level-2 heading (## …)")])


def _headings(text: str) -> Iterator[_Heading]:
    # Blanks keep every character's place while code and comments are out of sight.
    visible = _HIDDEN.sub(lambda hidden: re.sub(r"[^\n]", " ", hidden[0]), text)
    for found in _HEADING.finditer(visible):
        title = _plain(text[slice(*found.span("title" if found["marks"] else "under"))])
        level = len(found["marks"] or "") or (1 if found["line"][0] == "=" else 2)
        if title:
            yield _Heading(level, title, found.start(), found.end())


def _plain(title: str) -> str:
    """A heading's text without its Markdown."""
    linked = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    bare = re.sub(r"[*`]|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|</?[a-zA-Z][^>]*>", "", linked)
    return re.sub(r"\\(.)", r"\1", bare).strip()


def _anchors(titles: list[str]) -> list[str]:
    """GitHub's anchor of every heading: repeats get -1, -2 and so on, in document order."""
    used: dict[str, int] = {}
    anchors = []
    for title in titles:
        base = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")[:150] or "section"
        anchor = base
        while anchor in used:
            used[base] += 1
            anchor = f"{base}-{used[base]}"
        used[anchor] = 0
        anchors.append(anchor)
    return anchors
