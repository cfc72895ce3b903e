"""One fault after the other, each on a healthy site, whatever became of those before it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Self

from tests.chaos.findings import Finding
from tests.chaos.site import Site

Fault = Callable[[Site], Finding]


class Sites:
    """Gives out a site with the wanted settings that is whole: the one at hand, or a new one."""

    def __init__(
        self,
        start: Callable[[str], AbstractContextManager[Site]],
        is_healthy: Callable[[Site], bool],
    ) -> None:
        self._start, self._is_healthy = start, is_healthy
        self._at_hand: tuple[str, Site] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def healthy(self, settings: str) -> Site:
        """Raises whatever keeps a new one from starting."""
        if self._at_hand is not None:
            its_settings, site = self._at_hand
            if its_settings == settings and self._is_healthy(site):
                return site
            # What is wrong with it was told by the fault that did it; this one gets another.
            _problems_of(self.discard)
        site = self._stack.enter_context(self._start(settings))
        self._at_hand = settings, site
        return site

    def discard(self) -> None:
        """Stop the site at hand: nobody knows what state it is in."""
        self._at_hand = None
        stack, self._stack = self._stack, ExitStack()
        stack.close()


def try_all(
    faults: Mapping[str, Sequence[Fault]], names: Container[str], sites: Sites
) -> Iterator[Finding]:
    """Try every fault, or those named; one that cannot be tried takes no other along."""
    for settings, those in faults.items():
        for fault in those:
            if not names or fault.__name__ in names:
                yield _tried(fault, settings, sites)


def _tried(fault: Fault, settings: str, sites: Sites) -> Finding:
    try:
        return fault(sites.healthy(settings))
    except Exception as problem:  # noqa: BLE001  # told in the finding
        traceback.print_exc()
        reasons = [repr(problem), *_problems_of(sites.discard)]
        return Finding(fault.__name__, 0, [], untried="; then ".join(reasons))


def _problems_of(action: Callable[[], None]) -> list[str]:
    try:
        action()
    except Exception as problem:  # noqa: BLE001  # told in the finding
        return [repr(problem)]
    return []
