"""What makes a question unusable (errors) or doubtful (warnings). Pure: no Django.

The rules are those of item-writing research and of the exam's own formats
(``docs/authoring.md``). A warning that is justified is answered in the question's file by
``lint: {rule: reason}``; an error cannot be answered. A rule that cries wolf teaches authors to
look away, so each fires only where reading its message is worth an author's time.
"""

import itertools
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from questions import blind_checks, rendering
from questions.content import (
    Content,
    ExamContent,
    OptionContent,
    Question,
    QuestionContent,
    Section,
)
from questions.kinds import Kind

STEM_WORDS_LIMIT = 130
SIMILAR_STEMS = 0.85
KEY_LONGEST_SHARE = 0.30
KEY_POSITION_SHARES = (0.18, 0.32)
MIN_FOR_STATISTICS = 40  # choice questions; below, shares say nothing


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a rule found; ``answered`` ones are never returned."""

    file: str
    field: str
    rule: str
    message: str
    is_error: bool

    def __str__(self) -> str:
        level = "error" if self.is_error else "warning"
        return f"{self.file}: {self.field}: {self.message} [{level} {self.rule}]"


# The codes of a task's skills, by the task's code.
SkillsOfTasks = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class OtherExam:
    """What another exam asks."""

    kinds: frozenset[Kind]
    tasks: frozenset[str]
    skills: SkillsOfTasks

    @classmethod
    def of(cls, exam: ExamContent) -> "OtherExam":
        return cls(frozenset(exam.kinds), frozenset(exam.task_codes), exam.skill_codes)


# By the exam's slug. The exam that a question is of may be among them: it is no other.
OtherExams = Mapping[str, OtherExam]
NO_OTHERS: OtherExams = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a question may refer to: the exam's kinds and tasks, note sections, other slugs.

    ``exam`` is the slug of the question's own exam. ``sections`` says of each anchor whether the
    service that it describes is closed; ``bodies`` are the texts of sections, at least of those
    that are quoted; ``others`` are the exams whose tasks a question may serve too.
    """

    exam: str
    kinds: frozenset[Kind]
    tasks: frozenset[str]
    skills: SkillsOfTasks
    sections: Mapping[str, bool]
    bodies: Mapping[str, str]
    slugs: frozenset[str]
    others: OtherExams

    @classmethod
    def of(cls, content: Content, others: OtherExams = NO_OTHERS) -> "Surroundings":
        return cls(
            exam=content.exam.slug,
            kinds=frozenset(content.exam.kinds),
            tasks=frozenset(content.exam.task_codes),
            skills=content.exam.skill_codes,
            sections={s.anchor: is_closed(s.title, s.front.status) for s in content.sections},
            bodies={s.anchor: s.body for s in content.sections},
            slugs=frozenset(question.slug for question in content.questions),
            others={slug: exam for slug, exam in others.items() if slug != content.exam.slug},
        )


def is_closed(title: str, status: str) -> bool:
    """Whether the status note of a section says of its service (not of a part) that it ends."""
    sentence = re.split(r"[.;] ", status)[0]
    about = re.match(rf"(?:(?:Amazon|AWS) )?{re.escape(title)}\b", sentence)
    open_part = re.search(r"\bis (?:open|current)\b|\bcurrent, but\b", sentence)
    return bool(about and not open_part and _CLOSED.search(sentence))


_CLOSED = re.compile(
    r"\bmaintenance\b|closed to new|new customers|discontinu|end of (?:support|life)|retired", re.I
)

# A rule yields (field, message) for everything it finds in one question.
Found = Iterator[tuple[str, str]]
Rule = Callable[[QuestionContent], Found]
_ERRORS: dict[str, Rule] = {}
_WARNINGS: dict[str, Rule] = {}


def _error(name: str) -> Callable[[Rule], Rule]:
    return partial(_register, _ERRORS, name)


def _warning(name: str) -> Callable[[Rule], Rule]:
    return partial(_register, _WARNINGS, name)


def _register(rules: dict[str, Rule], name: str, rule: Rule) -> Rule:
    rules[name] = rule
    return rule


# ---- Running the rules -------------------------------------------------------------------------


