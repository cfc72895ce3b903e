"""The bank read back as content: what a folder would have to say to load as it stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.db.models import Prefetch, QuerySet

from questions import blind_checks
from questions import content as files
from questions.blind_checks import BlindCheck
from questions.kinds import Kind
from questions.models import BlindCheck as BlindCheckRow
from questions.models import (
    Exam,
    NoteImage,
    NoteSection,
    Question,
    QuestionVersion,
    Task,
    VersionNote,
)


def exam_content(exam: Exam) -> files.ExamContent:
    """The format and blueprint of ``exam`` (two queries)."""
    domains = exam.domains.order_by("code").prefetch_related("tasks")
    return files.ExamContent(
        slug=exam.slug,
        code=exam.code,
        title=exam.title,
        items=exam.items,
        scored_items=exam.scored_items,
        minutes=exam.minutes,
        scale_min=exam.scale_min,
        scale_max=exam.scale_max,
        pass_mark=exam.pass_mark,
        kinds=tuple(Kind(kind) for kind in exam.kinds),
        status=_status(exam),
        **({"notice": exam.notice} if exam.notice else {}),
        glossary=exam.glossary,
        domains=tuple(
            files.DomainContent(
                code=domain.code,
                title=domain.title,
                weight=domain.weight,
                tasks=tuple(
                    files.TaskContent(code=task.code, title=task.title, skills=task.skills)
                    for task in domain.tasks.all()
                ),
            )
            for domain in domains
        ),
    )


def _status(exam: Exam) -> files.ExamStatus | None:
    # Dates are texts in JSON.
    return files.ExamStatus.model_validate(exam.status, strict=False) if exam.status else None


def section_content(row: NoteSection) -> files.Section:
    """A note section as its file would have it; prefetch its tasks."""
    front = files.SectionFront.model_construct(
        tasks=tuple(task.code for task in row.tasks.all()),
        added=row.added,
        status=row.status,
        references=tuple(row.references),
    )
    return files.Section(row.anchor, row.title, row.body, front, row.position)


def question_content(version: QuestionVersion) -> files.QuestionContent:
    """A version as its file would have it; select and prefetch as ``with_published`` does."""
    return files.QuestionContent.model_validate(written(version))


def written(version: QuestionVersion) -> dict[str, Any]:
    """The fields of a version's file, not checked: rules may have tightened since."""
    kind = Kind(version.kind)
    key = list(version.key)
    options = {option["id"]: option["text"] for option in version.options}
    ids = key if kind is Kind.ORDERING else list(options)
    matches = key if kind is Kind.MATCHING else []
    links = version.versionnote_set.all()
    return {
        "kind": version.kind,
        "task": version.task.code,
        "also": {task.domain.exam.slug: task.code for task in version.also.all()},
        "skills": dict(version.skills),
        "notes": [link.section.anchor for link in links],
        "passages": {link.section.anchor: link.passage for link in links if link.passage},
        "difficulty": version.difficulty,
        "stem": version.stem,
        "prompts": [
            {"text": prompt["text"], "match": match}
            for prompt, match in zip(version.prompts, matches, strict=True)
        ],
        "options": [
            {
                "id": option,
                "correct": not kind.is_sequence and option in key,
                "text": options[option],
                "rationale": version.rationales[option]["text"],
                **_tempts(version.rationales[option]),
            }
            for option in ids
        ],
        "references": [
            {"url": address, "title": title} if title else address
            for address, title in version.titled_references
        ],
        "verified": version.verified,
        "enemies": list(version.enemies),
        "lint": dict(version.lint),
    }


def _tempts(rationale: Mapping[str, str]) -> dict[str, str]:
    return {"tempts": rationale["tempts"]} if "tempts" in rationale else {}


def bank_content(exam: Exam) -> files.Content:
    """Everything of ``exam`` that is in use: present sections, published questions."""
    return files.Content(
        exam=exam_content(exam),
        sections=sections_in_use(exam),
        drawings=drawings(exam),
        questions=tuple(
            files.Question(row.slug, question_content(row.published))
            for row in questions_in_use(exam)
            if row.published
        ),
        checks=blind_checks_of(exam),
    )


def blind_checks_of(exam: Exam) -> tuple[BlindCheck, ...]:
    """The record of blind checks of the questions in use."""
    rows = BlindCheckRow.objects.filter(question__in=questions_in_use(exam).values("pk"))
    columns = [f"question__{name}" if name == "slug" else name for name in blind_checks.COLUMNS]
    return tuple(
        BlindCheck(**dict(zip(blind_checks.COLUMNS, values, strict=True)))
        for values in rows.order_by("question__slug").values_list(*columns)
    )


def sections_in_use(exam: Exam) -> tuple[files.Section, ...]:
    """The note sections that stand in the notes (two queries)."""
    rows = exam.note_sections.filter(removed_at=None).prefetch_related("tasks")
    return tuple(section_content(row) for row in rows)


def drawings(exam: Exam) -> dict[str, str]:
    """The SVG of every drawing that is held for the notes, by the name that the notes use."""
    return dict(exam.note_images.exclude(svg="").values_list("name", "svg"))


def questions_in_use(exam: Exam) -> QuerySet[Question]:
    """The questions that new attempts draw from."""
    return with_published(exam.questions.filter(retired_at=None, published__isnull=False))


def with_published(questions: QuerySet[Question]) -> QuerySet[Question]:
    """``questions`` with all that the file of their published version says (three queries)."""
    links = VersionNote.objects.select_related("section").order_by("position")
    tasks = Task.objects.select_related("domain__exam")
    return questions.select_related("published__task").prefetch_related(
        Prefetch("published__versionnote_set", queryset=links),
        Prefetch("published__also", queryset=tasks),
    )


def question_files(questions: QuerySet[Question]) -> dict[str, str]:
    """The content files of published questions, by their place in a folder."""
    contents = {
        row.slug: question_content(row.published)
        for row in with_published(questions)
        if row.published
    }
    return {
        question_place(slug, content): files.dump_question(content)
        for slug, content in contents.items()
    }


def question_place(slug: str, content: files.QuestionContent) -> str:
    return f"questions/{content.notes[0]}/{slug}.yaml"


def write_folder(exam: Exam, folder: Path) -> list[str]:
    """Write ``exam`` to ``folder`` as content files; return the files there that are not of it."""
    content = bank_content(exam)
    texts = {"exam.yaml": files.dump_exam(content.exam)}
    for section in content.sections:
        texts[f"notes/{section.position:02d}-{section.anchor}.md"] = files.dump_section(section)
    for question in content.questions:
        place = question_place(question.slug, question.content)
        texts[place] = files.dump_question(question.content)
    if content.checks:
        texts[blind_checks.FILE] = blind_checks.dump(content.checks)
    texts |= {f"images/{name}": svg for name, svg in content.drawings.items()}
    for name, text in texts.items():
        _write(folder / name, text.encode())
    written = set(texts) | set(_write_images(exam, folder / "images"))
    present = {path.relative_to(folder).as_posix() for path in files.content_files(folder)}
    return sorted(present - written)


def _write_images(exam: Exam, folder: Path) -> list[str]:
    names = []
    for image in NoteImage.objects.filter(exam=exam).exclude(file=""):
        path = folder / unquote(image.name)
        if path.resolve().is_relative_to(folder.resolve()):
            with image.file.open() as file:
                _write(path, file.read())
            names.append(f"images/{unquote(image.name)}")
    return names


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
