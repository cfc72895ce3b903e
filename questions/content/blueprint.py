"""Figures of an exam that contradict each other. Pure: no Django."""

from collections.abc import Iterator, Sequence

from questions.content.problems import Problem
from questions.content.schema import ExamContent


def blueprint_problems(exam: ExamContent) -> Iterator[Problem]:
    """What in an ``exam.yaml`` contradicts itself, though each field is in order."""

    def problem(field_name: str, message: str) -> Problem:
        return Problem("exam.yaml", field_name, message)

    if (total := sum(domain.weight for domain in exam.domains)) != 100:
        yield problem("domains", f"weights add up to {total}, not 100")
    if not 0 < exam.scored_items <= exam.items:
        yield problem("scored_items", f"must be between 1 and items ({exam.items})")
    if exam.minutes < 1:
        yield problem("minutes", "must be at least 1")
    if not 0 <= exam.scale_min < exam.pass_mark <= exam.scale_max:
        yield problem("pass_mark", "must lie above scale_min and not above scale_max")
    for code in _repeated([domain.code for domain in exam.domains]):
        yield problem("domains", f"domain {code} stands twice")
    for code in _repeated(exam.task_codes):
        yield problem("domains", f"task {code} stands twice")
    for code in _repeated([code for codes in exam.skill_codes.values() for code in codes]):
        yield problem("domains", f"skill {code} stands twice")
    status = exam.status
    if status and status.since and status.until and status.since > status.until:
        yield problem("status.until", f"must not be before since ({status.since})")


def _repeated(values: Sequence[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})
