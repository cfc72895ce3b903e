"""The words of questions, as rules compare them. Pure: no Django."""

import re
from collections.abc import Iterator

from questions.content import OptionContent, QuestionContent

_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
NUMBER_WORDS = {"TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5, "SIX": 6}


def without_code(text: str) -> str:
    """``text`` with an x in place of every piece of code."""
    return _CODE.sub(" x ", text)


def plain(text: str) -> str:
    """``text`` as compared with others: no markup, no case, single spaces, no full stop."""
    return re.sub(r"\s+", " ", re.sub(r"[*`_]", "", text)).strip(" .").lower()


def words(text: str) -> list[str]:
    """The words of ``text`` in small letters, in order."""
    return re.findall(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*", text.lower())


def asking(stem: str) -> str:
    """The last sentence of a stem: what it asks."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z*])|\n", without_code(stem).strip())[-1]


def texts(content: QuestionContent) -> Iterator[tuple[str, str]]:
    """Every text of a question with the name of its field."""
    yield "stem", content.stem
    for index, prompt in enumerate(content.prompts):
        yield f"prompts[{index}].text", prompt.text
    for index, option in enumerate(content.options):
        yield f"options[{index}].text", option.text
        yield f"options[{index}].rationale", option.rationale


def key_and_distractors(
    content: QuestionContent,
) -> tuple[list[OptionContent], list[OptionContent]]:
    """The key's options and the distractors of a choice or response; else nothing."""
    if content.kind.is_sequence:
        return [], []
    right = [option for option in content.options if option.correct]
    return right, [option for option in content.options if not option.correct]


def number(digits: str) -> float:
    """The number that ``digits`` with commas stand for."""
    return float(digits.replace(",", ""))
