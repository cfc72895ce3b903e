"""What a load or an import of content reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Changes:
    """What a load or an import did, by anchor or slug; ``kept`` was newer than the files."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @classmethod
    def by_side(cls, sides: Mapping[str, str]) -> Changes:
        """From what became of each: "added", "changed", "unchanged" or "kept"."""
        names = ("added", "changed", "unchanged", "kept")
        return cls(**{n: tuple(key for key, side in sides.items() if side == n) for n in names})


@dataclass(frozen=True, slots=True)
class ImageReport:
    """The images that notes refer to: those found, and those not with the reason."""

    found: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of loading one folder. ``questions.removed`` lost their file, nothing else."""

    exam: str
    sections: Changes
    questions: Changes
    images: ImageReport


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of importing a notes file."""

    sections: Changes
    images: ImageReport
