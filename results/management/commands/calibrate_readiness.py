"""Check the chance of passing on made-up candidates."""

from argparse import ArgumentParser
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from results.charts import Axis, Bar, Words, bar_chart, standalone
from results.simulation import (
    REPORT_SEED,
    TUNING_SEED,
    WORLDS,
    Bin,
    Preparation,
    Told,
    brier,
    brier_of_baselines,
    calibration,
    miscalibration,
    prepare_many,
    tell,
    tuning_table,
)

STYLES = ("tokens.css", "charts.css")
# A file is shown on grounds that we do not know.
ON_PAPER = ":root { color-scheme: light; background: var(--paper); }\n"


class Command(BaseCommand):
    help = (
        "Prepare made-up candidates, tell them their chance of passing, and let them sit a real "
        "form; print what became of whom. The same numbers come every time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--candidates", type=int, default=600, help="in each world")
        parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the table as SVG")
        parser.add_argument(
            "--tune",
            action="store_true",
            help="try other constants instead, on the candidates that are kept for tuning",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tuning = prepare_many(WORLDS, options["candidates"], TUNING_SEED)
        if options["tune"]:
            self._print_tuning(tuning)
            return
        worlds = [prepare_many([world], options["candidates"], REPORT_SEED) for world in WORLDS]
        told = [tell(candidates) for candidates in worlds]
        bins = calibration(chain(*told))
        self._print_calibration(bins)
        self._print_brier(list(chain(*worlds)), list(chain(*told)), tuning)
        self._print_worlds(told)
        if options["plot"]:
            options["plot"].write_text(plot(bins))

    def _print_calibration(self, bins: Sequence[Bin]) -> None:
        self.stdout.write("| Told | People | Mean told | Passed | 95 % interval |")
        self.stdout.write("|---|---|---|---|---|")
        for one in bins:
            self.stdout.write(
                f"| {name_of(one)} | {one.people} | {one.mean:.1%} | {one.passed:.1%} "
                f"| {one.passed_low:.1%} to {one.passed_high:.1%} |"
            )
        self.stdout.write(f"\nOff by {miscalibration(bins):.1%} on average over people.\n\n")

    def _print_brier(
        self,
        candidates: Sequence[Preparation],
        told: Sequence[Told],
        tuning: Sequence[Preparation],
    ) -> None:
        self.stdout.write("| Chance from | Brier score |\n|---|---|")
        self.stdout.write(f"| readiness | {brier(told):.4f} |")
        for name, value in brier_of_baselines(candidates, tuning).items():
            self.stdout.write(f"| {name} | {value:.4f} |")

    def _print_worlds(self, told_in: Sequence[Sequence[Told]]) -> None:
        self.stdout.write("\n| World | People | Told | Passed | Off by | Brier |")
        self.stdout.write("|---|---|---|---|---|---|")
        for world, told in zip(WORLDS, told_in, strict=True):
            mean = sum(one.chance for one in told) / len(told)
            passed = sum(one.passed for one in told) / len(told)
            off = miscalibration(calibration(told, bins=5))
            self.stdout.write(
                f"| {world.name} | {len(told)} | {mean:.1%} | {passed:.1%} "
                f"| {off:.1%} | {brier(told):.4f} |"
            )

    def _print_tuning(self, tuning: Sequence[Preparation]) -> None:
        self.stdout.write("| Constant | Value | Brier score | Off by |\n|---|---|---|---|")
        for name, value, score, off in tuning_table(tuning):
            self.stdout.write(f"| {name} | {value:g} | {score:.4f} | {off:.1%} |")


def name_of(one: Bin) -> str:
    return f"{one.low * 100:.0f} to {one.high * 100:.0f} %"


def plot(bins: Sequence[Bin]) -> str:
    """A bar for each row of the table, as an SVG file with the site's looks in it."""
    words = Words(
        name="calibration",
        title="Readiness: what made-up candidates were told, and what became of them",
        description="A bar is the share who passed, with its 95 % interval below; "
        "the tick is the mean of what they were told. Both should meet.",
        empty="Nobody was told anything",
        label="Told",
        value="Passed",
        low="From",
        high="To",
        tick="Mean told",
    )
    bars = [
        Bar(
            f"Told {name_of(one)} ({one.people} people)",
            one.passed * 100,
            one.passed_low * 100,
            one.passed_high * 100,
            tick=one.mean * 100,
        )
        for one in bins
    ]
    chart = bar_chart(bars, words=words, axis=Axis(0, 100), show=lambda value: f"{value:.0f} %")
    folder = Path(settings.BASE_DIR) / "static" / "css"
    return standalone(chart, "".join((folder / name).read_text() for name in STYLES) + ON_PAPER)
