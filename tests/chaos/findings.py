"""What a fault did, as a line for people and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

SHOWN_LOSSES = 3


@dataclass(frozen=True)
class Finding:
    """What one fault did: how often it struck, what was acknowledged, what of that was lost.

    ``losses`` has a sentence for each. ``is_control`` marks a run without the guarantee: the
    same checker must find a loss there. ``recoveries``: seconds after each strike. ``untried``:
    why nothing can be said of it, which is as wrong as a loss.
    """

    name: str
    strikes: int
    losses: Sequence[str]
    acknowledged: int = 0
    recoveries: Sequence[float] = ()
    is_control: bool = False
    also: str = ""
    untried: str = ""

    @property
    def is_well(self) -> bool:
        return not self.untried and bool(self.losses) == self.is_control

    def __str__(self) -> str:
        if self.untried:
            return f"{self.name:52} COULD NOT BE TRIED\n  {self.untried}"
        name = f"control: {self.name}" if self.is_control else self.name
        line = (
            f"{name:52}{self.strikes:4} strikes{self.acknowledged:7} saves"
            f"{len(self.losses):6} lost  {', '.join(filter(None, (self._times, self.also)))}"
        ).rstrip()
        return line if self.is_well else "\n  ".join([f"{line}   <-- WRONG", *self._explanation])

    @property
    def _times(self) -> str:
        if not self.recoveries:
            return ""
        return f"recovery {median(self.recoveries):.2f} s, at most {max(self.recoveries):.2f} s"

    @property
    def _explanation(self) -> Sequence[str]:
        if self.is_control:
            return ["The checker found no loss although the guarantee was taken away."]
        return self.losses[:SHOWN_LOSSES]


def summary(findings: Sequence[Finding]) -> str:
    """The verdict over all of them, for the last line of a run."""
    untried = [finding.name for finding in findings if finding.untried]
    wrong = [finding.name for finding in findings if not finding.is_well and not finding.untried]
    verdicts = [f"wrong: {', '.join(wrong)}"] * bool(wrong)
    verdicts += [f"not tried: {', '.join(untried)}"] * bool(untried)
    return "; ".join(verdicts) or "all is well"
