"""Stems that are those of other questions, or nearly so. Pure: no Django."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from questions.content import Content, Question
from questions.lint.findings import Finding, Level
from questions.lint.texts import plain, words

SIMILAR_STEMS = 0.85


def same_stems(content: Content) -> Iterator[Finding]:
    """Stems that stand twice."""
    seen: dict[str, str] = {}
    for question in content.questions:
        first = seen.setdefault(plain(question.content.stem), question.slug)
        if first != question.slug:
            place = ("stem", f"is the stem of {first} too")
            yield Finding.of(question, "duplicate-stem", place, Level.ERROR)


def similar_stems(content: Content) -> Iterator[Finding]:
    """Pairs whose stems share more than SIMILAR_STEMS of their words.

    Two sets that alike share one of their rarest words (the first few when sorted by rarity), so
    only such pairs are compared: the work grows with the bank, not with its square.
    """
    bags = {q.slug: frozenset(words(q.content.stem)) for q in content.questions}
    uses = Counter(word for bag in bags.values() for word in bag)
    sharing: defaultdict[str, list[Question]] = defaultdict(list)
    for question in content.questions:
        bag = bags[question.slug]
        rare = sorted(bag, key=lambda word: (uses[word], word))
        prefix = rare[: len(bag) - math.ceil(SIMILAR_STEMS * len(bag)) + 1]
        near = {other.slug: other for word in prefix for other in sharing[word]}
        for slug, other in near.items():
            if 1 > _similarity(bag, bags[slug]) > SIMILAR_STEMS:
                yield from _alike(question, other)
        for word in prefix:
            sharing[word].append(question)


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _alike(one: Question, other: Question) -> Iterator[Finding]:
    if other.slug not in one.content.enemies and one.slug not in other.content.enemies:
        yield _nearly(one, other.slug)


def _nearly(question: Question, other: str) -> Finding:
    place = ("stem", f"is nearly that of {other}; change one, or make them enemies")
    return Finding.of(question, "similar-stem", place, Level.WARNING)


def check_stem(
    question: Question, others: Iterable[tuple[str, str, Sequence[str]]]
) -> list[Finding]:
    """Whether the stem is that of another question or nearly so.

    ``others``: slug, stem and enemies of each.
    """
    own, bag = question.content, frozenset(words(question.content.stem))
    found = []
    for slug, stem, enemies in others:
        if plain(stem) == plain(own.stem):
            place = ("stem", f"is the stem of {slug} too")
            found.append(Finding.of(question, "duplicate-stem", place, Level.ERROR))
        elif _similarity(bag, frozenset(words(stem))) > SIMILAR_STEMS and not (
            slug in own.enemies or question.slug in enemies
        ):
            found.append(_nearly(question, slug))
    return found
