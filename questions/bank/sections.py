"""The only writer of note sections and of their links to tasks; the admin can delete a section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from questions import export
from questions.bank import note_images
from questions.bank.outcomes import Changes
from questions.bank.section_html import note_html
from questions.content import Section
from questions.models import Exam, NoteSection, Task


def lock(exam: Exam) -> dict[str, NoteSection]:
    """All sections of ``exam`` by anchor, removed ones too, locked with their tasks read."""
    rows = exam.note_sections.select_for_update(no_key=True).prefetch_related("tasks")
    return {row.anchor: row for row in rows}


def write(
    exam: Exam,
    sections: Sequence[Section],
    *,
    rows: Mapping[str, NoteSection],
    tasks: Mapping[str, Task],
    loaded: bool,
) -> Changes:
    """Store ``sections``, touching only rows that differ."""
    shown = note_images.pictures(exam)
    sides: dict[str, str] = {}
    to_write = []
    for section in sections:
        old = rows.get(section.anchor)
        row = _section_row(exam, section, html=note_html(section, shown))
        row.loaded_digest = section.digest if loaded else old.loaded_digest if old else ""
        sides[section.anchor] = _section_side(old, section, html=row.html)
        if sides[section.anchor] != "unchanged" or (old and old.loaded_digest != row.loaded_digest):
            to_write.append((row, section))
    _upsert_sections(to_write, tasks=tasks)
    return Changes.by_side(sides)


def _section_side(old: NoteSection | None, section: Section, *, html: str) -> str:
    if old is None:
        return "added"
    same = export.section_content(old).digest == section.digest and old.html == html
    return "unchanged" if same and old.removed_at is None else "changed"


def _section_row(exam: Exam, section: Section, *, html: str) -> NoteSection:
    return NoteSection(
        exam=exam,
        anchor=section.anchor,
        title=section.title,
        position=section.position,
        body=section.body,
        html=html,
        status=section.front.status,
        added=section.front.added,
        references=list(section.front.references),
    )


_IDENTITY = {"id", "exam", "anchor", "search"}


def _upsert_sections(
    written: Sequence[tuple[NoteSection, Section]], *, tasks: Mapping[str, Task]
) -> None:
    if not written:
        return
    fields = {field.name for field in NoteSection._meta.concrete_fields} - _IDENTITY
    rows = NoteSection.objects.bulk_create(
        [row for row, _ in written],
        update_conflicts=True,
        unique_fields=["exam", "anchor"],
        update_fields=sorted(fields),
    )
    links = NoteSection.tasks.through
    links.objects.filter(notesection__in=rows).delete()
    links.objects.bulk_create(
        links(notesection_id=row.pk, task_id=tasks[code].pk)
        for row, (_, section) in zip(rows, written, strict=True)
        for code in section.front.tasks
    )


def remove(gone: Iterable[NoteSection], *, now: datetime) -> tuple[str, ...]:
    """Mark sections as removed; the rows stay for the questions that draw on them."""
    present = [row for row in gone if row.removed_at is None]
    rows = NoteSection.objects.filter(pk__in=[row.pk for row in present])
    rows.update(removed_at=now)
    return tuple(sorted(row.anchor for row in present))


def forget_files(gone: Iterable[NoteSection]) -> None:
    """Forget what their files said, so that a file that comes back is loaded again."""
    NoteSection.objects.filter(pk__in=[row.pk for row in gone]).update(loaded_digest="")