def check(content: Content, others: OtherExams = NO_OTHERS) -> list[Finding]:
    """Everything there is to say about a folder's content, sorted by file.

    ``others``: the exams whose tasks its questions may serve too.
    """
    surroundings = Surroundings.of(content, others)
    found = [f for q in content.questions for f in check_question(q, surroundings)]
    return sorted(found + list(_check_sections(content)) + list(_check_bank(content)))


def errors(content: Content, others: OtherExams = NO_OTHERS) -> list[Finding]:
    """Only what forbids loading: quick, for every load runs it."""
    surroundings = Surroundings.of(content, others)
    found = [f for q in content.questions for f in _own_errors(q, surroundings)]
    return sorted(found + list(_check_sections(content)) + list(_same_stems(content)))


def check_record(content: Content) -> list[Finding]:
    """What the record of blind checks lacks, or has too much."""
    rows = {row.slug: row for row in content.checks}
    found = [
        _finding(question, "blind-check", ("blind-check", message), is_error=False)
        for question in content.questions
        for message in blind_checks.doubts(question.content.judged_digest, rows.get(question.slug))
    ]
    for slug in rows.keys() - {question.slug for question in content.questions}:
        message = "is the name of no question; remove the row"
        found.append(Finding(blind_checks.FILE, slug, "blind-check", message, is_error=False))
    return sorted(found)


def check_question(question: Question, surroundings: Surroundings) -> list[Finding]:
    """Errors and unanswered warnings of one question, and answers that answer nothing."""
    found = _own_errors(question, surroundings)
    if found:
        return found  # on malformed questions warnings would only repeat the errors
    fired = dict(_fired_warnings(question.content, surroundings))
    answers = question.content.lint
    for rule, places in fired.items():
        if rule not in answers:
            found += [_finding(question, rule, place, is_error=False) for place in places]
    for rule in answers:
        if rule not in fired:
            stale = (f"lint.{rule}", "answers a warning that is not raised; remove it")
            found.append(_finding(question, "stale-answer", stale, is_error=False))
    return found


def is_answerable(rule: str) -> bool:
    """Whether a reason in the question's ``lint`` field can answer what this rule finds."""
    return rule in _WARNINGS or rule in (STATUS_RULE, PASSAGE_RULE)


def _own_errors(question: Question, surroundings: Surroundings) -> list[Finding]:
    content = question.content
    found = [
        _finding(question, rule, place, is_error=True)
        for rule, check_rule in _ERRORS.items()
        for place in check_rule(content)
    ]
    for rule, field, message in _reference_errors(question, surroundings):
        found.append(_finding(question, rule, (field, message), is_error=True))
    return found


