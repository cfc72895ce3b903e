"""Why an alarm was raised, in a sentence for authors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questions.kinds import letter_of
from questions.models import QuestionVersion
from results.models import AlarmKind, ItemAlarm


def letters_of(version: QuestionVersion, ids: list[str]) -> str:
    """Options by their letters in the authored order; a prompt left open is a low line."""
    order = [option["id"] for option in version.options]
    return " ".join(letter_of(order.index(one) + 1) if one else "_" for one in ids)


def why(alarm: ItemAlarm) -> str:
    """The figures that raised or last confirmed ``alarm``; reads its version."""
    return _SENTENCES[AlarmKind(alarm.kind)](alarm.figures, alarm.version)


def _negative(figures: dict[str, Any], version: QuestionVersion) -> str:
    return _(
        "Candidates who do well elsewhere get it wrong more often: discrimination "
        "%(discrimination)s from %(rests)d first answers. Check the key first."
    ) % {"discrimination": f"{figures['discrimination']:.2f}", "rests": figures["rests"]}


def _other_answer(figures: dict[str, Any], version: QuestionVersion) -> str:
    return _(
        "Of the third with the best results on other questions, %(agreed)d of %(size)d answered "
        "%(answer)s; the key is %(key)s. Check the key first."
    ) % {
        "agreed": figures["agreed"],
        "size": figures["size"],
        "answer": letters_of(version, figures["answer"]),
        "key": letters_of(version, version.key),
    }


def _under_chance(figures: dict[str, Any], version: QuestionVersion) -> str:
    return _(
        "%(facility)s %% of %(answers)d first answers are right; guessing would give %(chance)s %%."
    ) % {
        "facility": f"{100 * figures['facility']:.0f}",
        "answers": figures["answers"],
        "chance": f"{100 * figures['chance']:.0f}",
    }


def _unused(figures: dict[str, Any], version: QuestionVersion) -> str:
    options = figures["options"]
    return ngettext(
        "Nobody of %(answers)d chose %(options)s. Make it tempting, or the question has one "
        "option less than it shows.",
        "Nobody of %(answers)d chose any of %(options)s. Make them tempting, or the question has "
        "fewer options than it shows.",
        len(options),
    ) % {"answers": figures["answers"], "options": letters_of(version, options)}


def _slow(figures: dict[str, Any], version: QuestionVersion) -> str:
    return _(
        "Half of the candidates need more than %(median)d s; for questions of this kind it is "
        "%(typical)d s. Is the stem too long, or unclear?"
    ) % {"median": round(figures["median"]), "typical": round(figures["typical"])}


_SENTENCES: dict[AlarmKind, Callable[[dict[str, Any], QuestionVersion], str]] = {
    AlarmKind.NEGATIVE: _negative,
    AlarmKind.OTHER_ANSWER: _other_answer,
    AlarmKind.UNDER_CHANCE: _under_chance,
    AlarmKind.UNUSED: _unused,
    AlarmKind.SLOW: _slow,
}
