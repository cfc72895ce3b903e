"""Study notes: loaded from files, imported from one Markdown file, edited in the admin.

The rows are written by ``sections`` and ``note_images``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import transaction

from questions import content as files
from questions import export
from questions import notes as notes_file
from questions.bank import note_images, sections
from questions.bank.locks import wait_for_other_loads
from questions.bank.outcomes import Changes, ImageReport, Imported
from questions.content import InvalidContent, Section
from questions.models import Exam, NoteImage, NoteSection, Task


def load_sections(
    exam: Exam, content: files.Content, *, tasks: Mapping[str, Task], now: datetime
) -> tuple[Changes, ImageReport]:
    """Store the sections of a content folder with their images; keep what was edited here."""
    rows = sections.lock(exam)
    kept = {s.anchor for s in content.sections if _is_edited(rows.get(s.anchor), s)}
    report = note_images.store_all(exam, content.sections, content.images, content.drawings)
    wanted = [section for section in content.sections if section.anchor not in kept]
    changes = sections.write(exam, wanted, rows=rows, tasks=tasks, loaded=True)
    # What was edited here keeps its text, but shows images as they are now.
    standing = [row for row in rows.values() if row.anchor in kept and not row.removed_at]
    edited = [export.section_content(row) for row in standing]
    sections.write(exam, edited, rows=rows, tasks=tasks, loaded=False)
    present = {section.anchor for section in content.sections}
    gone = [row for row in rows.values() if row.loaded_digest and row.anchor not in present]
    removed = sections.remove(gone, now=now)
    sections.forget_files(gone)
    return replace(changes, kept=tuple(sorted(kept)), removed=removed), report


def _is_edited(row: NoteSection | None, section: Section) -> bool:
    """Whether the section was imported, edited or removed in the bank since a file made it."""
    if row is None:
        return False
    if row.removed_at:
        return bool(row.loaded_digest)
    return export.section_content(row).digest not in (row.loaded_digest, section.digest)


@transaction.atomic
def import_notes(
    text: str, *, exam: Exam, file: str, image_folder: Path | None, now: datetime
) -> Imported:
    """Make the sections of a Markdown file the exam's own notes; importing again changes nothing.

    Sections of the same anchor keep their tasks, status, references and questions. Own sections
    (not ``added`` ones) that the file lacks are removed. Raises InvalidContent.
    """
    passages = notes_file.split(notes_file.normalised(text))
    if problems := notes_file.problems(passages, file=file):
        raise InvalidContent(problems)
    wait_for_other_loads()
    rows = sections.lock(exam)
    wanted = [_imported(p, n, rows.get(p.anchor)) for n, p in enumerate(passages, start=1)]
    report = note_images.store_all(exam, wanted, image_folder, {})
    changes = sections.write(exam, wanted, rows=rows, tasks=_tasks_by_code(exam), loaded=False)
    present = {section.anchor for section in wanted}
    gone = [row for row in rows.values() if not row.added and row.anchor not in present]
    return Imported(replace(changes, removed=sections.remove(gone, now=now)), report)


def _imported(passage: notes_file.Passage, position: int, old: NoteSection | None) -> Section:
    front = export.section_content(old).front if old else files.SectionFront()
    front = front.model_copy(update={"added": False})
    return Section(passage.anchor, passage.title, passage.body, front, position)


@transaction.atomic
def save_section(exam: Exam, section: Section) -> None:
    """Store ``section`` as edited in the admin, rendered. Raises InvalidContent."""
    rows = sections.lock(exam)
    sections.write(exam, [section], rows=rows, tasks=_tasks_by_code(exam), loaded=False)


@transaction.atomic
def store_image(exam: Exam, name: str, source: bytes) -> NoteImage:
    """Store ``source`` as the image that notes call ``name``, and render the notes that show it.

    Raises UnusableImage.
    """
    # Sections before images, as in a load; and their texts as they are once the lock is held.
    rows = sections.lock(exam)
    row = NoteImage.objects.filter(exam=exam, name=name).first() or NoteImage(exam=exam, name=name)
    note_images.store(row, source)
    showing = [s for s in rows.values() if s.removed_at is None and name in s.body]
    sections.write(
        exam,
        [export.section_content(section) for section in showing],
        rows=rows,
        tasks=_tasks_by_code(exam),
        loaded=False,
    )
    return NoteImage.objects.get(exam=exam, name=name)


def _tasks_by_code(exam: Exam) -> dict[str, Task]:
    return {task.code: task for task in Task.objects.filter(domain__exam=exam)}
