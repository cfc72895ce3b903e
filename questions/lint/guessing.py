"""How often a guesser who knows nothing finds the key from the options alone. Pure: no Django.

The guesser learns from nine tenths of a bank's choice questions which traits and which words keys
have rather than distractors, and guesses the rest: every question once for each way of cutting
the bank. It never sees a stem, nor where an option stands. Cuts follow from the questions' names,
so that the same bank always gives the same figure, and one more question does not reshuffle it.
"""

import hashlib
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from questions.content import Content, Question
from questions.kinds import Kind
from questions.lint.conditional_logit import Choice, Vector, fit, probabilities
from questions.lint.cues import RULE, traits
from questions.lint.findings import Finding, Level
from questions.lint.texts import words
from questions.lint.whole import MIN_FOR_STATISTICS

MOST_GUESSED = 0.32  # of the keys; chance is 25 % with four options
FOLDS = 10
CUTS = 3  # another way of cutting moves the figure by a point or two: take the mean
RIDGE = 10.0
_LEAST_USES = 3  # of a word; a rarer one tells of its own question only


@dataclass(frozen=True)
class Options:
    """The options of one choice question, and the place of the key among them."""

    slug: str
    texts: tuple[str, ...]
    key: int

    @classmethod
    def of(cls, question: Question) -> "Options":
        options = question.content.options
        places = [place for place, option in enumerate(options) if option.correct]
        return cls(question.slug, tuple(option.text for option in options), places[0])

    @cached_property
    def traits(self) -> list[Vector]:
        return traits(self.texts)


@dataclass(frozen=True, slots=True)
class Guesses:
    """What the guesser made of a bank: the chance that it gave to each key, by slug.

    ``found`` is the share of keys that it found, ``by_chance`` the share that blind luck finds.
    """

    of_key: Mapping[str, float]
    found: float
    by_chance: float

    def __str__(self) -> str:
        return (
            f"options alone: a guesser that knows nothing finds the key of {self.found:.1%} of "
            f"{len(self.of_key)} choice questions without the stem "
            f"(chance {self.by_chance:.0%}, at most {MOST_GUESSED:.0%})"
        )


def guess(content: Content) -> Guesses | None:
    """How well the choice questions of ``content`` are guessed; None if there are too few."""
    choices = [q for q in content.questions if q.content.kind is Kind.CHOICE]
    items = [Options.of(question) for question in choices if len(question.content.key) == 1]
    return guess_keys(items) if len(items) >= MIN_FOR_STATISTICS else None


def guess_keys(items: Sequence[Options]) -> Guesses:
    """As ``guess``, of any questions; their order makes no difference."""
    items = sorted(items, key=lambda item: item.slug)
    rounds = [_cross_validated(items, cut) for cut in range(CUTS)]
    return Guesses(
        of_key={
            item.slug: statistics.fmean(guessed[item.slug][item.key] for guessed in rounds)
            for item in items
        },
        found=statistics.fmean(
            _credit(guessed[item.slug], item.key) for guessed in rounds for item in items
        ),
        by_chance=statistics.fmean(1 / len(item.texts) for item in items),
    )


def check_guesses(guesses: Guesses | None) -> list[Finding]:
    """A warning of the whole bank, if too many keys can be guessed."""
    if guesses is None or guesses.found <= MOST_GUESSED:
        return []
    message = (
        f"the options alone give away the key of {guesses.found:.1%} of the choice questions "
        f"(chance {guesses.by_chance:.0%}, at most {MOST_GUESSED:.0%}); see the advice"
    )
    return [Finding("questions", "bank", RULE, message, Level.WARNING)]


def _credit(chances: Vector, key: int) -> float:
    """1 for the key as the only best guess; its share of the best guesses where several tie."""
    best = [place for place, chance in enumerate(chances) if math.isclose(chance, max(chances))]
    return (key in best) / len(best)


