"""A notes file in our own words, of the same make as the owner's: 43 sections, 32 images."""

TITLES = (
    "Amazon Managed Service for Anything",
    "Data Formats",
    "Data Formats",  # a repeat
    "Tuning (AMT)",
    "C++ & `SQL` in **one** place",
    "What is *it* ?",
    "Under_scores and - dashes",
    "[Linked](https://docs.aws.amazon.com) heading",
    "Closed heading ##",
    "Extra",
)
ANCHORS = (
    "amazon-managed-service-for-anything",
    "data-formats",
    "data-formats-1",
    "tuning-amt",
    "c--sql-in-one-place",
    "what-is-it-",
    "under_scores-and---dashes",
    "linked-heading",
    "closed-heading",
    "extra",
)
SECTIONS = 43
IMAGES = 32

_FILLER = tuple(f"Topic {number}" for number in range(SECTIONS - len(TITLES)))
ALL_ANCHORS = (*ANCHORS, *(title.lower().replace(" ", "-") for title in _FILLER))


def notes_file() -> str:
    """The Markdown of the whole file; sections 0 to 31 hold one image each."""
    contents = "\n".join(f"- [{anchor}](#{anchor})" for anchor in ALL_ANCHORS)
    parts = [_section(number, title) for number, title in enumerate((*TITLES, *_FILLER))]
    return f"### Notes of somebody\n\n{contents}\n\nNot in any section.\n\n" + "\n".join(parts)


def _section(number: int, title: str) -> str:
    image = f'!["Picture {number}"](picture-{number}.png)\n' if number < IMAGES else ""
    return f"## {title}\n\n{image}Words about {number} with **weight** and `code`.\n{_AWKWARD}"


_AWKWARD = """
```bash
## not a heading
![not an image](code.png)
```

### A heading of the third level

    ## indented code

- a list
- goes on
"""
