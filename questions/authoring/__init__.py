"""A question as an author types it: forms with rows, checked by the rules of content files.

``form_data`` fills the forms, ``typed_question`` reads them, ``findings`` says what is wrong and
where, ``preview`` shows the question as candidates will see it. Nothing here writes. The pages
are in ``questions.editing``.
"""

from questions.authoring.findings import FormFindings, check, not_checked
from questions.authoring.form_data import blank, typed, with_row_changed
from questions.authoring.forms import ROWS_LIMIT
from questions.authoring.preview import QuestionPreview
from questions.authoring.typed_question import TypedQuestion

__all__ = [
    "ROWS_LIMIT",
    "FormFindings",
    "QuestionPreview",
    "TypedQuestion",
    "blank",
    "check",
    "not_checked",
    "typed",
    "with_row_changed",
]
