"""Measure complete attempts under load: ``make bench``.

One run starts the server, lets 1, 10 and 50 candidates at once sit full exams as fast as they
are served, checks in the database that every acknowledged answer is there, and compares a save
with two floors on the same machine in the same minutes: a bare Django view that does session,
user and one UPDATE, and the same UPDATE on one psycopg connection.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

VAR = Path(__file__).resolve().parents[2] / "var" / "bench"
PORT = 18_650
EXAM = "/exams/mla-c01/"
CROWDS = {1: 3, 10: 2, 50: 1}
"""How many candidates at once, and how many attempts each of them sits."""
FLOOR_ROUNDS, FLOOR_REQUESTS = 10, 100

os.environ |= {"LOCAL_MODE": "1", "VAR_DIR": str(VAR)}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.load.settings")

from tests.load.client import Acknowledged, Candidate, Timings, repeat  # noqa: E402
from tests.load.crowd import all_at_once, missing_of, new_candidates  # noqa: E402
from tests.load.herds import deadline_herd, hand_in_herd, start_herd  # noqa: E402
from tests.load.selection import measure  # noqa: E402
from tests.load.server import Processor, Server, running  # noqa: E402


@dataclass(frozen=True)
class Run:
    """What a crowd's attempts took."""

    candidates: int
    attempts: int
    seconds: float
    processor: Processor
    sign_in: Processor
    timings: Timings


def main() -> int:
    # The clients stamp their requests as a proxy would.
    with running(VAR, PORT, RECEIPT_STAMPS="1") as server:
        import django

        django.setup()
        acknowledged: list[Acknowledged] = []
        say(f"{'':24}{'saves/s':>9}{'save ms p50/p95/p99':>24}{'page ms p50/p95/p99':>24}")
        for crowd, each in CROWDS.items():
            run = _sit_together(server, crowd, each, acknowledged)
            _print_run(run)
        wrong = _herds(server, acknowledged)
        _print_floors(server)
        _print_bytes(server)
        wrong += measure(say)
        missing = missing_of(acknowledged)
    say(f"\nAcknowledged answers: {len(acknowledged)}; missing in the database: {missing}")
    if wrong:
        say(f"Wrong: {', '.join(wrong)}")
    return 1 if missing or wrong else 0


def _herds(server: Server, acknowledged: list[Acknowledged]) -> list[str]:
    herd, wrong = start_herd(server, EXAM, say, "first")
    saved, late = deadline_herd(herd, say)
    acknowledged += saved
    second, slow = start_herd(server, EXAM, say, "second")
    return [*wrong, *late, *slow, *hand_in_herd(second, say)]


# ---- Attempts ----------------------------------------------------------------------------------


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a report for people


def _sit_together(server: Server, crowd: int, each: int, acknowledged: list[Acknowledged]) -> Run:
    candidates = new_candidates(PORT, crowd, f"crowd{crowd}")
    before_sign_in = server.processor()
    all_at_once(candidate.sign_in for candidate in candidates)
    before, start = server.processor(), perf_counter()
    all_at_once(partial(repeat, _sitting(one), each) for one in candidates)
    seconds, after = perf_counter() - start, server.processor()
    merged = Timings()
    for candidate in candidates:
        merged.save += candidate.timings.save
        merged.page += candidate.timings.page
        acknowledged += candidate.acknowledged
        candidate.web.close()
    return Run(crowd, crowd * each, seconds, after - before, before - before_sign_in, merged)


def _sitting(candidate: Candidate) -> Callable[[int], float]:
    def sit(_: int) -> float:
        start = perf_counter()
        candidate.sit(EXAM)
        return perf_counter() - start

    return sit


def _print_run(run: Run) -> None:
    saves, each = len(run.timings.save), run.attempts
    label = f"{run.candidates} candidate{'s' if run.candidates > 1 else ''}"
    say(
        f"{label:24}{saves / run.seconds:9.0f}{_percentiles(run.timings.save):>24}"
        f"{_percentiles(run.timings.page):>24}"
    )
    say(
        f"{'':24}CPU s per attempt {run.processor.total / each:.3f} "
        f"(web {run.processor.web / each:.3f}, Postgres {run.processor.postgres / each:.3f}); "
        f"sign-in {run.sign_in.total / run.candidates:.3f} s each"
    )


def _percentiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    values = [
        ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.95, 0.99)
    ]
    return " / ".join(f"{value * 1000:.1f}" for value in values)


