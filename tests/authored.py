"""Content as an author would write it, made quickly for tests."""

from datetime import date
from pathlib import Path
from typing import Any

from questions.blind_checks import BlindCheck
from questions.content import (
    Content,
    ExamContent,
    ExamStatus,
    OptionContent,
    Question,
    QuestionContent,
    Section,
    SectionFront,
    SkillContent,
    TaskContent,
    TitledReference,
    dump_exam,
    dump_question,
    dump_section,
    read_exam,
)
from questions.options_only import OptionsOnlyCheck

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TEXTS = (
    "Copy the table to Amazon S3 each night",
    "Stream the records with Kinesis",
    "Query the source through a connector",
    "Export a snapshot from the console",
    "Mount the volume on every instance",
)


def exam_content() -> ExamContent:
    """The blueprint of MLA-C01, without the status that an exam may leave out."""
    return read_exam(FIXTURES / "mla-c01").model_copy(update={"status": None})


def options(*right: int, size: int = 4) -> tuple[OptionContent, ...]:
    """Options a, b, c …; the numbers in ``right`` are correct, counted from 0."""
    return tuple(
        OptionContent(
            id="abcde"[number],
            correct=number in right,
            text=TEXTS[number],
            rationale=f"It copies what the team wants, reason {number}.",
        )
        for number in range(size)
    )


def exam_with_skills() -> ExamContent:
    """The blueprint of MLA-C01 with two skills in each task, and a status."""
    exam = exam_content()
    domains = [
        domain.model_copy(
            update={"tasks": tuple(_with_skills(task) for task in domain.tasks)},
        )
        for domain in exam.domains
    ]
    status = ExamStatus(
        label="current (beta)",
        bookable=True,
        languages=("English", "Japanese"),
        since=date(2026, 9, 29),
        note="In beta.\nOne attempt per person.",
    )
    return exam.model_copy(update={"domains": tuple(domains), "status": status})


def _with_skills(task: TaskContent) -> TaskContent:
    skills = [SkillContent(code=f"{task.code}.{n}", title=f"Skill {n}") for n in (1, 2)]
    return task.model_copy(update={"skills": tuple(skills)})


def question_with_all_fields(slug: str = "orders-move", **fields: Any) -> Question:
    """As ``question``, with every optional field that fits an exam with skills."""
    plain = options(1)
    tempting = (plain[0].model_copy(update={"tempts": "nightly copies"}), *plain[1:])
    complete: dict[str, Any] = {
        "options": tempting,
        "skills": {"mla-c01": ("1.1.2", "1.1.1")},
        "passages": {"glue": "All about glue."},
        "references": (
            "https://docs.aws.amazon.com/glue/",
            TitledReference(url="https://docs.aws.amazon.com/athena/", title="What is: Athena?"),
        ),
    }
    return question(slug, **(complete | fields))


def question_content(**fields: Any) -> QuestionContent:
    """A choice question without a fault; ``fields`` replace what it says."""
    faultless: dict[str, Any] = {
        "kind": "choice",
        "task": "1.1",
        "notes": ("glue",),
        "difficulty": 2,
        "stem": "A shop keeps its orders in a database.\nWhich solution moves them?",
        "options": options(1),
        "references": ("https://docs.aws.amazon.com/glue/",),
        "verified": date(2026, 11, 23),
    }
    return QuestionContent(**(faultless | fields))


def question(slug: str = "orders-move", **fields: Any) -> Question:
    """As ``question_content``; another slug makes another stem."""
    if slug != "orders-move":
        fields.setdefault("stem", f"A shop keeps its {slug}.\nWhich solution moves them?")
    return Question(slug, question_content(**fields))


def section(anchor: str = "glue", *, position: int = 1, **fields: Any) -> Section:
    title = fields.pop("title", anchor.capitalize())
    body = fields.pop("body", f"All about **{anchor}**.")
    return Section(anchor, title, body, SectionFront(**fields), position)


def blind_check(slug: str = "orders-move", **fields: Any) -> BlindCheck:
    """A row of the record; ``fields`` replace what it says."""
    fine: dict[str, Any] = {
        "digest": "",
        "checked_on": date(2026, 11, 23),
        "first_answer_agreed": True,
        "verdict": "ok",
        "changed": "",
    }
    return BlindCheck.model_construct(slug=slug, **(fine | fields))


def options_only_check(slug: str = "orders-move", **fields: Any) -> OptionsOnlyCheck:
    """A row of the record, of the faultless question's options; ``fields`` replace what it says."""
    fine: dict[str, Any] = {
        "digest": question_content().options_digest,
        "checked_on": date(2026, 11, 23),
        "picked_key": True,
        "sure": True,
    }
    return OptionsOnlyCheck(slug=slug, **(fine | fields))


def content(*questions: Question, sections: tuple[Section, ...] = ()) -> Content:
    """A folder's content: ``questions`` and the sections that they need."""
    return Content(exam_content(), sections or (section(),), questions)


def many_questions(count: int) -> tuple[Question, ...]:
    """Questions that differ in their stems."""
    return tuple(
        question(
            f"orders-{number}",
            stem=f"Shop {number} keeps {number * 7} orders.\nWhich solution moves them?",
            task=f"{number % 4 + 1}.{number % 3 + 1}",
        )
        for number in range(count)
    )


def write(folder: Path, written: Content) -> Path:
    """``written`` as the files of an exam folder."""
    texts = {"exam.yaml": dump_exam(written.exam)}
    for part in written.sections:
        texts[f"notes/{part.position:02d}-{part.anchor}.md"] = dump_section(part)
    for one in written.questions:
        texts[f"questions/{one.content.notes[0]}/{one.slug}.yaml"] = dump_question(one.content)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
