"""The four kinds of question: what an answer to each looks like and when it is right.

Pure: no Django. An answer is a list of option ids for every kind. ``choice`` and ``response``
compare as sets; ``ordering`` and ``matching`` compare as sequences. In a matching answer the
n-th id belongs to the n-th prompt, and an empty string stands for a prompt left open. A sequence
may name an option twice, on its way to something else or by mistake: it is kept as what it is, and
never complete (``filled``).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Answer = tuple[str, ...]

BLANK: Answer = ()
OPEN_PROMPT = ""


class Kind(StrEnum):
    CHOICE = "choice"
    RESPONSE = "response"
    ORDERING = "ordering"
    MATCHING = "matching"

    @property
    def is_sequence(self) -> bool:
        """Whether the order of the ids in an answer matters."""
        return self in (Kind.ORDERING, Kind.MATCHING)


class MalformedAnswer(ValueError):
    """The answer does not fit its question; the message is fit to show to a candidate."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What must be known of a question to read an answer to it (nothing of its key)."""

    kind: Kind
    option_ids: tuple[str, ...]
    prompt_count: int = 0


def parse_answer(shape: Shape, given: Sequence[str]) -> Answer:
    """The answer that ``given`` expresses, in its normal form.

    Sets come in the order of ``shape.option_ids``, so that equal answers are equal tuples; a
    matching with every prompt open is blank. Incomplete answers are allowed, and options that
    stand twice: candidates save while they work. Raises MalformedAnswer when ``given`` cannot be
    an answer at all.
    """
    chosen = [option for option in given if option != OPEN_PROMPT]
    if not chosen:
        return BLANK
    if unknown := set(chosen) - set(shape.option_ids):
        raise MalformedAnswer(f"This question has no option {sorted(unknown)[0]!r}.")
    return _PARSERS[shape.kind](shape, given, chosen)


def _parse_choice(shape: Shape, given: Sequence[str], chosen: list[str]) -> Answer:
    if len(set(chosen)) > 1:
        raise MalformedAnswer("This question takes one option.")
    return (chosen[0],)


def _parse_response(shape: Shape, given: Sequence[str], chosen: list[str]) -> Answer:
    return tuple(option for option in shape.option_ids if option in chosen)


def _parse_ordering(shape: Shape, given: Sequence[str], chosen: list[str]) -> Answer:
    if len(chosen) > len(shape.option_ids):
        raise MalformedAnswer(f"This question has {len(shape.option_ids)} places to fill.")
    return tuple(chosen)


def _parse_matching(shape: Shape, given: Sequence[str], chosen: list[str]) -> Answer:
    if len(given) != shape.prompt_count:
        raise MalformedAnswer(f"This question has {shape.prompt_count} prompts to match.")
    return tuple(given)


_PARSERS = {
    Kind.CHOICE: _parse_choice,
    Kind.RESPONSE: _parse_response,
    Kind.ORDERING: _parse_ordering,
    Kind.MATCHING: _parse_matching,
}


def filled(answer: Sequence[str]) -> int:
    """How many options or places an answer fills; an option that stands twice fills one."""
    return len(set(answer) - {OPEN_PROMPT})


def given_twice(answer: Sequence[str]) -> list[str]:
    """The options that stand more than once in an answer, in the order in which they first do."""
    counted = Counter(option for option in answer if option != OPEN_PROMPT)
    return [option for option, count in counted.items() if count > 1]


def letter_of(place: int) -> str:
    """How people refer to the option at ``place`` (from 1) of those shown: A, B, C …"""
    return chr(ord("A") + place - 1)


def padded(answer: Sequence[str], length: int) -> list[str]:
    """``answer`` with open places at its end up to ``length``; a longer one as it is."""
    return [*answer, *[OPEN_PROMPT] * (length - len(answer))]


def is_correct(kind: Kind, key: Sequence[str], answer: Sequence[str]) -> bool:
    """Whether ``answer`` earns the mark: all or nothing, and a blank never does."""
    if not answer:
        return False
    if kind.is_sequence:
        return tuple(answer) == tuple(key)
    return set(answer) == set(key)
