"""Content files: an exam's folder read into checked objects, and written back. Pure: no Django.

A folder is ``exam.yaml``, ``notes/NN-anchor.md``, ``images/``,
``questions/<section>/<slug>.yaml``, ``blind-check.csv`` and ``options-only.csv``. Reading is
strict and whole: every problem of every file is collected, in words an author understands.

``fields`` and ``schema`` say what files may hold, ``parsing`` reads one file and ``reading`` a
folder, ``words`` tells authors what is wrong, ``writing`` writes the files back.
"""

from questions.content.blueprint import blueprint_problems
from questions.content.fields import Slug
from questions.content.parsing import checked, parse, parse_section, text_problems
from questions.content.problems import InvalidContent, Problem
from questions.content.reading import (
    content_files,
    folder_digest,
    read_exam,
    read_folder,
)
from questions.content.schema import (
    Content,
    DomainContent,
    ExamContent,
    ExamStatus,
    OptionContent,
    PromptContent,
    Question,
    QuestionContent,
    Section,
    SectionFront,
    SkillContent,
    TaskContent,
    TitledReference,
)
from questions.content.writing import dump_exam, dump_question, dump_section

__all__ = [
    "Content",
    "DomainContent",
    "ExamContent",
    "ExamStatus",
    "InvalidContent",
    "OptionContent",
    "Problem",
    "PromptContent",
    "Question",
    "QuestionContent",
    "Section",
    "SectionFront",
    "SkillContent",
    "Slug",
    "TaskContent",
    "TitledReference",
    "blueprint_problems",
    "checked",
    "content_files",
    "dump_exam",
    "dump_question",
    "dump_section",
    "folder_digest",
    "parse",
    "parse_section",
    "read_exam",
    "read_folder",
    "text_problems",
]
