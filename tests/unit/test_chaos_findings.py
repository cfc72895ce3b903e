"""The verdicts of `make chaos`: a loss fails a fault, no loss fails a control."""

from tests.chaos.clients import Crowd, Stubborn
from tests.chaos.findings import Finding
from tests.load.client import Candidate


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
    assert crowd.any_acknowledged_since(10.0)
    assert crowd.all_acknowledged_since(10.0) is None
    members[1].times += [(9.5, 12.0), (12.5, 13.0)]
    assert crowd.all_acknowledged_since(10.0) == 13.0
