"""How many first answers a figure needs before it is shown, or acted upon. Pure: no Django.

Rules of thumb of test makers, not theorems: below them a figure says more of chance than of a
question.
"""

FIGURES_FROM = 5
"""Below: counts only."""

FLAGS_FROM = 20
"""Facility and time may be called conspicuous."""

DISCRIMINATION_FROM = 30
"""A correlation is shown, and may be called conspicuous; so is the reliability of a form."""

DISTRACTORS_FROM = 60
"""A distractor may be called useless: one that 5 % of candidates take is missed by all of
60 in 5 cases of 100."""

PEERS_FROM = 10
"""So many questions with a known time make a time typical."""
