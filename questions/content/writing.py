"""Checked content written as the text of its file, in the house style. Pure: no Django."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from questions.content.schema import (
    ExamContent,
    ExamStatus,
    OptionContent,
    QuestionContent,
    Section,
    TaskContent,
    TitledReference,
)

# A writer has no state between documents, but one that failed may: each dump makes its own.


def _writer() -> YAML:
    yaml = YAML()
    yaml.width = 1_000_000  # prose breaks where its author broke it
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dump(data: Mapping[str, Any]) -> str:
    stream = io.StringIO()
    _writer().dump(data, stream)
    return stream.getvalue()


def _block(text: str) -> str:
    block: str = LiteralScalarString(text + "\n")
    return block


def _flow(values: Sequence[str]) -> CommentedSeq:
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def _flow_map(values: Mapping[str, Any]) -> CommentedMap:
    mapping = CommentedMap(values)
    mapping.fa.set_flow_style()
    return mapping


def _quoted(text: str) -> str:
    quoted: str = DoubleQuotedScalarString(text)
    return quoted


def dump_question(content: QuestionContent) -> str:
    """``content`` as the text of its file, in the house style; empty optional fields left out."""
    data: dict[str, Any] = {
        "kind": content.kind.value,
        "task": _quoted(content.task),
        "also": _flow_map({exam: _quoted(task) for exam, task in content.also.items()}),
        "skills": _flow_map({exam: _codes(codes) for exam, codes in content.skills.items()}),
        "notes": _flow(content.notes),
        "passages": dict(content.passages),
        "difficulty": content.difficulty,
        "stem": _block(content.stem),
        "prompts": [{"text": _block(p.text), "match": p.match} for p in content.prompts],
        "options": [_option_data(option) for option in content.options],
        "references": [_reference_data(reference) for reference in content.references],
        "verified": content.verified,
        "enemies": _flow(content.enemies) if content.enemies else None,
        "lint": dict(content.lint),
    }
    return _dump({name: value for name, value in data.items() if value})


def _option_data(option: OptionContent) -> dict[str, Any]:
    correct = {"correct": True} if option.correct else {}
    texts = {"text": _block(option.text), "rationale": _block(option.rationale)}
    tempts = {"tempts": option.tempts} if option.tempts else {}
    return {"id": option.id, **correct, **texts, **tempts}


def _reference_data(reference: str | TitledReference) -> str | dict[str, str]:
    return reference if isinstance(reference, str) else reference.model_dump()


def _codes(codes: Sequence[str]) -> CommentedSeq:
    return _flow([_quoted(code) for code in codes])


def dump_section(section: Section) -> str:
    """``section`` as the text of its note file, in the house style."""
    front = section.front
    data: dict[str, Any] = {
        "tasks": _codes(front.tasks),
        "added": front.added,
        **({"status": _block(front.status)} if front.status else {}),
        "references": list(front.references),
    }
    return f"---\n{_dump(data)}---\n# {section.title}\n\n{section.body}\n"


def dump_exam(exam: ExamContent) -> str:
    """``exam`` as the text of exam.yaml, in the house style."""
    data: dict[str, Any] = exam.model_dump(
        mode="json", exclude={"kinds", "status", "notice", "glossary", "domains"}
    )
    data["kinds"] = _flow([kind.value for kind in exam.kinds])
    if exam.status:
        data["status"] = _status_data(exam.status)
    if exam.notice:
        data["notice"] = _block(exam.notice)
    if exam.glossary:
        data["glossary"] = dict(sorted(exam.glossary.items()))
    data["domains"] = [
        {
            "code": _quoted(domain.code),
            "title": domain.title,
            "weight": domain.weight,
            "tasks": [_task_data(task) for task in domain.tasks],
        }
        for domain in exam.domains
    ]
    return _dump(data)


def _status_data(status: ExamStatus) -> dict[str, Any]:
    data = status.model_dump(exclude_none=True)
    data["languages"] = _flow(status.languages) if status.languages else None
    data["note"] = _block(status.note) if status.note else None
    return {name: value for name, value in data.items() if value is not None}


def _task_data(task: TaskContent) -> dict[str, Any]:
    skills = [{"code": _quoted(skill.code), "title": skill.title} for skill in task.skills]
    return {
        "code": _quoted(task.code),
        "title": task.title,
        **({"skills": skills} if skills else {}),
    }
