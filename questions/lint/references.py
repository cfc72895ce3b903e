"""What a question says of the exam, the notes and other questions around it. Pure: no Django."""

import re

from questions.content import Question
from questions.lint.findings import Places
from questions.lint.rules import RuleSet
from questions.lint.surroundings import Surroundings

RULES = RuleSet()


@RULES.error_around("kind")
def _kind(question: Question, surroundings: Surroundings) -> Places:
    kind = question.content.kind
    if kind not in surroundings.kinds:
        yield "kind", f"{kind} is not asked in this exam"


@RULES.error_around("task")
def _task(question: Question, surroundings: Surroundings) -> Places:
    task = question.content.task
    if task not in surroundings.tasks:
        yield "task", f"the exam has no task {task}"


@RULES.error_around("notes")
def _notes(question: Question, surroundings: Surroundings) -> Places:
    for anchor in question.content.notes:
        if anchor not in surroundings.sections:
            yield "notes", f"there is no note section {anchor}"


@RULES.error_around("enemies")
def _enemies(question: Question, surroundings: Surroundings) -> Places:
    for enemy in question.content.enemies:
        if enemy == question.slug:
            yield "enemies", "names the question itself"
        elif enemy not in surroundings.slugs:
            yield "enemies", f"there is no question {enemy}"


@RULES.error_around("folder")
def _folder(question: Question, surroundings: Surroundings) -> Places:
    folder, first = question.file.split("/")[-2:-1], question.content.notes[0]
    if folder and folder[0] != first:
        yield "notes", f"starts with {first}, but the file is in {folder[0]}/"


@RULES.error_around("also")
def _also(question: Question, surroundings: Surroundings) -> Places:
    kind = question.content.kind
    for slug, task in question.content.also.items():
        exam = surroundings.others.get(slug)
        if exam is None:
            yield f"also.{slug}", "is no other exam"
        elif task not in exam.tasks:
            yield f"also.{slug}", f"that exam has no task {task}"
        elif kind not in exam.kinds:
            yield f"also.{slug}", f"{kind} is not asked in that exam"


@RULES.error_around("skills")
def _skills(question: Question, surroundings: Surroundings) -> Places:
    for slug, codes in question.content.skills.items():
        if (task := _task_served(question, slug, surroundings)) is None:
            yield f"skills.{slug}", "names an exam of which this question serves no task"
            continue
        for code in codes:
            if code not in surroundings.skills_of(slug, task):
                yield f"skills.{slug}", f"task {task} has no skill {code}"


def _task_served(question: Question, exam: str, surroundings: Surroundings) -> str | None:
    if exam == surroundings.exam:
        return question.content.task
    return question.content.also.get(exam)


@RULES.error_around("passages")
def _passages(question: Question, surroundings: Surroundings) -> Places:
    for anchor in question.content.passages:
        if anchor not in question.content.notes:
            yield f"passages.{anchor}", "is not among the notes of this question"


@RULES.warning_around("passage")
def _passage(question: Question, surroundings: Surroundings) -> Places:
    """The words that a question draws on are gone from the note."""
    for anchor, quoted in question.content.passages.items():
        if _folded(quoted) not in _folded(surroundings.bodies.get(anchor, "")):
            yield f"passages.{anchor}", f'the note does not (any more) say "{quoted[:60]}"'


def _folded(text: str) -> str:
    """``text`` as it reads: no emphasis or code marks of Markdown, single spaces."""
    return " ".join(re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", text).split())


@RULES.warning_around("service-status")
def _service_status(question: Question, surroundings: Surroundings) -> Places:
    """The first note section's service is closed, and no rationale tells the reader."""
    first = question.content.notes[0]
    said = r"maintenance|new customers|discontinu|no longer|end of|successor|retired|renamed|since"
    rationales = [option.rationale for option in question.content.options]
    if surroundings.sections.get(first) and not any(re.search(said, r, re.I) for r in rationales):
        yield "options", f"no rationale says what became of {first} (see its note)"
