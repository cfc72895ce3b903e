"""The words of stored HTML, for places that take no markup. Pure: no Django."""

import re
from html.parser import HTMLParser

_INLINE = frozenset({"a", "code", "del", "em", "img", "span", "strong", "sub", "sup"})


def plain_text(html: str) -> str:
    """The words of ``html`` on one line, as a reader sees them; an image stands for its name."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


def opening(html: str, *, limit: int) -> str:
    """The words of the first paragraphs of ``html``, cut behind ``limit`` characters.

    Of a text without paragraphs, its first words.
    """
    words = ""
    for block in re.findall(r"<p>(.*?)</p>", html, re.DOTALL) or [html]:
        words = f"{words} {plain_text(block)}".strip()
        if len(words) >= limit:
            return words[:limit].rsplit(maxsplit=1)[0] + " …"
    return words


class _Reader(HTMLParser):
    """Collects text with its entities read, and a space where a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")
