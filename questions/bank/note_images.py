"""The only writer of the images of notes, in the database and in the media folder.

The admin can delete a row; files stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from questions import images, rendering
from questions.bank.outcomes import ImageReport
from questions.bank.section_html import image_names
from questions.content import Section
from questions.models import Exam, NoteImage


def pictures(exam: Exam) -> dict[str, rendering.Picture]:
    """The images held for the notes of ``exam``, by the names that the notes use."""
    shown = {}
    for row in exam.note_images.exclude(file="", svg=""):
        url = row.file.url if row.file else ""
        shown[row.name] = rendering.Picture(url, row.width or 0, row.height or 0, row.svg)
    return shown


def store_all(
    exam: Exam, sections: Iterable[Section], folder: Path | None, drawings: Mapping[str, str]
) -> ImageReport:
    """Store what ``folder`` and ``drawings`` hold of the images that ``sections`` refer to.

    An image that the bank has stays when neither has it.
    """
    names = dict.fromkeys(name for s in sections for name in image_names(s))
    rows = {row.name: row for row in exam.note_images.all()}
    missing: dict[str, str] = {}
    for name in names:
        row = rows.setdefault(name, NoteImage(exam=exam, name=name))
        try:
            if name in drawings:
                _keep_drawing(row, drawings[name])
            else:
                _take_file(row, folder)
        except images.UnusableImage as problem:
            missing[name] = str(problem)
        if not (row.file or row.svg) and name not in missing:
            missing[name] = "no such file" if folder else "no folder of images given"
    return ImageReport(tuple(name for name in names if name not in missing), missing)


def _take_file(row: NoteImage, folder: Path | None) -> None:
    """Point ``row`` at its re-encoded file, if ``folder`` holds one that it does not have yet."""
    path = images.find(folder, row.name) if folder else None
    if path is None or len(row.name) > 200:
        return
    store(row, images.read(path))


def _keep_drawing(row: NoteImage, svg: str) -> None:
    """Store a drawing that was checked when its file was read, unless ``row`` has it already."""
    if row.svg != svg:
        _upsert_image(row, svg=svg)


def store(row: NoteImage, source: bytes) -> None:
    """Re-encode and store ``source`` unless ``row`` has it already. Raises UnusableImage."""
    if row.name.endswith(".svg"):
        raise images.UnusableImage("would be a drawing; drawings come from the content folder")
    digest = hashlib.sha256(source).hexdigest()
    if digest in (row.source_digest, Path(row.file.name or "").stem):
        return
    image = images.to_webp(source)
    stored = f"notes/{hashlib.sha256(image.data).hexdigest()}.webp"
    if not default_storage.exists(stored):
        default_storage.save(stored, ContentFile(image.data))
    _upsert_image(row, file=stored, width=image.width, height=image.height, source_digest=digest)


def _upsert_image(row: NoteImage, **fields: Any) -> None:
    """Store ``fields`` of ``row``, also where another transaction has stored the image since."""
    NoteImage.objects.bulk_create(
        [NoteImage(exam=row.exam, name=row.name, **fields)],
        update_conflicts=True,
        unique_fields=["exam", "name"],
        update_fields=list(fields),
    )
    row.file, row.svg = fields.get("file", row.file), fields.get("svg", row.svg)
