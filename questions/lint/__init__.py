"""What makes a question unusable (errors), doubtful (warnings) or easy to guess (advice).

Pure: no Django.

The rules are those of item-writing research and of the exam's own formats
(``docs/authoring.md``). A warning that is justified is answered in the question's file by
``lint: {rule: reason}``; an error cannot be answered. A rule that cries wolf teaches authors to
look away, so each fires only where reading its message is worth an author's time. Advice needs
no answer: it says what of a question's options points to the key.

``structure``, ``references``, ``giveaways`` and ``wording`` hold the rules for one question,
``stems`` compares questions, ``whole`` looks at the bank, ``cues`` and ``guessing`` at what
the options give away; ``running`` runs them all.
"""

from questions.lint.cues import advise as advise_on
from questions.lint.findings import Finding, Level
from questions.lint.guessing import Guesses, check_guesses, guess
from questions.lint.running import (
    advise,
    check,
    check_question,
    check_record,
    errors,
    is_answerable,
)
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
    "Guesses",
    "Level",
    "OtherExam",
    "OtherExams",
    "Surroundings",
    "advise",
    "advise_on",
    "check",
    "check_guesses",
    "check_question",
    "check_record",
    "check_stem",
    "errors",
    "guess",
    "is_answerable",
    "is_closed",
]
