"""What options show without their stem: length, shared words, telling words. Pure: no Django.

Candidates who know nothing of the subject can guess by such traits: writers give wrong options a
reason, a scope or a detour more often than right ones. ``traits`` turns them into numbers for
``guessing``; ``cues`` says in words which of them set the key apart.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from questions.content import Question
from questions.kinds import Kind
from questions.lint.findings import Finding, Level
from questions.lint.texts import key_and_distractors, words

RULE = "options-alone"
CUES_FOR_ADVICE = 2  # one alone is often chance
GUESSED_FOR_ADVICE = 0.4  # of 1; chance is 0.25 with four options

# Words of plain English that stand in wrong options more often than in right ones, or the other
# way round; no words of a subject.
_TELLING: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    for name, pattern in {
        "reason": "because|since|as it|so that",
        "scope": "each|every|all|any|whole|entire|only",
        "replacement": "replace|remove|delete|instead|in place of|drop|without",
        "order": "before|after|until|then|first|when|whenever",
        "time": r"daily|hourly|nightly|weekly|monthly|minutes?|hours?|days?|night|schedule\w*",
        "own work": r"own|custom|script|manual\w*|self|new|another|second",
        "amount": "more|larger|higher|lower|fewer|less|increase|reduce|raise|double",
        "negation": "not|no|never|neither|nor",
    }.items()
}
# Those whose presence in distractors alone is worth telling an author.
_ELIMINATING = ("reason", "scope", "replacement", "order")

TRAITS = ("characters", "words", "likeness", "shared", "common", "code", *_TELLING)


def traits(texts: Sequence[str]) -> list[list[float]]:
    """The numbers of ``TRAITS`` for each of the options that say ``texts``."""
    bags = [frozenset(words(text)) for text in texts]
    return [
        [
            math.log(1 + len(text)),
            math.log(1 + len(words(text))),
            *_sharing(bags, place),
            float(min(2, text.count("`") // 2)),
            *(float(bool(pattern.search(text))) for pattern in _TELLING.values()),
        ]
        for place, text in enumerate(texts)
    ]


def _sharing(bags: Sequence[frozenset[str]], place: int) -> tuple[float, float, float]:
    """How like the others the option at ``place`` is, and which shares of its words they have.

    The first share is of words that any other option has, the second of words that two have.
    """
    own = bags[place]
    others = [bag for other, bag in enumerate(bags) if other != place]
    uses = [sum(word in bag for bag in others) for word in own]
    size = max(1, len(own))
    return (
        likeness(bags, place),
        sum(count >= 1 for count in uses) / size,
        sum(count >= 2 for count in uses) / size,
    )


def likeness(bags: Sequence[frozenset[str]], place: int) -> float:
    """The mean share of words that the option at ``place`` has in common with another one."""
    others = [bag for other, bag in enumerate(bags) if other != place]
    shares = [len(bags[place] & bag) / max(1, len(bags[place] | bag)) for bag in others]
    return sum(shares) / max(1, len(shares))


def advise(question: Question, guessed: float | None = None) -> list[Finding]:
    """Advice on a choice question whose key shows without the stem.

    It does where several cues set the key apart, or where a guesser that learned from other
    questions (``guessing``) gave the key the chance ``guessed``, if that is known.
    """
    found = list(cues(question))
    if len(found) < CUES_FOR_ADVICE and (guessed or 0.0) < GUESSED_FOR_ADVICE:
        return []
    chance = "" if guessed is None else f" (a guesser gives it {guessed:.0%})"
    pointers = "; ".join(found) or "its words and length are those of keys"
    message = f"the key shows without the stem{chance}: {pointers}"
    return [Finding.of(question, RULE, ("options", message), Level.ADVICE)]


def cues(question: Question) -> Iterator[str]:
    """What sets the key of a choice question apart, in words for its author."""
    right, wrong = key_and_distractors(question.content)
    if question.content.kind is not Kind.CHOICE or len(right) != 1 or len(wrong) < 2:
        return
    key, distractors = right[0].text, [option.text for option in wrong]
    yield from _eliminating_words(key, distractors)
    yield from _key_alone(key, distractors)
    bags = [frozenset(words(text)) for text in (key, *distractors)]
    if likeness(bags, 0) > max(likeness(bags, place) for place in range(1, len(bags))):
        yield "the key shares most words with the other options"


def _eliminating_words(key: str, distractors: Sequence[str]) -> Iterator[str]:
    for name in _ELIMINATING:
        pattern = _TELLING[name]
        found = [match[0].lower() for text in distractors if (match := pattern.search(text))]
        # No writer gives the right option a reason, so that one wrong option with one tells.
        if not pattern.search(key) and len(found) >= (1 if name == "reason" else 2):
            listed = ", ".join(f"'{word}'" for word in dict.fromkeys(found))
            yield f"{listed} stand{'s' * (len(set(found)) == 1)} only in distractors"


def _key_alone(key: str, distractors: Sequence[str]) -> Iterator[str]:
    for pattern, noun in ((r"`[^`]+`", "code"), (r"\d", "a number")):
        if re.search(pattern, key) and not any(re.search(pattern, text) for text in distractors):
            yield f"only the key has {noun}"
