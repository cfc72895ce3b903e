"""What there is to say of a bank as a whole, and of its notes. Pure: no Django."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator

from questions import rendering
from questions.content import Content, QuestionContent, Section
from questions.kinds import Kind
from questions.lint.findings import Finding, Level
from questions.lint.texts import key_and_distractors, plain

KEY_LONGEST_SHARE = 0.30
KEY_POSITION_SHARES = (0.18, 0.32)
MIN_FOR_STATISTICS = 40  # choice questions; below, shares say nothing


def check_sections(content: Content) -> Iterator[Finding]:
    """What is wrong with the notes: tasks and drawings that are not there, pictures unnamed."""
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
    return Finding(section.file or section.anchor, field, field, message, Level.ERROR)


def unused_drawings(content: Content) -> Iterator[Finding]:
    """Drawings that no note shows."""
    shown = {name for s in content.sections for name in rendering.image_names(s.body)}
    for name in sorted(content.drawings.keys() - shown):
        message = "no note shows this drawing"
        yield Finding(f"images/{name}", "file", "unused-drawing", message, Level.WARNING)


def check_figures(content: Content) -> Iterator[Finding]:
    """Keys that can be guessed by length or place, and parts of the blueprint asked too little."""
    for rule, message in (*_key_statistics(content), *_coverage(content)):
        yield Finding("questions", "bank", rule, message, Level.WARNING)


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
    right, wrong = key_and_distractors(content)
    return all(len(plain(k.text)) > len(plain(o.text)) for k in right for o in wrong)


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
