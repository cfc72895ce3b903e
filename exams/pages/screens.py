"""What the exam screens show, read from the database: never a key, never a rationale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Expression,
    ExpressionWrapper,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.models import Attempt, Confidence, Response
from questions.kinds import Kind, filled, given_twice, letter_of, padded
from questions.plain import plain_text

FILTERS = {
    "all": gettext_lazy("All"),
    "unanswered": gettext_lazy("Incomplete"),
    "flagged": gettext_lazy("Flagged"),
    "noted": gettext_lazy("Has note"),
    "doubted": gettext_lazy("Unsure or guessed"),
}


_STATES = {
    "unanswered": gettext_lazy("unanswered"),
    "incomplete": gettext_lazy("incomplete"),
    "excess": gettext_lazy("too many chosen"),
    "answered": gettext_lazy("answered"),
}
_CONFIDENCES = {
    Confidence.SURE: gettext_lazy("sure"),
    Confidence.UNSURE: gettext_lazy("unsure"),
    Confidence.GUESS: gettext_lazy("guess"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One question in the palette and on the review screen."""

    position: int
    flagged: bool
    filled: int
    wanted: int
    noted: bool = False
    confidence: str = ""
    revealed: bool = False
    correct: bool | None = None

    @property
    def state(self) -> str:
        if not self.filled:
            return "unanswered"
        if self.filled > self.wanted:
            return "excess"
        return "answered" if self.filled == self.wanted else "incomplete"

    @property
    def is_doubted(self) -> bool:
        return self.confidence in (Confidence.UNSURE, Confidence.GUESS)

    @property
    def label(self) -> str:
        """What is known of the question, in the words that its link reads out."""
        told = {None: "", True: _("right"), False: _("wrong")}[self.correct]
        annotations = [_("flagged") * self.flagged, _("with a note") * self.noted]
        said = [_CONFIDENCES[Confidence(self.confidence)]] if self.confidence else []
        words = [_STATES[self.state], told, *annotations, *said]
        return ", ".join(str(word) for word in words if word)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All questions of an attempt at a glance."""

    cells: tuple[Cell, ...]

    @property
    def unanswered(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state == "unanswered"]

    @property
    def blank(self) -> list[Cell]:
        """Unanswered ones that can still be answered: what was checked while blank counts."""
        return [cell for cell in self.unanswered if not cell.revealed]

    @property
    def incomplete(self) -> list[Cell]:
        """Those with too few options chosen, or too many."""
        return [cell for cell in self.cells if cell.state in ("incomplete", "excess")]

    @property
    def flagged(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.flagged]

    @property
    def right(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.correct]

    @property
    def revealed(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.revealed]

    @property
    def filters(self) -> list[tuple[str, str, int]]:
        """The review screen's filters: value, label and how many questions each keeps."""
        return [(show, str(label), len(self.filtered(show))) for show, label in FILTERS.items()]

    @property
    def answered(self) -> list[Cell]:
        """Those whose answer is complete."""
        return [cell for cell in self.cells if cell.state == "answered"]

    def filtered(self, show: str) -> Sequence[Cell]:
        """The cells of one of the review screen's filters; every cell for an unknown one."""
        kept: dict[str, Callable[[Cell], bool]] = {
            "unanswered": lambda cell: cell.state != "answered",
            "flagged": lambda cell: cell.flagged,
            "noted": lambda cell: cell.noted,
            "doubted": lambda cell: cell.is_doubted,
        }
        return list(filter(kept[show], self.cells)) if show in kept else self.cells


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option as a candidate sees it: known by its place, not by its id."""

    place: str
    letter: str
    html: str
    chosen: bool
    struck: bool

    @property
    def words(self) -> str:
        """For a drop-down, which takes no markup."""
        return plain_text(self.html)


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    number: int
    html: str
    chosen: str


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    position: int
    kind: Kind
    stem_html: str
    options: tuple[ShownOption, ...]
    prompts: tuple[ShownPrompt, ...]
    given: tuple[str, ...]
    wanted: int
    flagged: bool
    rev: int
    note: str
    highlights: list[list[int]]
    confidence: str
    annotations_rev: int
    revealed: bool

    @property
    def twice(self) -> str:
        """The letter of an option that stands twice in the answer; "" where none does."""
        places = given_twice(self.given)
        return letter_of(int(places[0])) if places else ""

    @property
    def struck(self) -> list[str]:
        return [option.place for option in self.options if option.struck]

    @property
    def template(self) -> str:
        kind = Kind.CHOICE if self.kind == Kind.RESPONSE else self.kind
        return f"exams/_{kind}.html"

    @property
    def next_rev(self) -> int:
        return self.rev + 1

    @property
    def previous(self) -> int:
        return self.position - 1

    @property
    def next(self) -> int:
        return self.position + 1

    @property
    def places(self) -> list[tuple[int, str]]:
        """For ordering: each place of the sequence with what stands there ("" if nothing)."""
        return list(enumerate(padded(self.given, len(self.options)), start=1))


def _is(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, BooleanField())


def load_sheet(attempt: Attempt) -> Sheet:
    responses = Response.objects.filter(attempt=attempt)
    mark: Expression | Case = Value(None, BooleanField())
    if attempt.explains:
        # Right or wrong would tell the key of a question that an open exam asks too.
        responses = responses.with_withheld(attempt.user_id)
        mark = Case(When(withheld=False, then="is_correct"))
    rows = responses.values_list(
        *("position", "flagged", "answer", "version__key_size"),
        *(_is(~Q(note="")), "confidence", _is(Q(revealed_at__isnull=False)), mark),
    )
    return Sheet(
        tuple(
            Cell(position, flagged, filled(answer), *annotations)
            for position, flagged, answer, *annotations in rows.order_by("position")
        )
    )


def load_question(
    attempt: Attempt, position: int, *, given: Sequence[str] | None = None
) -> ShownQuestion:
    """One question as shown; ``given`` (places) takes the saved answer's stead.

    Raises Response.DoesNotExist when the attempt has no such question.
    """
    return _shown(_questions_of(attempt).get(position=position), given=given)


def load_questions(attempt: Attempt) -> list[ShownQuestion]:
    """All questions that are not explained yet, as shown."""
    rows = _questions_of(attempt).filter(revealed_at=None).order_by("position")
    return [_shown(row) for row in rows]


def _questions_of(attempt: Attempt) -> QuerySet[Response, dict[str, Any]]:
    rows: QuerySet[Response, dict[str, Any]] = Response.objects.filter(attempt=attempt).values(
        *("position", "option_order", "answer", "flagged", "rev"),
        *("version__kind", "version__stem_html"),
        *("version__options", "version__prompts", "version__key_size"),
        *("struck", "note", "highlights", "confidence", "annotations_rev", "revealed_at"),
    )
    return rows


def _shown(row: dict[str, Any], *, given: Sequence[str] | None = None) -> ShownQuestion:
    place_of = {option: str(place) for place, option in enumerate(row["option_order"], start=1)}
    saved = tuple(place_of.get(option, "") for option in row["answer"])
    chosen = saved if given is None else tuple(given)
    return ShownQuestion(
        position=row["position"],
        kind=Kind(row["version__kind"]),
        stem_html=row["version__stem_html"],
        options=_shown_options(row, place_of, chosen),
        prompts=_shown_prompts(row["version__prompts"], chosen),
        given=chosen,
        wanted=row["version__key_size"],
        flagged=row["flagged"],
        rev=row["rev"],
        note=row["note"],
        highlights=row["highlights"],
        confidence=row["confidence"],
        annotations_rev=row["annotations_rev"],
        revealed=row["revealed_at"] is not None,
    )


def _shown_options(
    row: dict[str, Any], place_of: dict[str, str], chosen: Sequence[str]
) -> tuple[ShownOption, ...]:
    html_of = {option["id"]: option["html"] for option in row["version__options"]}
    return tuple(
        ShownOption(
            place=place,
            letter=letter_of(int(place)),
            html=html_of[option],
            chosen=place in chosen,
            struck=option in row["struck"],
        )
        for option, place in place_of.items()
    )


def _shown_prompts(
    prompts: Sequence[dict[str, str]], chosen: Sequence[str]
) -> tuple[ShownPrompt, ...]:
    return tuple(
        ShownPrompt(number, prompt["html"], place)
        for number, (prompt, place) in enumerate(
            zip(prompts, padded(chosen, len(prompts)), strict=False), start=1
        )
    )
