from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from questions.content import (
    OptionContent,
    PromptContent,
    QuestionContent,
    Section,
    SectionFront,
    TitledReference,
    dump_question,
    dump_section,
    parse,
    parse_section,
)
from questions.kinds import Kind

characters = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\ufeff\ufffe\uffff",
    include_characters="\n\t",
)
# What content.py makes of a text: no blank lines around, no space at the end.
prose = (
    st.text(characters, min_size=1, max_size=60)
    .map(lambda text: text.strip("\n").rstrip())
    .filter(lambda text: text.strip() and text == text.strip("\n").rstrip())
)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
names = st.lists(slugs, max_size=3, unique=True).map(tuple)
lines = prose.map(lambda text: " ".join(text.split())).filter(bool)
short = lines.map(str.strip).filter(bool)
address = "https://docs.example.org/a?b=c#d"
references = st.just(address) | st.builds(TitledReference, url=st.just(address), title=short)

of_options: dict[str, Any] = {
    "id": st.sampled_from("abcdef"),
    "correct": st.booleans(),
    "text": prose,
    "rationale": prose,
}
questions = st.builds(
    QuestionContent,
    kind=st.sampled_from(Kind),
    task=st.from_regex(r"[1-9]\.[0-9]{1,2}", fullmatch=True),
    notes=names.filter(bool),
    difficulty=st.integers(1, 3),
    stem=prose,
    prompts=st.lists(st.builds(PromptContent, text=prose, match=st.just("a")), max_size=3).map(
        tuple
    ),
    options=st.lists(
        st.builds(OptionContent, **of_options)
        | st.builds(OptionContent, **of_options, tempts=short),
        min_size=1,
        max_size=3,
    ).map(tuple),
    references=st.lists(references, min_size=1, max_size=2).map(tuple),
    skills=st.dictionaries(slugs, st.just(("1.1.1", "1.1.10")), max_size=2),
    passages=st.dictionaries(slugs, short, max_size=2),
    verified=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    enemies=names,
    lint=st.dictionaries(slugs, lines, max_size=2),
)


@given(questions)
def test_every_question_reads_back_as_it_was_written(question: QuestionContent) -> None:
    read, problems = parse(QuestionContent, dump_question(question), file="q.yaml")
    assert not problems
    assert read == question
    assert read.digest == question.digest


@given(prose, lines.filter(lambda text: not text.endswith("#")), prose, st.booleans())
def test_every_section_reads_back_as_it_was_written(
    body: str, title: str, status: str, added: bool
) -> None:
    front = SectionFront(tasks=("1.1", "3.10"), added=added, status=status)
    section = Section("glue", title, body, front, 7, "notes/07-glue.md")
    read, problems = parse_section(dump_section(section), position=7, file=section.file)
    assert not problems
    assert read == section


@given(st.text(max_size=200))
def test_any_text_is_content_or_a_problem(text: str) -> None:
    read, problems = parse(QuestionContent, text, file="q.yaml")
    assert (read is None) == bool(problems)
