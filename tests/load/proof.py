"""What it means that nothing acknowledged is lost: the checker of the bench and of the chaos suite.

Pure: rows in, sentences out. ``tests.load.crowd`` reads the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.load.client import Acknowledged

# Stored as a set in order of the option ids; the other kinds are sequences.
SET_KINDS = ("choice", "response")


class Stored(NamedTuple):
    """A response as the database holds it; ``order``: the option ids as they were shown."""

    attempt: str
    position: int
    rev: int
    answer: Sequence[str]
    order: Sequence[str]
    kind: str


class Line(NamedTuple):
    """A line of the journal that says "applied"."""

    attempt: str
    position: int
    epoch: int
    rev: int
    answer: Sequence[str]


def losses(
    acknowledged: Iterable[Acknowledged], stored: Iterable[Stored], journal: Iterable[Line]
) -> Iterator[str]:
    """Every acknowledged answer that is not kept, and every one that was applied twice.

    Kept means: the journal has it, and the response has it or a newer one.
    """
    responses = {(one.attempt, one.position): one for one in stored}
    lines = list(journal)
    journaled = {(line.attempt, line.position, line.rev): line.answer for line in lines}
    for one in acknowledged:
        name = f"{one.attempt} question {one.position} rev {one.rev}"
        response = responses.get((one.attempt, one.position))
        if response is None:
            yield f"{name}: no such response"
            continue
        if not _same(one, response, journaled.get((one.attempt, one.position, one.rev))):
            yield f"{name}: not in the journal"
        if response.rev < one.rev:
            yield f"{name}: the response is still at rev {response.rev}"
        if response.rev == one.rev and not _same(one, response, response.answer):
            yield f"{name}: the response holds {response.answer!r}"
    yield from _applied_twice(lines)


def _same(one: Acknowledged, response: Stored, answer: Sequence[str] | None) -> bool:
    if answer is None:
        return False
    given = [response.order[int(place) - 1] for place in one.answer]
    if response.kind in SET_KINDS:
        return sorted(given) == sorted(answer)
    return given == list(answer)


def _applied_twice(lines: Iterable[Line]) -> Iterator[str]:
    times: Mapping[tuple[str, int, int, int], int] = Counter(line[:4] for line in lines)
    for (attempt, position, epoch, rev), count in times.items():
        if count > 1:
            yield f"{attempt} question {position} epoch {epoch} rev {rev}: applied {count} times"
