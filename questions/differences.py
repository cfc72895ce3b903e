"""What changed between two states of a question, field by field, word by word. Pure: no Django."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# A question in the fields of its file, as ``questions.export.written`` gives it.
Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that were "added", "removed" or neither."""

    text: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that changed."""

    label: str
    pieces: tuple[Piece, ...]


def differences(old: Written, new: Written) -> list[Difference]:
    """The fields in which ``new`` differs from ``old``, in the order of the form."""
    before, after = dict(_fields(old)), dict(_fields(new))
    labels = [*after, *(label for label in before if label not in after)]
    return [
        Difference(label, tuple(_pieces(before.get(label, ""), after.get(label, ""))))
        for label in labels
        if before.get(label, "") != after.get(label, "")
    ]


def _fields(question: Written) -> Iterator[tuple[str, str]]:
    """Every field with its label, as lines of text."""
    yield "Kind", question.get("kind") or ""
    yield "Task", question.get("task") or ""
    yield "Also in", "\n".join(f"{exam} {task}" for exam, task in _also(question))
    for exam, codes in question.get("skills", {}).items():
        yield f"Skills in {exam}", ", ".join(codes)
    yield "Difficulty", str(question.get("difficulty") or "")
    yield "Stem", question.get("stem") or ""
    yield "Key", _key(question)
    for number, prompt in enumerate(question.get("prompts", ()), start=1):
        yield f"Prompt {number}", prompt["text"]
    for option in question.get("options", ()):
        yield f"Option {option['id']}", option["text"]
        yield f"Rationale of option {option['id']}", option["rationale"]
        yield f"What option {option['id']} tempts with", option.get("tempts", "")
    yield "Note sections", "\n".join(question.get("notes", ()))
    for anchor, words in question.get("passages", {}).items():
        yield f"Passage of {anchor}", words
    yield "References", "\n".join(map(reference_line, question.get("references", ())))
    yield "Verified", str(question.get("verified") or "")
    yield "Enemies", "\n".join(question.get("enemies", ()))
    for rule, reason in question.get("lint", {}).items():
        yield f"Answer to warning {rule}", reason


def reference_line(reference: str | Mapping[str, str]) -> str:
    """A reference on one line, as authors type it: its address, and its title if it has one."""
    return reference if isinstance(reference, str) else f"{reference['url']} {reference['title']}"


def _also(question: Written) -> Iterable[tuple[str, str]]:
    return sorted(question.get("also", {}).items())


def _key(question: Written) -> str:
    options = [option["id"] for option in question.get("options", ())]
    if question.get("kind") == "ordering":
        return " → ".join(options)
    if question.get("kind") == "matching":
        matches = [prompt["match"] for prompt in question.get("prompts", ())]
        return ", ".join(f"{number} {match}" for number, match in enumerate(matches, start=1))
    return ", ".join(o["id"] for o in question.get("options", ()) if o["correct"])


def _pieces(old: str, new: str) -> Iterator[Piece]:
    before, after = re.findall(r"\s*\S+|\s+$", old), re.findall(r"\s*\S+|\s+$", new)
    matcher = difflib.SequenceMatcher(None, before, after)
    for change, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if change == "equal":
            yield Piece("".join(after[b_from:b_to]))
            continue
        if a_from < a_to:
            yield Piece("".join(before[a_from:a_to]), "removed")
        if b_from < b_to:
            yield Piece("".join(after[b_from:b_to]), "added")
