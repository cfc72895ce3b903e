"""Break every part of the site under load, and look for what was lost: ``make chaos``.

Each line names a fault, how often it struck, how many saves were acknowledged and what of that
the database does not hold. A line that begins with "control" has a guarantee taken away on
purpose: the same checker must find a loss there, or the whole run fails. So it does, at its end,
when a fault could not be tried. Names of faults as arguments run only those.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence

from tests.chaos import browser, deadlines, deploy, disk, kills, network
from tests.chaos.closings import count_closings
from tests.chaos.findings import summary
from tests.chaos.site import VAR, Site, forget_host, is_healthy, site
from tests.chaos.trying import Fault, Sites, try_all

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
    findings = []
    with Sites(lambda settings: prepared_site(port, settings), is_healthy) as sites:
        for finding in try_all(FAULTS, names, sites):
            findings.append(finding)
            say(str(finding))
    say(f"\n{time.monotonic() - started:.0f} s; {summary(findings)}")
    return 0 if all(finding.is_well for finding in findings) else 1


@contextlib.contextmanager
def prepared_site(port: int, settings: str) -> Iterator[Site]:
    """A new site that counts how often attempts are closed."""
    import django

    with site(port, settings) as here:
        django.setup()
        forget_host()
        count_closings()
        yield here


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a report for people


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
