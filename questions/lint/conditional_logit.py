"""Learns which of several things is chosen, from numbers that describe each. Pure: no Django.

The conditional logit model: the chance that a thing is chosen grows with the weighted sum of its
numbers, against the sums of the others. Fitted by Newton's method with a ridge penalty; the same
input always gives the same weights.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

NEWTON_STEPS = 5  # with a ridge, the weights stand still after four

Vector = list[float]


@dataclass(frozen=True, slots=True)
class Choice:
    """Some alternatives, each a vector of one length, and the place of the chosen one."""

    alternatives: list[Vector]
    chosen: int


def fit(choices: Sequence[Choice], *, ridge: float) -> Vector:
    """The weights that explain ``choices`` best; a larger ``ridge`` keeps them nearer to 0."""
    weights = [0.0] * len(choices[0].alternatives[0])
    for _ in range(NEWTON_STEPS):
        gradient = [-ridge * weight for weight in weights]
        curvature = [[0.0] * len(weights) for _ in weights]
        for place in range(len(weights)):
            curvature[place][place] = ridge
        for choice in choices:
            _add(choice, weights, gradient, curvature)
        step = _solve(curvature, gradient)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
    return weights


def probabilities(alternatives: Sequence[Vector], weights: Vector) -> Vector:
    """The chance of each of ``alternatives`` to be the chosen one."""
    sums = [sum(w * x for w, x in zip(weights, row, strict=True)) for row in alternatives]
    highest = max(sums)
    powers = [math.exp(value - highest) for value in sums]
    return [power / sum(powers) for power in powers]


def _add(choice: Choice, weights: Vector, gradient: Vector, curvature: list[Vector]) -> None:
    """Add what one choice says of the slope and of the (lower triangle of the) curvature."""
    rows = choice.alternatives
    chances = probabilities(rows, weights)
    columns = zip(*rows, strict=True)
    mean = [sum(p * x for p, x in zip(chances, column, strict=True)) for column in columns]
    for place, value in enumerate(rows[choice.chosen]):
        gradient[place] += value - mean[place]
    for chance, row in zip(chances, rows, strict=True):
        away = [x - m for x, m in zip(row, mean, strict=True)]
        for place, value in enumerate(away):
            if factor := chance * value:
                line = curvature[place]
                for other in range(place + 1):
                    line[other] += factor * away[other]


def _solve(lower: list[Vector], right: Vector) -> Vector:
    """The solution of a symmetric, positive system of which ``lower`` has the lower triangle."""
    size = len(right)
    root = [[0.0] * size for _ in right]  # Cholesky's
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    half = [0.0] * size
    for i in range(size):
        half[i] = (right[i] - sum(root[i][k] * half[k] for k in range(i))) / root[i][i]
    solution = [0.0] * size
    for i in reversed(range(size)):
        below = sum(root[k][i] * solution[k] for k in range(i + 1, size))
        solution[i] = (half[i] - below) / root[i][i]
    return solution
