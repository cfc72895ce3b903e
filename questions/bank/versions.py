"""The only writer of versions: their rows, and their links to note sections and guest tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from questions import content as files
from questions import rendering
from questions.content import InvalidContent, Problem, QuestionContent
from questions.models import Exam, GuestTask, Question, QuestionVersion, Task, VersionNote

BATCH = 500


def store(exam: Exam, versions: Sequence[tuple[QuestionVersion, QuestionContent]]) -> None:
    """Insert new versions of questions of ``exam``, each with what its content refers to."""
    QuestionVersion.objects.bulk_create([row for row, _ in versions], batch_size=BATCH)
    _link_notes(exam, versions)
    _link_tasks(versions)


def unsaved(
    question: Question,
    content: QuestionContent,
    *,
    number: int,
    task: Task,
    source: QuestionVersion.Origin,
    by: User | None = None,
) -> QuestionVersion:
    """Version ``number`` of ``question``, rendered but not yet stored.

    Raises InvalidContent for a text that cannot be rendered.
    """
    return QuestionVersion(
        question=question,
        number=number,
        task=task,
        source=source,
        created_by=by,
        kind=content.kind.value,
        difficulty=content.difficulty,
        key=list(content.key),
        key_size=len(content.key),
        references=list(content.addresses),
        reference_titles=list(content.reference_titles) if any(content.reference_titles) else [],
        verified=content.verified,
        enemies=list(content.enemies),
        skills=content.skills,
        lint=content.lint,
        digest=content.digest,
        **_texts(question.slug, content),
    )


def _texts(slug: str, content: QuestionContent) -> dict[str, Any]:
    """The fields of a version that hold Markdown, with its HTML."""
    try:
        return {
            "stem": content.stem,
            "stem_html": rendering.render(content.stem),
            "options": [{"id": o.id, **_inline(o.text)} for o in content.options],
            "prompts": [_inline(prompt.text) for prompt in content.prompts],
            "rationales": {o.id: _rationale(o) for o in content.options},
        }
    except rendering.UnrenderableText as problem:
        raise InvalidContent([Problem(slug, "text", str(problem))]) from None


def _inline(text: str) -> dict[str, str]:
    return {"text": text, "html": rendering.render_inline(text)}


def _block(text: str) -> dict[str, str]:
    return {"text": text, "html": rendering.render(text)}


def _rationale(option: files.OptionContent) -> dict[str, str]:
    # What an option tempts with tells of the key, so it never stands among the options.
    tempts = {"tempts": option.tempts} if option.tempts else {}
    return _block(option.rationale) | tempts


def _link_notes(exam: Exam, versions: Sequence[tuple[QuestionVersion, QuestionContent]]) -> None:
    sections = dict(exam.note_sections.values_list("anchor", "pk"))
    links = [
        VersionNote(
            version=version,
            section_id=sections[anchor],
            position=position,
            passage=content.passages.get(anchor, ""),
        )
        for version, content in versions
        for position, anchor in enumerate(content.notes)
    ]
    VersionNote.objects.bulk_create(links, batch_size=BATCH * 4)


def _link_tasks(versions: Sequence[tuple[QuestionVersion, QuestionContent]]) -> None:
    """Store which tasks of other exams the versions serve too."""
    slugs = {slug for _, content in versions for slug in content.also}
    rows = Task.objects.filter(domain__exam__slug__in=slugs)
    tasks = {
        (slug, code): pk for slug, code, pk in rows.values_list("domain__exam__slug", "code", "pk")
    }
    GuestTask.objects.bulk_create(
        (
            GuestTask(questionversion_id=version.pk, task_id=tasks[named])
            for version, content in versions
            for named in content.also.items()
        ),
        batch_size=BATCH * 4,
    )
