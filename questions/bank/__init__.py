"""The bank's writes: loading folders, publishing versions, importing and editing notes.

| Module | Writes |
|---|---|
| ``loading`` | exams, domains, tasks, the record of blind checks |
| ``question_loading``, ``publishing`` | questions |
| ``versions`` | versions, their links to notes and guest tasks |
| ``sections`` | note sections, their links to tasks |
| ``note_images`` | the images of notes |

``study_notes`` decides what ``sections`` and ``note_images`` write; ``rules`` only reads. Beside
these, the admin edits exams, domains and tasks. ``locks`` says in which order rows are locked.
"""

from questions.bank.loading import is_loaded, load, load_all
from questions.bank.note_images import pictures
from questions.bank.outcomes import Changes, ImageReport, Imported, Loaded
from questions.bank.publishing import (
    NewerVersion,
    add_question,
    bring_back,
    delete_question,
    publish_version,
    retire,
)
from questions.bank.rules import check, other_exams, surroundings
from questions.bank.study_notes import import_notes, save_section, store_image

__all__ = [
    "Changes",
    "ImageReport",
    "Imported",
    "Loaded",
    "NewerVersion",
    "add_question",
    "bring_back",
    "check",
    "delete_question",
    "import_notes",
    "is_loaded",
    "load",
    "load_all",
    "other_exams",
    "pictures",
    "publish_version",
    "retire",
    "save_section",
    "store_image",
    "surroundings",
]
