"""The text of note sections rendered; what cannot be rendered names its section. Only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from questions import rendering
from questions.content import InvalidContent, Problem, Section


def note_html(section: Section, pictures: Mapping[str, rendering.Picture]) -> str:
    with _naming(section):
        return rendering.render_note(section.body, pictures)


def image_names(section: Section) -> list[str]:
    with _naming(section):
        return rendering.image_names(section.body)


@contextmanager
def _naming(section: Section) -> Iterator[None]:
    """Says of a text that cannot be rendered which section it is."""
    try:
        yield
    except rendering.UnrenderableText as problem:
        place = section.file or section.anchor
        raise InvalidContent([Problem(place, section.title, str(problem))]) from None
