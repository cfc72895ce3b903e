"""What candidates note down beside an answer: strikes, highlights, note, flag, how sure they are.

Pure: no Django. None of it counts; it is kept so that another device shows it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_NOTE = 2000
MOST_HIGHLIGHTS = 50
LONGEST_STEM = 50_000
CONFIDENCES = ("", "sure", "unsure", "guess")

Span = tuple[int, int]
"""From the first marked character to behind the last one, counted in the stem's text."""


class MalformedMarks(ValueError):
    """Not what a page of ours sends; the message is fit to show to a candidate."""


@dataclass(frozen=True, slots=True)
class Marks:
    """``struck``: places in the shown order, from 1; ``flagged`` None leaves the flag as it is."""

    struck: tuple[str, ...] = ()
    note: str = ""
    highlights: tuple[Span, ...] = ()
    confidence: str = ""
    flagged: bool | None = None


def parse_marks(
    *,
    struck: Sequence[str],
    note: str,
    highlights: Sequence[str],
    confidence: str,
    flagged: str = "",
) -> Marks:
    """Read marks as a form sends them; a highlight is "from-to", a flag "1", "0" or not named.

    Raises MalformedMarks, naming what is wrong and what would be right.
    """
    # Browsers count a line's end as one character and send it as two.
    text = note.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise MalformedMarks(f"Keep the note to {LONGEST_NOTE} characters; it has {len(text)}.")
    if confidence not in CONFIDENCES:
        raise MalformedMarks("Say sure, unsure or guess, or nothing.")
    if "\0" in text:
        raise MalformedMarks("The note has a character that cannot be stored.")
    return Marks(
        struck=tuple(dict.fromkeys(struck)),
        note=text,
        highlights=merged(_span(span) for span in highlights),
        confidence=confidence,
        flagged={"1": True, "0": False}.get(flagged),
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same passages in order, without overlaps. Raises MalformedMarks for too many."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    if len(result) > MOST_HIGHLIGHTS:
        raise MalformedMarks(f"Highlight {MOST_HIGHLIGHTS} passages at most.")
    return tuple(result)


def _span(written: str) -> Span:
    start, _, end = written.partition("-")
    if not (start.isdecimal() and end.isdecimal() and len(written) < 20):
        raise MalformedMarks("A highlight is two numbers: from-to.")
    span = (int(start), int(end))
    if not span[0] < span[1] <= LONGEST_STEM:
        raise MalformedMarks("A highlight starts before it ends.")
    return span
