"""What lets the options alone tell which of them is right. Pure: no Django."""

import re
from collections.abc import Callable

from questions.content import QuestionContent
from questions.kinds import Kind
from questions.lint.findings import Places
from questions.lint.rules import RuleSet
from questions.lint.texts import key_and_distractors, plain, without_code, words

RULES = RuleSet()


@RULES.warning("key-length")
def _key_length(content: QuestionContent) -> Places:
    right, wrong = key_and_distractors(content)
    if not right:
        return
    keys = sorted(len(plain(option.text)) for option in right)
    others = sorted(len(plain(option.text)) for option in wrong)
    if keys[0] >= 1.4 * others[-1] and keys[0] - others[-1] >= 25:
        yield "options", f"right options are far longer ({keys[0]} characters) than the others"
    if keys[-1] * 1.8 < others[0]:
        yield "options", f"right options are far shorter ({keys[-1]} characters) than the others"


_ABSOLUTE = re.compile(
    r"\b(always|never|guarantees?|guaranteed|completely|impossible|in all cases|every possible)\b",
    re.IGNORECASE,
)


@RULES.warning("absolute")
def _absolute(content: QuestionContent) -> Places:
    if content.kind.is_sequence:
        return
    found = [_ABSOLUTE.search(without_code(option.text)) for option in content.options]
    if all(found):
        return
    for index, match in enumerate(found):
        if match:
            yield f"options[{index}].text", f'"{match[0]}" gives away which options are wrong'


@RULES.warning("hedge")
def _hedge(content: QuestionContent) -> Places:
    hedged = re.compile(r"\b(often|may|might|usually|typically|generally|sometimes)\b", re.I)
    yield from _only_in_key(content, lambda text: hedged.search(text) is not None, "a hedge")


@RULES.warning("parenthesis")
def _parenthesis(content: QuestionContent) -> Places:
    # Abbreviations in brackets, such as (VPC), are names, not afterthoughts.
    aside = re.compile(r"\([^)]*[a-z]{2}[^)]*\)")
    yield from _only_in_key(content, lambda text: aside.search(text) is not None, "a parenthesis")


def _only_in_key(content: QuestionContent, test: Callable[[str], bool], noun: str) -> Places:
    right, wrong = key_and_distractors(content)
    if not right or any(test(without_code(option.text)) for option in wrong):
        return
    if all(test(without_code(option.text)) for option in right):
        yield "options", f"only what is right has {noun}, which gives it away"


_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        against another application applications approach available because between business
        companies company created customer customers engineer engineers existing following
        highest including instance instances records requirement requirements sagemaker service
        services several solution solutions through training without
        """,
    )
)


@RULES.warning("echo")
def _echo(content: QuestionContent) -> Places:
    right, wrong = key_and_distractors(content)
    if content.kind is not Kind.CHOICE:
        return
    others = set(words(" ".join(option.text for option in wrong)))
    stems = {word[:7] for word in others}
    echoed = {
        word
        for word in set(words(without_code(right[0].text))) & set(words(content.stem)) - _COMMON
        if len(word) >= 7 and word[:7] not in stems
    }
    if len(echoed) >= 3:
        listed = ", ".join(sorted(echoed))
        yield "options", f"only the right option repeats these words of the stem: {listed}"


@RULES.warning("surplus")
def _surplus(content: QuestionContent) -> Places:
    if content.kind is Kind.MATCHING and len(content.options) <= len(content.prompts):
        yield "options", "has no surplus, so that the last pair is forced"