def _fired_warnings(
    content: QuestionContent, surroundings: Surroundings
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for rule, check_rule in _WARNINGS.items():
        if places := list(check_rule(content)):
            yield rule, places
    if places := list(_status_unmentioned(content, surroundings)):
        yield STATUS_RULE, places
    if places := list(_passages_gone(content, surroundings)):
        yield PASSAGE_RULE, places


def _finding(question: Question, rule: str, place: tuple[str, str], *, is_error: bool) -> Finding:
    file = question.file or question.slug
    return Finding(file, place[0], rule, place[1], is_error)


# ---- Words -------------------------------------------------------------------------------------

_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
NUMBER_WORDS = {"TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5, "SIX": 6}


def _without_code(text: str) -> str:
    return _CODE.sub(" x ", text)


def _plain(text: str) -> str:
    """``text`` as compared with others: no markup, no case, single spaces, no full stop."""
    return re.sub(r"\s+", " ", re.sub(r"[*`_]", "", text)).strip(" .").lower()


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*", text.lower())


def _asking(stem: str) -> str:
    """The last sentence of a stem: what it asks."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z*])|\n", _without_code(stem).strip())[-1]


def _texts(content: QuestionContent) -> Iterator[tuple[str, str]]:
    """Every text of a question with the name of its field."""
    yield "stem", content.stem
    for index, prompt in enumerate(content.prompts):
        yield f"prompts[{index}].text", prompt.text
    for index, option in enumerate(content.options):
        yield f"options[{index}].text", option.text
        yield f"options[{index}].rationale", option.rationale


def _split(content: QuestionContent) -> tuple[list[OptionContent], list[OptionContent]]:
    """The key's options and the distractors of a choice or response; else nothing."""
    if content.kind.is_sequence:
        return [], []
    right = [option for option in content.options if option.correct]
    return right, [option for option in content.options if not option.correct]


# ---- Errors ------------------------------------------------------------------------------------


def _count(given: int, noun: str) -> str:
    return f"{given} {noun}" + ("" if given == 1 else "s")


@_error("format")
def _format(content: QuestionContent) -> Found:
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


@_error("prompts")
def _prompts(content: QuestionContent) -> Found:
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


@_error("duplicate")
def _duplicate_options(content: QuestionContent) -> Found:
    for option, uses in Counter(option.id for option in content.options).items():
        if uses > 1:
            yield "options", f"the id {option!r} stands {uses} times"
    yield from _duplicates("options", [option.text for option in content.options])


def _duplicates(field: str, texts: list[str]) -> Found:
    seen: dict[str, int] = {}
    for index, text in enumerate(texts):
        if (first := seen.setdefault(_plain(text), index)) != index:
            yield f"{field}[{index}].text", f"says the same as {field}[{first}]"


@_error("select-count")
def _select_count(content: QuestionContent) -> Found:
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


@_error("all-or-none")
def _all_or_none(content: QuestionContent) -> Found:
    for index, option in enumerate(content.options):
        if found := _ALL_OR_NONE.search(_without_code(option.text)):
            yield f"options[{index}].text", f'"{found[0]}" is no option: options are shuffled'


@_error("letters")
def _letters(content: QuestionContent) -> Found:
    for field, text in _texts(content):
        if found := _LETTERS.search(_without_code(text)):
            yield field, f'"{found[0]}" names an option by its letter, but options are shuffled'


@_error("markup")
def _markup(content: QuestionContent) -> Found:
    for field, text in _texts(content):
        plain = _without_code(text)
        if tag := re.search(r"</?[A-Za-z][^<>]*>|<!--", plain):
            yield field, f"{tag[0][:40]} would vanish as HTML; put it in `backticks`"
        if re.search(r"^#{1,6} ", plain, re.MULTILINE):
            yield field, "has a heading; the page has its own"
        if re.search(r"!\[[^\]]*\]\(", plain):
            yield field, "has an image; candidates who cannot see it could not answer"


@_error("stem-length")
def _stem_length(content: QuestionContent) -> Found:
    if (count := len(content.stem.split())) > STEM_WORDS_LIMIT:
        yield "stem", f"has {count} words; at most {STEM_WORDS_LIMIT} can be read in exam time"


@_error("overlap")
def _overlap(content: QuestionContent) -> Found:
    spans = [_span(option.text) for option in content.options]
    if content.kind.is_sequence or not all(spans):
        return
    known = sorted((span, index) for index, span in enumerate(spans) if span)
    for ((_, end), _), ((start, _), index) in itertools.pairwise(known):
        if start < end:
            yield f"options[{index}].text", "overlaps with another option's range"


def _span(text: str) -> tuple[float, float] | None:
    """The range a text consists of, such as "10-20 GB" or "5 to 7 days"."""
    number = r"[$]?(\d[\d,]*(?:\.\d+)?)"
    found = re.fullmatch(
        rf"{number}\s*(?:-|\u2013|to)\s*{number}\s*%?(?: [A-Za-z]+)?\.?", text.strip()
    )
    return (_number(found[1]), _number(found[2])) if found else None


def _number(digits: str) -> float:
    return float(digits.replace(",", ""))


def _reference_errors(
    question: Question, surroundings: Surroundings
) -> Iterator[tuple[str, str, str]]:
    content = question.content
    if content.kind not in surroundings.kinds:
        yield "kind", "kind", f"{content.kind} is not asked in this exam"
    if content.task not in surroundings.tasks:
        yield "task", "task", f"the exam has no task {content.task}"
    for anchor in content.notes:
        if anchor not in surroundings.sections:
            yield "notes", "notes", f"there is no note section {anchor}"
    for enemy in content.enemies:
        if enemy == question.slug:
            yield "enemies", "enemies", "names the question itself"
        elif enemy not in surroundings.slugs:
            yield "enemies", "enemies", f"there is no question {enemy}"
    yield from _folder_errors(question)
    yield from _also_errors(content, surroundings)
    yield from _skill_errors(content, surroundings)
    yield from _passage_errors(content)
    yield from _answer_errors(content)


def _also_errors(
    content: QuestionContent, surroundings: Surroundings
) -> Iterator[tuple[str, str, str]]:
    for slug, task in content.also.items():
        exam = surroundings.others.get(slug)
        if exam is None:
            yield "also", f"also.{slug}", "is no other exam"
        elif task not in exam.tasks:
            yield "also", f"also.{slug}", f"that exam has no task {task}"
        elif content.kind not in exam.kinds:
            yield "also", f"also.{slug}", f"{content.kind} is not asked in that exam"


def _skill_errors(
    content: QuestionContent, surroundings: Surroundings
) -> Iterator[tuple[str, str, str]]:
    """Skills of a task that the question does not serve, or that the task does not have."""
    for slug, codes in content.skills.items():
        is_own, exam = slug == surroundings.exam, surroundings.others.get(slug)
        task = content.task if is_own else content.also.get(slug)
        if task is None:
            yield "skills", f"skills.{slug}", "names an exam of which this question serves no task"
            continue
        known = (surroundings.skills if is_own else exam.skills if exam else {}).get(task, ())
        for code in codes:
            if code not in known:
                yield "skills", f"skills.{slug}", f"task {task} has no skill {code}"


def _passage_errors(content: QuestionContent) -> Iterator[tuple[str, str, str]]:
    for anchor in content.passages:
        if anchor not in content.notes:
            yield "passages", f"passages.{anchor}", "is not among the notes of this question"


def _answer_errors(content: QuestionContent) -> Iterator[tuple[str, str, str]]:
    for rule in content.lint:
        if not is_answerable(rule):
            said = "is an error and cannot be answered" if rule in _ERRORS else "is no rule"
            yield "lint", f"lint.{rule}", said


def _folder_errors(question: Question) -> Iterator[tuple[str, str, str]]:
    folder, first = question.file.split("/")[-2:-1], question.content.notes[0]
    if folder and folder[0] != first:
        yield "folder", "notes", f"starts with {first}, but the file is in {folder[0]}/"


# ---- Warnings ----------------------------------------------------------------------------------


@_warning("key-length")
def _key_length(content: QuestionContent) -> Found:
    right, wrong = _split(content)
    if not right:
        return
    keys = sorted(len(_plain(option.text)) for option in right)
    others = sorted(len(_plain(option.text)) for option in wrong)
    if keys[0] >= 1.4 * others[-1] and keys[0] - others[-1] >= 25:
        yield "options", f"right options are far longer ({keys[0]} characters) than the others"
    if keys[-1] * 1.8 < others[0]:
        yield "options", f"right options are far shorter ({keys[-1]} characters) than the others"


@_warning("negative")
def _negative(content: QuestionContent) -> Found:
    negative = r"\b(NOT|EXCEPT|LEAST likely)\b|\bexcept\b|^which\b[^?]*\b(is|are) not\b"
    if found := re.search(negative, _asking(content.stem)):
        yield "stem", f'asks negatively ("{found[0]}"); ask for what is right'


@_warning("superlative")
def _superlative(content: QuestionContent) -> Found:
    asked = re.sub(r"\*\*.*?\*\*", " ", _asking(content.stem))
    plain = re.sub(r"\bat (most|least)\b|\bbest practices?\b", " ", asked)
    if found := re.search(r"\b(most|least|best|fewest)\b", plain):
        yield "stem", f'"{found[0]}" decides the question; write {found[0].upper()}'


_ABSOLUTE = re.compile(
    r"\b(always|never|guarantees?|guaranteed|completely|impossible|in all cases|every possible)\b",
    re.IGNORECASE,
)


@_warning("absolute")
def _absolute(content: QuestionContent) -> Found:
    if content.kind.is_sequence:
        return
    found = [_ABSOLUTE.search(_without_code(option.text)) for option in content.options]
    if all(found):
        return
    for index, match in enumerate(found):
        if match:
            yield f"options[{index}].text", f'"{match[0]}" gives away which options are wrong'


@_warning("hedge")
def _hedge(content: QuestionContent) -> Found:
    hedged = re.compile(r"\b(often|may|might|usually|typically|generally|sometimes)\b", re.I)
    yield from _only_in_key(content, lambda text: hedged.search(text) is not None, "a hedge")


@_warning("parenthesis")
def _parenthesis(content: QuestionContent) -> Found:
    # Abbreviations in brackets, such as (VPC), are names, not afterthoughts.
    aside = re.compile(r"\([^)]*[a-z]{2}[^)]*\)")
    yield from _only_in_key(content, lambda text: aside.search(text) is not None, "a parenthesis")


def _only_in_key(content: QuestionContent, test: Callable[[str], bool], noun: str) -> Found:
    right, wrong = _split(content)
    if not right or any(test(_without_code(option.text)) for option in wrong):
        return
    if all(test(_without_code(option.text)) for option in right):
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


@_warning("echo")
def _echo(content: QuestionContent) -> Found:
    right, wrong = _split(content)
    if content.kind is not Kind.CHOICE:
        return
    others = set(_words(" ".join(option.text for option in wrong)))
    stems = {word[:7] for word in others}
    echoed = {
        word
        for word in set(_words(_without_code(right[0].text))) & set(_words(content.stem)) - _COMMON
        if len(word) >= 7 and word[:7] not in stems
    }
    if len(echoed) >= 3:
        listed = ", ".join(sorted(echoed))
        yield "options", f"only the right option repeats these words of the stem: {listed}"


@_warning("punctuation")
def _punctuation(content: QuestionContent) -> Found:
    stops = [option.text.endswith(".") for option in content.options]
    if any(stops) and not all(stops):
        yield "options", "some end in a full stop and some do not"


@_warning("stem-question")
def _stem_question(content: QuestionContent) -> Found:
    if content.kind.is_sequence:
        return
    stem = re.sub(r"\((?:Select|Choose) [^)]*\)", "", _without_code(content.stem)).rstrip(" *_.\n")
    if not stem.endswith("?"):
        yield "stem", "does not end in its question"
    elif stem.count("?") > 1:
        yield "stem", "asks more than one question"


@_warning("surplus")
def _surplus(content: QuestionContent) -> Found:
    if content.kind is Kind.MATCHING and len(content.options) <= len(content.prompts):
        yield "options", "has no surplus, so that the last pair is forced"


@_warning("unordered-numbers")
def _unordered_numbers(content: QuestionContent) -> Found:
    pattern = r"[$]?(\d[\d,]*(?:\.\d+)?)\s*%?(?: [A-Za-z]+)?\.?"
    found = [re.fullmatch(pattern, option.text.strip()) for option in content.options]
    numbers = [_number(match[1]) for match in found if match]
    in_order = sorted(numbers) in (numbers, numbers[::-1])
    if content.kind is not Kind.ORDERING and all(found) and not in_order:
        yield "options", "are numbers out of order"


STATUS_RULE = "service-status"


def _status_unmentioned(content: QuestionContent, surroundings: Surroundings) -> Found:
    """The first note section's service is closed, and no rationale tells the reader."""
    if not surroundings.sections.get(content.notes[0]):
        return
    said = r"maintenance|new customers|discontinu|no longer|end of|successor|retired|renamed|since"
    if not any(re.search(said, option.rationale, re.I) for option in content.options):
        yield "options", f"no rationale says what became of {content.notes[0]} (see its note)"


PASSAGE_RULE = "passage"


def _passages_gone(content: QuestionContent, surroundings: Surroundings) -> Found:
    for anchor, words in content.passages.items():
        if _folded(words) not in _folded(surroundings.bodies.get(anchor, "")):
            yield f"passages.{anchor}", f'the note does not (any more) say "{words[:60]}"'


def _folded(text: str) -> str:
    """``text`` as it reads: no emphasis or code marks of Markdown, single spaces."""
    return " ".join(re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", text).split())


# ---- The bank as a whole -----------------------------------------------------------------------


def _check_sections(content: Content) -> Iterator[Finding]:
    for section in content.sections:
        for code in section.front.tasks:
            if code not in content.exam.task_codes:
                yield _about(section, "tasks", f"the exam has no task {code}")
        for name, alt in rendering.images(section.body):
            if name.endswith(".svg") and name not in content.drawings:
                yield _about(section, "drawing", f"there is no images/{name}")
            if not alt:
                yield _about(section, "alt", f"![](…{name}) does not say what the picture shows")


def _about(section: Section, field: str, message: str) -> Finding:
    return Finding(section.file or section.anchor, field, field, message, is_error=True)


def _check_bank(content: Content) -> Iterator[Finding]:
    yield from _unused_drawings(content)
    yield from _same_stems(content)
    yield from _similar_stems(content)
    for rule, message in (*_key_statistics(content), *_coverage(content)):
        yield Finding("questions", "bank", rule, message, is_error=False)


def _unused_drawings(content: Content) -> Iterator[Finding]:
    shown = {name for s in content.sections for name in rendering.image_names(s.body)}
    for name in sorted(content.drawings.keys() - shown):
        message = "no note shows this drawing"
        yield Finding(f"images/{name}", "file", "unused-drawing", message, is_error=False)


def _same_stems(content: Content) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for question in content.questions:
        first = seen.setdefault(_plain(question.content.stem), question.slug)
        if first != question.slug:
            place = ("stem", f"is the stem of {first} too")
            yield _finding(question, "duplicate-stem", place, is_error=True)


def _similar_stems(content: Content) -> Iterator[Finding]:
    """Pairs whose stems share more than SIMILAR_STEMS of their words.

    Two sets that alike share one of their rarest words (the first few when sorted by rarity), so
    only such pairs are compared: the work grows with the bank, not with its square.
    """
    bags = {q.slug: frozenset(_words(q.content.stem)) for q in content.questions}
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
    return _finding(question, "similar-stem", place, is_error=False)


def check_stem(
    question: Question, others: Iterable[tuple[str, str, Sequence[str]]]
) -> list[Finding]:
    """Whether the stem is that of another question or nearly so.

    ``others``: slug, stem and enemies of each.
    """
    own, bag = question.content, frozenset(_words(question.content.stem))
    found = []
    for slug, stem, enemies in others:
        if _plain(stem) == _plain(own.stem):
            place = ("stem", f"is the stem of {slug} too")
            found.append(_finding(question, "duplicate-stem", place, is_error=True))
        elif _similarity(bag, frozenset(_words(stem))) > SIMILAR_STEMS and not (
            slug in own.enemies or question.slug in enemies
        ):
            found.append(_nearly(question, slug))
    return found


def _key_statistics(content: Content) -> Iterator[tuple[str, str]]:
    choices = [q.content for q in content.questions if q.content.kind is Kind.CHOICE]
    if len(choices) < MIN_FOR_STATISTICS:
        return
    longest = statistics.fmean(_key_is_longest(choice) for choice in choices)
    if longest > KEY_LONGEST_SHARE:
        yield "key-longest", f"the key is the longest option in {longest:.0%} of choice questions"
    low, high = KEY_POSITION_SHARES
    positions = Counter(_key_position(choice) for choice in choices)
    for position in range(4):
        if not low <= (share := positions[position] / len(choices)) <= high:
            yield "key-position", f"option {position + 1} is the key in {share:.0%} of choices"


def _key_is_longest(content: QuestionContent) -> bool:
    right, wrong = _split(content)
    return all(len(_plain(k.text)) > len(_plain(o.text)) for k in right for o in wrong)


def _key_position(content: QuestionContent) -> int:
    return next((i for i, option in enumerate(content.options) if option.correct), -1)


def _coverage(content: Content) -> Iterator[tuple[str, str]]:
    """Tasks without a question, and domains that cannot fill their share of one form.

    An exam without questions of its own lives on those of others, which its folder cannot know.
    """
    if not content.questions:
        return
    uses = Counter(question.content.task for question in content.questions)
    for domain in content.exam.domains:
        for task in domain.tasks:
            if not uses[task.code]:
                yield "coverage", f"no question asks about task {task.code}"
        needed = math.ceil(content.exam.items * domain.weight / 100)
        if (held := sum(uses[task.code] for task in domain.tasks)) < needed:
            yield "coverage", f"domain {domain.code} has {held} of the {needed} questions of a form"
