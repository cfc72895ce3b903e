"""A4: connections are cut before the server hears a save, or before its answer is heard."""

from __future__ import annotations

import contextlib
import time

from tests.chaos.findings import Finding
from tests.chaos.kills import CANDIDATES, losses_after
from tests.chaos.proxy import CuttingProxy
from tests.chaos.site import Site

CUTS, CONTROL_CUTS = 500, 60
ONE_IN = 6


def cut(here: Site, *, cuts: int = CUTS, is_control: bool = False) -> Finding:
    proxy = CuttingProxy(here.port, one_in=ONE_IN, seed=here.port)
    with (
        contextlib.closing(proxy),
        here.crowd(CANDIDATES, f"cut{is_control}", port=proxy.port) as crowd,
    ):
        proxy.starts_to_cut()
        while proxy.cuts < cuts:
            crowd.check()
            time.sleep(0.05)
        proxy.stops_to_cut()
    losses = losses_after(crowd)
    repeated = crowd.outcomes["repeated"]
    if not repeated and not is_control:
        losses.append("no cut came between a commit and its answer")
    return Finding(
        "saves applied again when repeated" if is_control else "connection cut",
        proxy.cuts,
        losses,
        len(crowd.acknowledged),
        is_control=is_control,
        also=f"{proxy.cuts_after} of the cuts after the commit, {repeated} saves repeated",
    )


def unguarded_server(here: Site) -> Finding:
    """Control, for a server that applies whatever comes: an answer counts twice."""
    return cut(here, cuts=CONTROL_CUTS, is_control=True)