def _cross_validated(items: Sequence[Options], cut: int) -> dict[str, Vector]:
    """The chance of every option, from a guesser that has not seen its question."""
    guessed: dict[str, Vector] = {}
    for fold in range(FOLDS):
        seen = [item for item in items if _fold(item, cut) != fold]
        unseen = [item for item in items if _fold(item, cut) == fold]
        if seen and unseen:
            guesser = _Guesser.trained(seen)
            guessed |= {item.slug: guesser.chances(item) for item in unseen}
    return guessed


def _fold(item: Options, cut: int) -> int:
    return int(hashlib.sha256(f"{cut} {item.slug}".encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True, slots=True)
class _WordScores:
    """How much rather keys than distractors have a word, or begin with it (log of the ratio)."""

    anywhere: Mapping[str, float]
    first: Mapping[str, float]

    @classmethod
    def learned(cls, items: Iterable[Options]) -> "_WordScores":
        held = [
            (words(text), place == item.key)
            for item in items
            for place, text in enumerate(item.texts)
        ]
        return cls(
            anywhere=_log_ratios([(set(own), is_key) for own, is_key in held]),
            first=_log_ratios([(set(own[:1]), is_key) for own, is_key in held]),
        )

    def of(self, text: str) -> Vector:
        own = words(text)
        anywhere = sum(self.anywhere.get(word, 0.0) for word in sorted(set(own)))
        return [anywhere, sum(self.first.get(word, 0.0) for word in own[:1])]


def _log_ratios(held: Sequence[tuple[set[str], bool]]) -> dict[str, float]:
    keys = sum(is_key for _, is_key in held)
    share = keys / len(held)
    in_keys = Counter(word for own, is_key in held if is_key for word in own)
    in_others = Counter(word for own, is_key in held if not is_key for word in own)
    return {
        word: math.log((in_keys[word] + share) / (keys + 1))
        - math.log((in_others[word] + 1 - share) / (len(held) - keys + 1))
        for word in in_keys.keys() | in_others.keys()
        if in_keys[word] + in_others[word] >= _LEAST_USES
    }


@dataclass(frozen=True, slots=True)
class _Guesser:
    """What was learned of some questions: scores of words, the spread and weight of each trait."""

    words: _WordScores
    spread: Vector
    weights: Vector

    @classmethod
    def trained(cls, items: Sequence[Options]) -> "_Guesser":
        described = [_centred(item, scores) for item, scores in _with_unseen_scores(items)]
        columns = zip(*(row for rows in described for row in rows), strict=True)
        spread = [math.sqrt(statistics.fmean(x * x for x in column)) for column in columns]
        choices = [
            Choice(_scaled(alternatives, spread), item.key)
            for item, alternatives in zip(items, described, strict=True)
        ]
        return cls(_WordScores.learned(items), spread, fit(choices, ridge=RIDGE))

    def chances(self, item: Options) -> Vector:
        return probabilities(_scaled(_centred(item, self.words), self.spread), self.weights)


def _with_unseen_scores(items: Sequence[Options]) -> list[tuple[Options, _WordScores]]:
    """Each item with scores of words learned from others only: its own would promise too much."""
    halves = [[item for item in items if _half(item) == half] for half in (0, 1)]
    of_the_other = [_WordScores.learned(half) for half in reversed(halves)]
    return [(item, of_the_other[_half(item)]) for item in items]


def _half(item: Options) -> int:
    return _fold(item, CUTS) % 2  # a way of cutting that no round uses


def _centred(item: Options, scores: _WordScores) -> list[Vector]:
    """What describes each option, less the mean of the question's options."""
    rows = [[*own, *scores.of(text)] for own, text in zip(item.traits, item.texts, strict=True)]
    means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
    return [[x - mean for x, mean in zip(row, means, strict=True)] for row in rows]


def _scaled(alternatives: Sequence[Vector], spread: Vector) -> list[Vector]:
    return [
        [x / unit if unit else 0.0 for x, unit in zip(row, spread, strict=True)]
        for row in alternatives
    ]
