"""A bank whose option ids nobody can guess: to see one of them during an attempt is a leak."""

import secrets

from exams.models import Attempt
from questions.kinds import Kind
from questions.models import Exam, Question, Task, VersionNote
from tests.bank import CANARY, OPTION_IDS, key_of, make_exam, make_section, make_version


def make_secretive_exam(*, slug: str = "secret") -> Exam:
    """Twelve questions, three of every kind, all of them in every form."""
    exam = make_exam(slug=slug, items=12, scored_items=8)
    kinds = list(Kind)
    for number, task in enumerate(Task.objects.filter(domain__exam=exam)):
        _add_question(exam, task, kinds[number % len(kinds)])
    return exam


def _add_question(exam: Exam, task: Task, kind: Kind) -> None:
    question = Question.objects.create(exam=exam, slug=f"{exam.slug}-{task.code}".replace(".", "-"))
    secret = {option: secrets.token_hex(8) for option in OPTION_IDS[kind]}
    version = make_version(
        *(question, task, kind),
        options=[
            {"id": own, "text": f"Text {option}", "html": f"<p>Text {option}</p>"}
            for option, own in secret.items()
        ],
        rationales={
            own: {"text": CANARY, "html": f"<p>Because {CANARY}</p>", "tempts": CANARY}
            for own in secret.values()
        },
        reference_titles=[CANARY],
        skills={exam.slug: [CANARY]},
        key=[secret[option] for option in key_of(kind)],
    )
    version.save()
    VersionNote.objects.create(
        version=version, section=make_section(exam), position=1, passage=CANARY
    )
    question.published = version
    question.save()


def secrets_of(attempt: Attempt) -> list[str]:
    """What nothing sent during ``attempt`` may contain: option ids, and words of rationales."""
    orders = attempt.responses.values_list("option_order", flat=True)
    return [CANARY, *(option for order in orders for option in order)]


def leaks(attempt: Attempt, sent: str) -> list[str]:
    return [secret for secret in secrets_of(attempt) if secret in sent]
