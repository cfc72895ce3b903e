"""What an attempt is judged by, as it stood when the attempt began. Pure: no Django.

An exam's scale, pass mark, weights and minutes are data that may change; a result may not. So each
attempt carries its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Rules:
    """``minutes``: standard time, None when untimed; ``weights``: percent, by the domain's code."""

    scale_min: int
    scale_max: int
    pass_mark: int
    minutes: float | None
    weights: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rules:
        """What ``as_json`` stored; what newer code added is passed over. Raises KeyError."""
        return cls(**{field.name: stored[field.name] for field in fields(cls)})
