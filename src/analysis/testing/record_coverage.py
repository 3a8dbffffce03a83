"""How often the interval of a trend of records (src/analysis/records.hpp) holds the mean trend of such records.

    pip install numpy
    python src/analysis/testing/record_coverage.py

Made-up groups, one entry each, with years that become denser and prices that fall by nothing or by 0.3 a year; the
percentiles of 400 resamples, alone and with their mirror image about the slope. docs/analysis.md quotes the result.
"""

from __future__ import annotations

import numpy as np

FIRST, LAST = 2014, 2024
SAMPLES, DRAWS = 400, 400
NOISE = {
    "normal": lambda rng, shape: rng.normal(0.0, 1.3, shape),
    "log-normal": lambda rng, shape: 1.5 * np.exp(rng.normal(0.0, 0.6, shape)),
    "Student's t, 3 degrees": lambda rng, shape: rng.standard_t(3, shape),
}


def slopes(years: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Of each row, the slope of the line through its records; not a number for fewer than four years."""
    until = np.arange(FIRST, LAST + 1)
    new = np.stack([np.where(years == year, prices, np.inf).min(axis=1) for year in until], axis=1)
    records = np.minimum.accumulate(new, axis=1)
    there = np.isfinite(records)
    number = there.sum(axis=1, keepdims=True)
    x = np.where(there, until - (until * there).sum(axis=1, keepdims=True) / number, 0.0)
    y = np.where(there, records, 0.0)
    return np.where(number[:, 0] >= 4, (x * y).sum(axis=1) / (x**2).sum(axis=1), np.nan)


def draw(rng: np.random.Generator, noise, rows: int, groups: int, fall: float) -> tuple[np.ndarray, np.ndarray]:
    years = np.minimum(FIRST + (11 * rng.beta(2.0, 1.3, (rows, groups))).astype(int), LAST)
    return years, noise(rng, (rows, groups)) - fall * (years - FIRST)


def main() -> None:
    rng = np.random.default_rng(1)
    for name, noise in NOISE.items():
        for groups in (15, 40, 100):
            for fall in (0.0, 0.3):
                truth = np.nanmean(slopes(*draw(rng, noise, 20_000, groups, fall)))
                alone = mirrored = claimed = 0
                for _ in range(SAMPLES):
                    years, prices = draw(rng, noise, 1, groups, fall)
                    slope = slopes(years, prices)[0]
                    drawn = rng.integers(0, groups, (DRAWS, groups))
                    low, high = np.nanpercentile(slopes(years[0][drawn], prices[0][drawn]), [2.5, 97.5])
                    alone += low <= truth <= high
                    claimed += high < 0.0
                    mirrored += min(low, 2 * slope - high) <= truth <= max(high, 2 * slope - low)
                print(f"{name:24} {groups:4} groups, fall {fall}: percentiles {alone / SAMPLES:.3f}, mirrored "
                      f"{mirrored / SAMPLES:.3f}; a fall is claimed by percentiles in {claimed / SAMPLES:.3f}")


if __name__ == "__main__":
    main()
