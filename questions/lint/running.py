"""Runs the rules: on one question, on a folder's whole content. Pure: no Django."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from questions import blind_checks, options_only
from questions.content import Content, Question
from questions.lint import cues, giveaways, references, stems, structure, whole, wording
from questions.lint.findings import Finding, Level, Place
from questions.lint.guessing import Guesses
from questions.lint.rules import RuleSet
from questions.lint.surroundings import NO_OTHERS, OtherExams, Surroundings

RULES = RuleSet.union(part.RULES for part in (structure, references, giveaways, wording))


def check(content: Content, others: OtherExams = NO_OTHERS) -> list[Finding]:
    """Everything there is to say about a folder's content, sorted by file.

    ``others``: the exams whose tasks its questions may serve too.
    """
    surroundings = Surroundings.of(content, others)
    found = [f for q in content.questions for f in check_question(q, surroundings)]
    return sorted(found + list(whole.check_sections(content)) + list(_check_bank(content)))


def errors(content: Content, others: OtherExams = NO_OTHERS) -> list[Finding]:
    """Only what forbids loading: quick, for every load runs it."""
    surroundings = Surroundings.of(content, others)
    found = [f for q in content.questions for f in _errors_of(q, surroundings)]
    return sorted(found + list(whole.check_sections(content)) + list(stems.same_stems(content)))


def check_record(content: Content) -> list[Finding]:
    """What the records of checks lack, have too much, or say against a question."""
    rows = {row.slug: row for row in content.checks}
    doubts = {
        slug: list(blind_checks.doubts(digest, rows.get(slug)))
        for slug, digest in content.judged_digests.items()
    }
    found = list(_check_rows(content, "blind-check", doubts))
    found += _stray_rows(blind_checks.FILE, "blind-check", rows.keys() - doubts.keys())
    return sorted([*found, *_check_options_only(content)])


def _check_options_only(content: Content) -> Iterator[Finding]:
    """As ``check_record``; a bank of which no pick is recorded has not begun with it."""
    if not content.options_only:
        return
    file, digests = options_only.RECORD.file, content.options_digests
    rows = options_only.by_question(content.options_only)
    doubts = {
        slug: list(options_only.doubts(digest, rows.get(slug, [])))
        for slug, digest in digests.items()
    }
    yield from _check_rows(content, "options-only", doubts)
    yield from _stray_rows(file, "options-only", rows.keys() - doubts.keys())
    summary = options_only.summary(digests, content.options_only)
    if summary.is_too_easy:
        message = f"the key was found in {summary.share:.0%} of the picks"
        yield Finding(file, "file", "options-only", message, Level.WARNING)


def _check_rows(
    content: Content, rule: str, doubts: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    for question in content.questions:
        for message in doubts.get(question.slug, ()):
            yield Finding.of(question, rule, (rule, message), Level.WARNING)


def _stray_rows(file: str, rule: str, slugs: Iterable[str]) -> Iterator[Finding]:
    for slug in slugs:
        message = "is the name of no question; remove the row"
        yield Finding(file, slug, rule, message, Level.WARNING)


def advise(content: Content, guesses: Guesses | None = None) -> list[Finding]:
    """Advice on every question, sorted by file; ``guesses`` adds what a guesser made of them."""
    of_key = guesses.of_key if guesses else {}
    return sorted(f for q in content.questions for f in cues.advise(q, of_key.get(q.slug)))


def check_question(question: Question, surroundings: Surroundings) -> list[Finding]:
    """Errors and unanswered warnings of one question, and answers that answer nothing."""
    found = _errors_of(question, surroundings)
    if found:
        return found  # on malformed questions warnings would only repeat the errors
    return list(_warnings_of(question, surroundings))


def is_answerable(rule: str) -> bool:
    """Whether a reason in the question's ``lint`` field can answer what this rule finds."""
    return rule in RULES.warnings


def _errors_of(question: Question, surroundings: Surroundings) -> list[Finding]:
    found = [
        Finding.of(question, name, place, Level.ERROR)
        for name, rule in RULES.errors.items()
        for place in rule(question, surroundings)
    ]
    return found + [
        Finding.of(question, "lint", place, Level.ERROR) for place in _wrong_answers(question)
    ]


def _wrong_answers(question: Question) -> Iterator[Place]:
    for rule in question.content.lint:
        if not is_answerable(rule):
            said = "is an error and cannot be answered" if rule in RULES.errors else "is no rule"
            yield f"lint.{rule}", said


def _warnings_of(question: Question, surroundings: Surroundings) -> Iterator[Finding]:
    answers = question.content.lint
    for name, rule in RULES.warnings.items():
        places = list(rule(question, surroundings))
        if places and name in answers:
            continue
        for place in places:
            yield Finding.of(question, name, place, Level.WARNING)
        if name in answers:
            stale = (f"lint.{name}", "answers a warning that is not raised; remove it")
            yield Finding.of(question, "stale-answer", stale, Level.WARNING)


def _check_bank(content: Content) -> Iterator[Finding]:
    yield from whole.unused_drawings(content)
    yield from stems.same_stems(content)
    yield from stems.similar_stems(content)
    yield from whole.check_figures(content)
