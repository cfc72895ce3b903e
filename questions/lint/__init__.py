"""What makes a question unusable (errors) or doubtful (warnings). Pure: no Django.

The rules are those of item-writing research and of the exam's own formats
(``docs/authoring.md``). A warning that is justified is answered in the question's file by
``lint: {rule: reason}``; an error cannot be answered. A rule that cries wolf teaches authors to
look away, so each fires only where reading its message is worth an author's time.

``structure``, ``references``, ``giveaways`` and ``wording`` hold the rules for one question,
``stems`` compares questions, ``whole`` looks at the bank; ``running`` runs them all.
"""

from questions.lint.findings import Finding, Level
from questions.lint.running import check, check_question, check_record, errors, is_answerable
from questions.lint.stems import check_stem
from questions.lint.surroundings import (
    NO_OTHERS,
    OtherExam,
    OtherExams,
    Surroundings,
    is_closed,
)

__all__ = [
    "NO_OTHERS",
    "Finding",
    "Level",
    "OtherExam",
    "OtherExams",
    "Surroundings",
    "check",
    "check_question",
    "check_record",
    "check_stem",
    "errors",
    "is_answerable",
    "is_closed",
]
