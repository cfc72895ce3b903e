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
    """``minutes``: standard time, None when untimed; ``weights``: percent, by the domain's code.

    ``full_minutes``: the length of the full exam, by which extra minutes are scaled. None: it began
    before they were, and got all of them.
    """

    scale_min: int
    scale_max: int
    pass_mark: int
    minutes: float | None
    weights: Mapping[str, int]
    full_minutes: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rules:
        """What ``as_json`` stored; what newer code added is passed over. Raises KeyError."""
        given = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        if missing := {"scale_min", "scale_max", "pass_mark", "minutes", "weights"} - set(given):
            raise KeyError(*missing)
        return cls(**given)
