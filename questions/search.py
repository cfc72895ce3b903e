"""Full-text search in the study notes."""

import html
import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, Func, QuerySet, TextField, Value
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from questions.models import Exam, NoteSection

RESULTS_LIMIT = 30
# Private-use characters around the words that were found, until all else is escaped.
_START, _STOP = "\ue000", "\ue001"
_DRAWING = '<figure class="diagram">.*?</figure>'


@dataclass(frozen=True, slots=True)
class Hit:
    """A note section that was found, with an excerpt around the words found."""

    section: NoteSection
    excerpt: SafeString


def search_notes(exam: Exam, words: str) -> list[Hit]:
    """The sections of ``exam`` that match ``words``, best first; quotes, OR and - work as in web
    search engines."""
    query = SearchQuery(words, search_type="websearch", config="english")
    if (beginnings := _beginnings(words)) is not None:
        query = query | beginnings
    found = (
        present_sections(exam)
        .filter(search=query)
        .annotate(rank=SearchRank(F("search"), query), excerpt=_headline(query))
        .order_by("-rank", "position")[:RESULTS_LIMIT]
    )
    return [Hit(section, _highlighted(section.excerpt)) for section in found]


def _beginnings(words: str) -> SearchQuery | None:
    """Sections with words that begin as those do: a search while typing meets half a word.

    None where quotes, OR or - ask for something else.
    """
    typed = re.findall(r"\w+", words)
    if not typed or re.search(r'["]|(^|\s)-|\bOR\b', words):
        return None
    prefixes = " & ".join(f"'{word}':*" for word in typed)
    return SearchQuery(prefixes, search_type="raw", config="english")


def present_sections(exam: Exam) -> QuerySet[NoteSection]:
    """The sections of a table of contents, the owner's first; their text is not loaded."""
    sections = NoteSection.objects.filter(exam=exam, removed_at=None)
    return sections.defer("body", "html", "search").order_by("added", "position", "anchor")


def _headline(query: SearchQuery) -> SearchHeadline:
    sentences = _replaced(F("html"), _DRAWING, "")  # labels in a drawing are not sentences
    joined = _replaced(sentences, r"</?(a|code|del|em|span|strong|sub|sup)(\s[^>]*)?>", "")
    return SearchHeadline(
        _replaced(joined, "<[^>]+>", " "),
        query,
        config="english",
        start_sel=_START,
        stop_sel=_STOP,
        max_words=30,
        min_words=15,
        max_fragments=2,
        fragment_delimiter=" … ",
    )


def _replaced(text: F | Func, pattern: str, replacement: str) -> Func:
    return Func(
        text,
        Value(pattern),
        Value(replacement),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _highlighted(excerpt: str) -> SafeString:
    """``excerpt`` escaped, with the words found in ``<mark>``."""
    text = html.unescape(excerpt)
    parts = re.split(f"{_START}(.*?){_STOP}", text, flags=re.DOTALL)
    # A split with one group alternates between text and what the group matched.
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return format_html_join(
        "", "{}{}", ((plain, _highlight(found) if found else "") for plain, found in pairs)
    )


def _highlight(found: str) -> SafeString:
    return format_html_join("", "<mark>{}</mark>", [(found,)])
