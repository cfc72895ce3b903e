"""The bookkeeping of `make chaos`: a loss fails a fault, no loss fails a control.

What could not be tried fails the run at its end, and takes no other fault along.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.clients import Crowd, Stubborn
from tests.chaos.findings import Finding, summary
from tests.chaos.trying import Sites, try_all
from tests.load.client import Candidate, Reply


def test_a_fault_is_well_when_nothing_is_lost() -> None:
    finding = Finding("kill", 3, [], 1000, [0.5, 0.1, 0.3])
    assert finding.is_well
    line = str(finding)
    assert "recovery 0.30 s, at most 0.50 s" in line
    assert "WRONG" not in line


def test_a_fault_that_loses_is_wrong_and_names_the_first_losses() -> None:
    finding = Finding("kill", 3, [f"loss {number}" for number in range(9)], 1000)
    assert not finding.is_well
    assert str(finding).splitlines()[0].endswith("<-- WRONG")
    assert [line.strip() for line in str(finding).splitlines()[1:]] == [
        "loss 0",
        "loss 1",
        "loss 2",
    ]


def test_a_control_is_well_only_when_the_checker_finds_its_loss() -> None:
    assert Finding("lie", 3, ["lost"], is_control=True).is_well
    blind = Finding("lie", 3, [], is_control=True)
    assert not blind.is_well
    assert "The checker found no loss" in str(blind)


def test_recovery_is_that_of_the_last_candidate() -> None:
    members = [Stubborn(Candidate(f"{name}@example.org", 1), "/") for name in ("one", "two")]
    crowd = Crowd(members)
    members[0].times += [(9.0, 10.5), (11.0, 11.1)]
    assert crowd.all_acknowledged_since(10.0) is None
    members[1].times += [(9.5, 12.0), (12.5, 13.0)]
    assert crowd.all_acknowledged_since(10.0) == 13.0


def test_a_reply_that_was_taken_ends_a_row_of_refusals() -> None:
    member = Stubborn(Candidate("one@example.org", 1), "/")
    refused, taken = (Reply(status, {}, b"", 0, 0) for status in (503, 200))
    assert [member._wanted(one, (200,)) for one in (refused, refused)] == [None, None]
    assert member.refused_in_a_row == 2
    assert member._wanted(taken, (200,)) is taken
    assert (member.refused_in_a_row, member.statuses[503]) == (0, 2)


def test_who_waits_for_a_crowd_hears_of_its_end() -> None:
    crowd = Crowd([])
    crowd.check()
    crowd._problems.append(RuntimeError("a candidate gave up"))
    with pytest.raises(RuntimeError, match="a candidate gave up"):
        crowd.check()


class Served:
    """Stands for a site: which settings it has, and whether a fault broke it."""

    def __init__(self, settings: str, number: int) -> None:
        self.settings, self.number, self.is_broken = settings, number, False


class Host:
    """Starts such sites, and notes which were stopped; ``refuses`` to start as often."""

    def __init__(self, refuses: int = 0) -> None:
        self.started, self.stopped, self.refuses = list[Served](), list[int](), refuses

    @contextlib.contextmanager
    def start(self, settings: str) -> Iterator[Any]:
        if self.refuses:
            self.refuses -= 1
            raise RuntimeError("the server did not start")
        served = Served(settings, len(self.started))
        self.started.append(served)
        yield served
        self.stopped.append(served.number)

    def run(self, *faults: Any, others: tuple[Any, ...] = (), names: str = "") -> list[Finding]:
        groups = {"usual": faults, "other": others}
        with Sites(self.start, lambda site: not site.is_broken) as sites:  # type: ignore[attr-defined]  # a Served
            return list(try_all(groups, names.split(), sites))


def harmless(here: Any) -> Finding:
    return Finding(f"harmless on {here.number}", 1, [])


def breaks(here: Any) -> Finding:
    here.is_broken = True
    return Finding(f"breaks {here.number}", 1, [])


def fails(here: Any) -> Finding:
    raise RuntimeError(f"no small disk on {here.number}")


def names_of(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings]


def test_a_whole_site_serves_one_fault_after_the_other() -> None:
    host = Host()
    assert names_of(host.run(harmless, harmless)) == ["harmless on 0", "harmless on 0"]
    assert host.stopped == [0]


def test_a_site_that_a_fault_broke_is_replaced_before_the_next_one() -> None:
    host = Host()
    assert names_of(host.run(breaks, harmless)) == ["breaks 0", "harmless on 1"]
    assert host.stopped == [0, 1]


def test_other_settings_get_a_site_of_their_own() -> None:
    host = Host()
    assert names_of(host.run(harmless, others=(harmless,))) == ["harmless on 0", "harmless on 1"]
    assert [served.settings for served in host.started] == ["usual", "other"]


def test_a_fault_that_cannot_be_tried_says_so_and_leaves_the_next_one_a_new_site() -> None:
    host = Host()
    findings = host.run(fails, harmless)
    assert names_of(findings) == ["fails", "harmless on 1"]
    assert not findings[0].is_well
    assert "no small disk on 0" in str(findings[0])
    assert "COULD NOT BE TRIED" in str(findings[0])


def test_a_site_that_does_not_start_costs_one_fault_only() -> None:
    findings = Host(refuses=1).run(harmless, harmless)
    assert names_of(findings) == ["harmless", "harmless on 0"]
    assert "the server did not start" in findings[0].untried


def test_only_what_was_named_is_tried() -> None:
    assert names_of(Host().run(fails, harmless, names="harmless")) == ["harmless on 0"]


def test_a_control_that_could_not_be_tried_proved_nothing() -> None:
    assert not Finding("lie", 0, [], is_control=True, untried="no disk").is_well


def test_the_last_line_names_what_was_wrong_and_what_was_not_tried() -> None:
    well = Finding("kill", 1, [])
    assert summary([well]) == "all is well"
    wrong, untried = Finding("cut", 1, ["lost"]), Finding("disk", 0, [], untried="no disk")
    assert summary([well, wrong, untried]) == "wrong: cut; not tried: disk"
