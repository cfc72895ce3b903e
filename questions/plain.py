"""The words of stored HTML, for places that take no markup. Pure: no Django."""

from html.parser import HTMLParser

_INLINE = frozenset({"a", "code", "del", "em", "img", "span", "strong", "sub", "sup"})


def plain_text(html: str) -> str:
    """The words of ``html`` on one line, as a reader sees them; an image stands for its name."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


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
