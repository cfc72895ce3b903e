"""What makes a question unusable, whatever exam it is of. Pure: no Django."""

import itertools
import re
from collections import Counter

from questions.content import QuestionContent
from questions.kinds import Kind
from questions.lint.findings import Places
from questions.lint.rules import RuleSet
from questions.lint.texts import NUMBER_WORDS, number, plain, texts, without_code

RULES = RuleSet()
STEM_WORDS_LIMIT = 130


def _count(given: int, noun: str) -> str:
    return f"{given} {noun}" + ("" if given == 1 else "s")


@RULES.error("format")
def _format(content: QuestionContent) -> Places:
    options, right = len(content.options), sum(option.correct for option in content.options)
    fewest, most = {
        Kind.CHOICE: (4, 4),
        Kind.RESPONSE: (5, 6),
        Kind.ORDERING: (3, 5),
        Kind.MATCHING: (3, 8),
    }[content.kind]
    if not fewest <= options <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        yield "options", f"{content.kind} takes {wanted} options, not {options}"
    if content.kind is Kind.CHOICE and right != 1:
        yield "options", f"choice takes exactly one correct option, not {right}"
    if content.kind is Kind.RESPONSE and not 2 <= right < options - 1:
        yield "options", f"response takes 2 or more correct options and 2 wrong ones, not {right}"
    if content.kind.is_sequence and right:
        yield "options", f"{content.kind} has no correct: true; its order or matches are the key"


@RULES.error("prompts")
def _prompts(content: QuestionContent) -> Places:
    if content.kind is not Kind.MATCHING:
        if content.prompts:
            yield "prompts", f"{content.kind} has none; only matching has"
        return
    if not 3 <= len(content.prompts) <= 7:
        yield "prompts", f"matching takes 3 to 7 prompts, not {len(content.prompts)}"
    ids = {option.id for option in content.options}
    for index, prompt in enumerate(content.prompts):
        if prompt.match not in ids:
            yield f"prompts[{index}].match", f"there is no option {prompt.match!r}"
    for option, uses in Counter(prompt.match for prompt in content.prompts).items():
        if uses > 1:
            yield "prompts", f"option {option!r} is matched {uses} times; each is used at most once"
    yield from _duplicates("prompts", [prompt.text for prompt in content.prompts])


@RULES.error("duplicate")
def _duplicate_options(content: QuestionContent) -> Places:
    for option, uses in Counter(option.id for option in content.options).items():
        if uses > 1:
            yield "options", f"the id {option!r} stands {uses} times"
    yield from _duplicates("options", [option.text for option in content.options])


def _duplicates(field: str, texts: list[str]) -> Places:
    seen: dict[str, int] = {}
    for index, text in enumerate(texts):
        if (first := seen.setdefault(plain(text), index)) != index:
            yield f"{field}[{index}].text", f"says the same as {field}[{first}]"


@RULES.error("select-count")
def _select_count(content: QuestionContent) -> Places:
    named = re.findall(rf"\b({'|'.join(NUMBER_WORDS)})\b", content.stem)
    right = len(content.key)
    if content.kind is Kind.CHOICE and named:
        yield "stem", f"asks for {named[-1]}, but choice has one right option"
    if content.kind is not Kind.RESPONSE:
        return
    if not named:
        yield "stem", 'does not say how many to select; write for instance "Which TWO" in capitals'
    elif NUMBER_WORDS[named[-1]] != right:
        yield "stem", f"asks for {named[-1]}, but {_count(right, 'option')} are correct"


_ALL_OR_NONE = re.compile(
    r"\b(all|none|both|neither|any) of (the|these|those) (above|options|answers|others?)\b"
    r"|\b(all|none) of (these|the above)\b|^i (do not|don't) know\b|\bboth [a-f] and [a-f]\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(
    r"\b(?:[Oo]ptions?|[Aa]nswers?|[Cc]hoices?) \(?[A-F]\)?(?![\w-])(?! [a-z]+ing\b)"
    r"|\b(?:[Oo]ptions?|[Aa]nswers?|[Cc]hoices?) \(?[b-f]\)?(?![\w-])"
    r"|\b[Bb]oth [A-F] and [A-F]\b"
)


@RULES.error("all-or-none")
def _all_or_none(content: QuestionContent) -> Places:
    for index, option in enumerate(content.options):
        if found := _ALL_OR_NONE.search(without_code(option.text)):
            yield f"options[{index}].text", f'"{found[0]}" is no option: options are shuffled'


@RULES.error("letters")
def _letters(content: QuestionContent) -> Places:
    for field, text in texts(content):
        if found := _LETTERS.search(without_code(text)):
            yield field, f'"{found[0]}" names an option by its letter, but options are shuffled'


@RULES.error("markup")
def _markup(content: QuestionContent) -> Places:
    for field, text in texts(content):
        plain = without_code(text)
        if tag := re.search(r"</?[A-Za-z][^<>]*>|<!--", plain):
            yield field, f"{tag[0][:40]} would vanish as HTML; put it in `backticks`"
        if re.search(r"^#{1,6} ", plain, re.MULTILINE):
            yield field, "has a heading; the page has its own"
        if re.search(r"!\[[^\]]*\]\(", plain):
            yield field, "has an image; candidates who cannot see it could not answer"


@RULES.error("stem-length")
def _stem_length(content: QuestionContent) -> Places:
    if (count := len(content.stem.split())) > STEM_WORDS_LIMIT:
        yield "stem", f"has {count} words; at most {STEM_WORDS_LIMIT} can be read in exam time"


@RULES.error("overlap")
def _overlap(content: QuestionContent) -> Places:
    spans = [_span(option.text) for option in content.options]
    if content.kind.is_sequence or not all(spans):
        return
    known = sorted((span, index) for index, span in enumerate(spans) if span)
    for ((_, end), _), ((start, _), index) in itertools.pairwise(known):
        if start < end:
            yield f"options[{index}].text", "overlaps with another option's range"


def _span(text: str) -> tuple[float, float] | None:
    """The range a text consists of, such as "10-20 GB" or "5 to 7 days"."""
    amount = r"[$]?(\d[\d,]*(?:\.\d+)?)"
    found = re.fullmatch(
        rf"{amount}\s*(?:-|\u2013|to)\s*{amount}\s*%?(?: [A-Za-z]+)?\.?", text.strip()
    )
    return (number(found[1]), number(found[2])) if found else None
