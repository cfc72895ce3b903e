"""How stems and options are worded. Pure: no Django."""

import re

from questions.content import QuestionContent
from questions.kinds import Kind
from questions.lint.findings import Places
from questions.lint.rules import RuleSet
from questions.lint.texts import asking, number, without_code

RULES = RuleSet()


@RULES.warning("negative")
def _negative(content: QuestionContent) -> Places:
    negative = r"\b(NOT|EXCEPT|LEAST likely)\b|\bexcept\b|^which\b[^?]*\b(is|are) not\b"
    if found := re.search(negative, asking(content.stem)):
        yield "stem", f'asks negatively ("{found[0]}"); ask for what is right'


@RULES.warning("superlative")
def _superlative(content: QuestionContent) -> Places:
    asked = re.sub(r"\*\*.*?\*\*", " ", asking(content.stem))
    plain = re.sub(r"\bat (most|least)\b|\bbest practices?\b", " ", asked)
    if found := re.search(r"\b(most|least|best|fewest)\b", plain):
        yield "stem", f'"{found[0]}" decides the question; write {found[0].upper()}'


@RULES.warning("punctuation")
def _punctuation(content: QuestionContent) -> Places:
    stops = [option.text.endswith(".") for option in content.options]
    if any(stops) and not all(stops):
        yield "options", "some end in a full stop and some do not"


@RULES.warning("stem-question")
def _stem_question(content: QuestionContent) -> Places:
    if content.kind.is_sequence:
        return
    stem = re.sub(r"\((?:Select|Choose) [^)]*\)", "", without_code(content.stem)).rstrip(" *_.\n")
    if not stem.endswith("?"):
        yield "stem", "does not end in its question"
    elif stem.count("?") > 1:
        yield "stem", "asks more than one question"


@RULES.warning("unordered-numbers")
def _unordered_numbers(content: QuestionContent) -> Places:
    pattern = r"[$]?(\d[\d,]*(?:\.\d+)?)\s*%?(?: [A-Za-z]+)?\.?"
    found = [re.fullmatch(pattern, option.text.strip()) for option in content.options]
    numbers = [number(match[1]) for match in found if match]
    in_order = sorted(numbers) in (numbers, numbers[::-1])
    if content.kind is not Kind.ORDERING and all(found) and not in_order:
        yield "options", "are numbers out of order"