# ---- Floors ------------------------------------------------------------------------------------


def _print_floors(server: Server) -> None:
    """Save, floor view and bare UPDATE take turns, so that noise of the machine hits all alike."""
    candidate = new_candidates(PORT, 1, "floor")[0]
    candidate.sign_in()
    page = candidate.web.get(EXAM)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    began = candidate.web.post(EXAM, {"csrfmiddlewaretoken": token})
    path = began.headers["location"].rsplit("q/", 1)[0]
    response_id, position, answer = _a_choice(path)
    revs = iter(range(1, 1_000_000))

    def save(_: int) -> float:
        candidate.save(path, position, next(revs), answer, token)
        return candidate.timings.save[-1]

    def view(_: int) -> float:
        return candidate.view(path, position).seconds

    def floor(_: int) -> float:
        return candidate.web.get(f"/floor/{response_id}").seconds

    update = _bare_update(response_id)
    actions = {"save": save, "question page": view, "Django floor": floor, "psycopg floor": update}
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    cost: dict[str, float] = dict.fromkeys(actions, 0.0)
    for _ in range(FLOOR_ROUNDS):
        for name, action in actions.items():
            before = server.processor()
            seconds[name] += repeat(action, FLOOR_REQUESTS)
            cost[name] += (server.processor() - before).total
    _print_ratios(seconds, cost)


def _a_choice(attempt_path: str) -> tuple[int, int, tuple[str, ...]]:
    from uuid import UUID

    from exams.models import Response

    attempt_id = UUID(attempt_path.split("/")[2])
    response = Response.objects.filter(attempt=attempt_id, version__kind="choice").first()
    if response is None:
        raise RuntimeError("The form has no question of the kind choice.")
    return response.pk, response.position, ("1",)


def _bare_update(response_id: int) -> Callable[[int], float]:
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    own = psycopg.connect(
        host=parameters["host"],
        user=parameters["user"],
        dbname=parameters["dbname"],
        autocommit=True,
    )

    def update(_: int) -> float:
        start = perf_counter()
        own.execute("UPDATE exams_response SET saved_at = now() WHERE id = %s", [response_id])
        return perf_counter() - start

    return update


def _print_ratios(seconds: dict[str, list[float]], cost: dict[str, float]) -> None:
    requests = FLOOR_ROUNDS * FLOOR_REQUESTS
    say("\nOne at a time, in turns:    ms p50    server CPU ms    ratio to the Django floor")
    for name, measured in seconds.items():
        per_request = cost[name] / requests * 1000
        ratio = median(measured) / median(seconds["Django floor"])
        cpu_ratio = cost[name] / cost["Django floor"]
        say(
            f"{name:24}{median(measured) * 1000:10.2f}{per_request:17.2f}"
            f"        {ratio:.2f} (time), {cpu_ratio:.2f} (CPU)"
        )
    to_psycopg = median(seconds["save"]) / median(seconds["psycopg floor"])
    say(f"A save takes {to_psycopg:.1f} times the bare UPDATE by psycopg.")


# ---- Bytes -------------------------------------------------------------------------------------


def _print_bytes(server: Server) -> None:
    import re

    candidate = new_candidates(PORT, 1, "bytes")[0]
    candidate.sign_in()
    page = candidate.web.get(EXAM)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    path = candidate.web.post(EXAM, {"csrfmiddlewaretoken": token}).headers["location"]
    accept = {"Accept_Encoding": "gzip, deflate, br"}
    plain = candidate.web.get(path).text
    page_bytes = candidate.web.get(path, **accept).wire_bytes
    fragment = candidate.web.get(path, HX_Request="true", **accept).wire_bytes
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', plain))
    modules = [asset for asset in assets if asset.endswith(".js")]
    while modules:
        module = modules.pop()
        imported = re.findall(r'from "\./([^"]+)"', candidate.web.get(module).text)
        new = {f"{module.rsplit('/', 1)[0]}/{name}" for name in imported} - assets
        assets |= new
        modules += new
    static = sum(candidate.web.get(asset, **accept).wire_bytes for asset in assets)
    say(
        f"\nQuestion page on the wire: cold {page_bytes + static} bytes in {len(assets) + 1} "
        f"answers; warm {page_bytes} as a page, {fragment} in place"
    )


if __name__ == "__main__":
    sys.exit(main())
