"""The band of an edition's curve, computed with SciPy: what fit_test.cpp expects of the rows of rows.hpp.

    pip install numpy scipy
    python src/score/testing/band.py

All three parameters are fitted at once, from where the rows were made, to log2 E of the frontier with its residuals drawn
anew. The generator is another one than Joulemark's, so half widths agree within what the draws leave open.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

DRAWS = 10_000
NODES = 9


def form(parameters: np.ndarray, error: np.ndarray) -> np.ndarray:
    c, gamma, floor = parameters
    return c - gamma * np.log2(error - floor)


def fit(error: np.ndarray, log2_joules: np.ndarray) -> np.ndarray:
    bounds = ([-np.inf, 0.0, 0.0], [np.inf, np.inf, error.min() * (1 - 2.0**-20)])
    found = optimize.least_squares(
        lambda p: form(p, error) - log2_joules, [-3.0, 1.5, 0.08], bounds=bounds, xtol=1e-12, ftol=1e-12, gtol=1e-12
    )
    return found.x


def main() -> None:
    error = 0.30 - 0.20 * np.arange(20) / 19
    log2_joules = form([-3.0, 1.5, 0.08], error) + np.log2(np.where(np.arange(20) % 2 == 0, 1.01, 0.99))
    curve = fit(error, log2_joules)
    residuals = log2_joules - form(curve, error)
    nodes = np.exp2(np.linspace(np.log2(error.min()), np.log2(error.max()), NODES))
    rng = np.random.default_rng(20261126)
    drawn = [
        form(fit(error, form(curve, error) + rng.choice(residuals, len(error))), nodes) for _ in range(DRAWS)
    ]  # fmt: skip
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    print("c, gamma, floor:", ", ".join(f"{v:.6f}" for v in curve))
    print("half widths:", ", ".join(f"{v:.5f}" for v in (high - low) / 2))


if __name__ == "__main__":
    main()
