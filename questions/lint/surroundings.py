"""What a question may refer to. Pure: no Django."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from questions.content import Content, ExamContent
from questions.kinds import Kind

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

    def skills_of(self, exam: str, task: str) -> Sequence[str]:
        """The codes of a task's skills; none for an exam or a task that is not known."""
        if exam == self.exam:
            return self.skills.get(task, ())
        return self.others[exam].skills.get(task, ()) if exam in self.others else ()


def is_closed(title: str, status: str) -> bool:
    """Whether the status note of a section says of its service (not of a part) that it ends."""
    sentence = re.split(r"[.;] ", status)[0]
    about = re.match(rf"(?:(?:Amazon|AWS) )?{re.escape(title)}\b", sentence)
    open_part = re.search(r"\bis (?:open|current)\b|\bcurrent, but\b", sentence)
    return bool(about and not open_part and _CLOSED.search(sentence))


_CLOSED = re.compile(
    r"\bmaintenance\b|closed to new|new customers|discontinu|end of (?:support|life)|retired", re.I
)
