"""What candidates add beside an answer: strikes, highlights, note, flag, how sure they are.

Pure: no Django. None of it counts; it is kept so that another device shows it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_NOTE = 2000
MOST_HIGHLIGHTS = 50
LONGEST_STEM = 50_000
CONFIDENCES = ("", "sure", "unsure", "guess")

TextSpan = tuple[int, int]
"""From the first highlighted character to behind the last one, counted in the stem's text."""


class MalformedAnnotations(ValueError):
    """Not what a page of ours sends; the message is fit to show to a candidate."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """``struck``: places in the shown order, from 1; ``flagged`` None leaves the flag as it is."""

    struck: tuple[str, ...] = ()
    note: str = ""
    highlights: tuple[TextSpan, ...] = ()
    confidence: str = ""
    flagged: bool | None = None


def parse_annotations(
    *,
    struck: Sequence[str],
    note: str,
    highlights: Sequence[str],
    confidence: str,
    flagged: str = "",
) -> Annotations:
    """Read annotations as a page sends them: a highlight is "from-to", a flag "1", "0" or missing.

    Raises MalformedAnnotations, naming what is wrong and what would be right.
    """
    # Browsers count a line's end as one character and send it as two.
    text = note.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise MalformedAnnotations(
            f"Keep the note to {LONGEST_NOTE} characters; it has {len(text)}."
        )
    if confidence not in CONFIDENCES:
        raise MalformedAnnotations("Say sure, unsure or guess, or nothing.")
    if "\0" in text:
        raise MalformedAnnotations("The note has a character that cannot be stored.")
    return Annotations(
        struck=tuple(dict.fromkeys(struck)),
        note=text,
        highlights=merged(_span(span) for span in highlights),
        confidence=confidence,
        flagged={"1": True, "0": False}.get(flagged),
    )


def merged(spans: Iterable[TextSpan]) -> tuple[TextSpan, ...]:
    """The same passages in order, without overlaps. Raises MalformedAnnotations for too many."""
    result: list[TextSpan] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    if len(result) > MOST_HIGHLIGHTS:
        raise MalformedAnnotations(f"Highlight {MOST_HIGHLIGHTS} passages at most.")
    return tuple(result)


def _span(written: str) -> TextSpan:
    start, _, end = written.partition("-")
    if not (start.isdecimal() and end.isdecimal() and len(written) < 20):
        raise MalformedAnnotations("A highlight is two numbers: from-to.")
    span = (int(start), int(end))
    if not span[0] < span[1] <= LONGEST_STEM:
        raise MalformedAnnotations("A highlight starts before it ends.")
    return span
