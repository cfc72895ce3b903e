"""Break every part of the site under load, and look for what was lost: ``make chaos``.

Each line names a fault, how often it struck, how many saves were acknowledged and what of that
the database does not hold. A line that begins with "control" has a guarantee taken away on
purpose: the same checker must find a loss there, or the whole run fails. Names of faults as
arguments run only those.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from tests.chaos import browser, deadlines, deploy, disk, kills, network
from tests.chaos.closings import count_closings
from tests.chaos.findings import Finding
from tests.chaos.site import VAR, Site, site

Fault = Callable[[Site], Finding]
FAULTS: dict[str, Sequence[Fault]] = {
    "tests.load.settings": (
        kills.web_worker,
        kills.web_server,
        kills.postgres,
        network.cut,
        browser.browser,
        browser.forgetful_browser,
        deploy.deploy,
        deploy.narrowing_deploy,
        disk.disk_full,
        deadlines.browsers_gone,
        deadlines.no_worker,
        deadlines.closing,
        deadlines.torn_closing,
        deadlines.worker,
        deadlines.worker_out,
        # Last: what Postgres may forget after it is not to be looked for any more.
        kills.forgetful_postgres,
    ),
    "tests.chaos.hasty_settings": (kills.hasty_server, disk.hasty_server_on_full_disk),
    "tests.chaos.unguarded_settings": (network.unguarded_server,),
}
"""What is tried on a server with which settings."""


def main(names: Sequence[str]) -> int:
    os.environ |= {"LOCAL_MODE": "1", "VAR_DIR": str(VAR)}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.load.settings")
    port = int(os.environ.get("PORT") or 18_750)
    known = {fault.__name__ for faults in FAULTS.values() for fault in faults}
    if unknown := set(names) - known:
        raise SystemExit(f"No such fault: {', '.join(unknown)}. There are: {', '.join(known)}")
    started = time.monotonic()
    findings: list[Finding] = []
    for settings, faults in FAULTS.items():
        chosen = [fault for fault in faults if not names or fault.__name__ in names]
        if chosen:
            findings += _try(chosen, port, settings, fresh=not findings)
    wrong = [finding.name for finding in findings if not finding.is_well]
    say(f"\n{time.monotonic() - started:.0f} s; " + (f"wrong: {wrong}" if wrong else "all is well"))
    return 1 if wrong else 0


def _try(faults: Sequence[Fault], port: int, settings: str, *, fresh: bool) -> list[Finding]:
    findings = []
    with site(port, settings, fresh=fresh) as here:
        if fresh:
            _set_up()
        for fault in faults:
            findings.append(_tried(fault, here))
            say(str(findings[-1]))
    return findings


def _tried(fault: Fault, here: Site) -> Finding:
    try:
        return fault(here)
    except Exception as problem:  # noqa: BLE001  # told as a loss; the other faults are wanted too
        traceback.print_exc()
        return Finding(fault.__name__, 0, [f"could not be tried: {problem!r}"])


def _set_up() -> None:
    import django

    django.setup()
    count_closings()


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a report for people


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
