"""What a rule found, and how much it weighs. Pure: no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from questions.content import Question

# What a rule says of one question: the field it is about, and a message.
Place = tuple[str, str]
Places = Iterator[Place]


class Level(StrEnum):
    """Errors forbid loading; warnings are mended or answered; advice needs neither."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a rule found; ``answered`` ones are never returned."""

    file: str
    field: str
    rule: str
    message: str
    level: Level

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message} [{self.level} {self.rule}]"

    @classmethod
    def of(cls, question: Question, rule: str, place: Place, level: Level) -> "Finding":
        """What ``rule`` says of ``place`` in ``question``."""
        field, message = place
        return cls(question.file or question.slug, field, rule, message, level)

    @property
    def is_error(self) -> bool:
        return self.level is Level.ERROR

    @property
    def is_warning(self) -> bool:
        return self.level is Level.WARNING
