"""Whether the key of a question may be shown: the one rule that every door asks.

A key is shown when its attempt is closed, or its answer was checked in study, and never while an
exam that the candidate has open asks the question too (``ResponseQuerySet.with_withheld``).
"""

from __future__ import annotations

from exams.models import Attempt, Response


class NotExplainedYet(Exception):
    """The key of a question may not be shown now; the message is fit to show to a candidate."""


def explainable(attempt: Attempt, position: int) -> Response:
    """The response at ``position`` with ``withheld``, its version and task; for one explanation.

    Raises Response.DoesNotExist when the attempt has no such question, and NotExplainedYet when
    an exam that the candidate has open asks it.
    """
    rows = Response.objects.filter(attempt=attempt).with_withheld(attempt.user_id)
    response = rows.select_related("version", "task__domain").get(position=position)
    if response.withheld:  # type: ignore[attr-defined]  # annotated by with_withheld
        raise NotExplainedYet(
            "An exam that you have open asks this question too. "
            "Its explanation is shown when that exam has ended."
        )
    return response


def refuse_in_exams(attempt: Attempt) -> None:
    """Raises NotExplainedYet in an exam that is open: it explains nothing before it has ended."""
    if not attempt.explains and not attempt.is_closed:
        raise NotExplainedYet("Answers are explained when the exam has ended.")
