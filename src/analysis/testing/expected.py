"""Values that tests of src/analysis must come to, computed with NumPy, SciPy and statsmodels.

    pip install numpy scipy statsmodels
    python src/analysis/testing/expected.py > src/analysis/testing/expected.json

The output is committed: tests read it and need none of these packages. Bootstrap intervals are drawn here with
another generator, so they agree within what 20,000 draws leave open; everything else agrees to rounding.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import optimize, stats

DRAWS = 20_000


def models(n: int, seed: int) -> dict:
    """Energies that go with counts as those of real models do, with ties among the counts."""
    rng = np.random.default_rng(seed)
    gmacs = np.round(np.exp(rng.normal(1.0, 1.2, n)), 1) + 0.1
    joules = 0.01 * gmacs**0.8 * np.exp(rng.normal(0.0, 0.5, n))
    return {"x": gmacs.tolist(), "y": joules.tolist()}


def frontier(n: int, seed: int, noise: float) -> dict:
    """Points near a floored power law: error as a share, joules."""
    rng = np.random.default_rng(seed)
    error = np.sort(np.round(rng.uniform(0.115, 0.40, n), 5))
    joules = 2.0 ** (-9.0 - 2.0 * np.log2(error - 0.09) + rng.normal(0.0, noise, n))
    return {"error": error.tolist(), "joules": joules.tolist()}


def percentiles(values) -> list[float]:
    return [float(v) for v in np.percentile(values, [2.5, 97.5])]


def line(x, y) -> dict:
    fit = sm.OLS(np.asarray(y), sm.add_constant(np.asarray(x))).fit()
    low, high = fit.conf_int(alpha=0.05)[1]
    return {
        "intercept": fit.params[0], "slope": fit.params[1], "intercept_standard_error": fit.bse[0],
        "slope_standard_error": fit.bse[1], "squares": fit.ssr, "slope_low": low, "slope_high": high,
    }


def correlation(statistic, x, y, seed: int) -> dict:
    drawn = stats.bootstrap(
        (np.asarray(x), np.asarray(y)), statistic, paired=True, vectorized=False, n_resamples=DRAWS, method="percentile",
        confidence_level=0.95, random_state=np.random.default_rng(seed),
    )
    low, high = drawn.confidence_interval
    return {"value": statistic(np.asarray(x), np.asarray(y)), "low": low, "high": high}


def partial(n: int, seed: int) -> dict:
    """Spearman's at equal z: Pearson's of what lines over the ranks of z leave of the other ranks."""
    rng = np.random.default_rng(seed)
    z = np.round(rng.normal(80.0, 4.0, n), 1)
    x, y = 0.2 * z + rng.normal(0.0, 1.0, n), 1.5 * z + rng.normal(0.0, 8.0, n)
    y += 3.0 * (x - 0.2 * z)

    def left(x, y, z):
        ranks = [stats.rankdata(v) for v in (x, y, z)]
        return stats.pearsonr(*(r - np.polyval(np.polyfit(ranks[2], r, 1), ranks[2]) for r in ranks[:2]))[0]

    drawn = stats.bootstrap((x, y, z), left, paired=True, vectorized=False, n_resamples=DRAWS, method="percentile",
                            random_state=np.random.default_rng(seed))
    return {"x": x.tolist(), "y": y.tolist(), "z": z.tolist(), "value": left(x, y, z),
            "low": drawn.confidence_interval.low, "high": drawn.confidence_interval.high}


def aicc(n: int, squares: float, parameters: int) -> float:
    """statsmodels' criterion, which has the likelihood's constants: n (1 + ln 2 pi) more."""
    likelihood = -n / 2 * (np.log(2 * np.pi) + np.log(squares / n) + 1)
    return sm.tools.eval_measures.aicc(likelihood, n, parameters) - n * (1 + np.log(2 * np.pi))


def least(residuals, starts, bounds) -> optimize.OptimizeResult:
    """Of all three parameters at once, from many starts: no profile, no grid."""
    fits = [
        optimize.least_squares(residuals, s, bounds=bounds, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=20_000)
        for s in starts
    ]
    return min(fits, key=lambda f: f.cost)


def floored_power(error, joules) -> dict:
    error, y = np.asarray(error), np.log2(joules)
    least_error = error.min()

    def residuals(p):
        return p[0] - p[1] * np.log2(error - p[2]) - y

    starts = [[-9, g, f * least_error] for g in (0.5, 2, 6) for f in (0.01, 0.5, 0.9, 0.999)]
    fit = least(residuals, starts, ([-np.inf, -np.inf, 0.0], [np.inf, np.inf, least_error * (1 - 2.0**-20)]))
    c, gamma, floor = fit.x
    return {"c": c, "gamma": gamma, "floor": floor, "squares": 2 * fit.cost}


def double_exponential(error, joules) -> dict:
    error, y = np.asarray(error), np.log2(joules)
    behind = error.min() - error  # accuracy less the best

    def residuals(p):
        return p[0] + p[1] * np.exp(p[2] * behind) - y

    reach = -behind.min()
    starts = [[y.min(), 5.0, b / reach] for b in (0.1, 1.0, 3.0, 10.0)]
    fit = least(residuals, starts, ([-np.inf, -np.inf, 0.01 / reach], [np.inf, np.inf, 30.0 / reach]))
    c, a, b = fit.x
    return {"c": c, "a": a, "b": b, "squares": 2 * fit.cost}


def forms(points: dict) -> dict:
    n = len(points["error"])
    power, exponential = floored_power(**points), double_exponential(**points)
    return {
        "points": points, "power": power, "exponential": exponential,
        "power_aicc": aicc(n, power["squares"], 4), "exponential_aicc": aicc(n, exponential["squares"], 4),
    }


def quantile_line(x, y, q: float) -> tuple[float, float, float]:
    """Intercept, slope and pinball loss by linear programming: residuals above and below are variables of their own."""
    n = len(x)
    design = np.column_stack([np.ones(n), x, np.eye(n), -np.eye(n)])
    price = np.concatenate([[0.0, 0.0], np.full(n, q), np.full(n, 1.0 - q)])
    solved = optimize.linprog(price, A_eq=design, b_eq=y, bounds=[(None, None)] * 2 + [(0.0, None)] * (2 * n), method="highs")
    return solved.x[0], solved.x[1], solved.fun


def at_quantile(points: dict, q: float) -> dict:
    """Floored power law and double exponential at a quantile, by a fine grid over the one nonlinear parameter."""
    error, y = np.asarray(points["error"]), np.log2(points["joules"])
    least, reach = error.min(), error.max() - error.min()
    power = min((quantile_line(np.log2(error - least * (1 - 2.0**-u)), y, q)[2] for u in np.linspace(0, 20, 801)))
    exponential = min((quantile_line(np.exp(np.exp(t) / reach * (least - error)), y, q)[2]
                       for t in np.linspace(np.log(0.01), np.log(30.0), 801)))
    intercept, slope, loss = quantile_line(error, y, q)
    return {"q": q, "intercept": intercept, "slope": slope, "loss": loss, "power_loss": power, "exponential_loss": exponential}


def gamma_interval(points: dict, draws: int = 2000) -> list[float]:
    """Percentiles of gamma over resampled points, by the profile over a fine grid of floors."""
    error, y = np.asarray(points["error"]), np.log2(points["joules"])
    rng = np.random.default_rng(5)
    gammas = []
    for _ in range(draws):
        i = rng.integers(0, len(y), len(y))
        e, w = error[i], y[i]
        x = np.log2(e[None, :] - (e.min() * (1 - 2.0 ** -np.linspace(0, 20, 2001)))[:, None])
        dx, dw = x - x.mean(axis=1, keepdims=True), w - w.mean()
        slope = (dx @ dw) / (dx**2).sum(axis=1)
        squares = ((dw[None, :] - slope[:, None] * dx) ** 2).sum(axis=1)
        gammas.append(-slope[squares.argmin()])
    return percentiles(gammas)


def pareto(seed: int) -> dict:
    """Standings by their definition, pair by pair, of points on a coarse grid: with ties."""
    rng = np.random.default_rng(seed)
    points = [
        [float(a), float(e), float(r)]
        for a, e, r in zip(rng.integers(60, 85, 60), rng.integers(2, 40, 60) / 10, rng.choice([0.0, 0.01, 0.1], 60))
    ]
    names = []
    for i, (accuracy, joules, rel) in enumerate(points):
        others = [p for j, p in enumerate(points) if j != i and p[0] >= accuracy]
        beating = [p for p in others if p[1] <= joules and (p[0] > accuracy or p[1] < joules)]

        def is_open(p):
            return abs(np.log(p[1]) - np.log(joules)) < np.sqrt(p[2] ** 2 + rel**2)

        if beating:
            names.append("possible member" if all(is_open(p) for p in beating) else "dominated")
        else:
            names.append("uncertain member" if any(is_open(p) for p in others) else "member")
    return {"points": points, "standings": names}


def entered(seed: int) -> dict:
    """Entries over the years, two or three of each of forty groups, whose prices fall by about 0.1 a year."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(40), rng.integers(2, 4, 40))
    years = rng.integers(2012, 2024, 40)[groups] + rng.integers(0, 2, len(groups))
    prices = 8.0 - 0.1 * (years - 2012) + rng.normal(0.0, 1.5, len(groups))
    return {"years": years.tolist(), "prices": prices.tolist(), "groups": groups.tolist()}


def records(entries: dict, last: int) -> dict:
    """Records by their definition, the line through them by SciPy, percentiles of its slope over resampled
    groups, or their mirror image, and how often it is as steep when the groups' years are dealt out anew."""
    year, price, group = (np.asarray(entries[k]) for k in ("years", "prices", "groups"))

    def line_of(y, p):
        until = np.arange(y.min(), last + 1)
        least = [p[y <= u].min() for u in until]
        return until, least, stats.linregress(until, least).slope

    until, least, slope = line_of(year, price)
    rng = np.random.default_rng(3)
    members = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
    slopes = []
    for _ in range(DRAWS):
        i = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        slopes.append(line_of(year[i], price[i])[2])
    low, high = percentiles(slopes)
    low, high = min(low, 2 * slope - high), max(high, 2 * slope - low)
    first = np.array([year[m].min() for m in members])
    steep = 0
    for _ in range(DRAWS):
        dealt = year + (rng.permutation(first) - first)[group]
        kept = dealt <= last
        steep += line_of(dealt[kept], price[kept])[2] <= slope
    return {"entries": entries, "last": last, "first": int(until[0]), "records": least, "slope": slope, "low": low,
            "high": high, "by_chance": steep / DRAWS}


def ratios(seed: int) -> dict:
    values = np.exp(np.random.default_rng(seed).normal(-0.3, 0.2, 17))
    logs = np.log(values)
    low, high = stats.t.interval(0.95, len(logs) - 1, loc=logs.mean(), scale=stats.sem(logs))
    return {
        "ratios": values.tolist(), "mean": stats.gmean(values), "spread": stats.gstd(values), "low": np.exp(low),
        "high": np.exp(high),
    }


def known(seed: int) -> dict:
    """A line through values of which each is known by itself: what each of them adds to the slope is a row of the
    pseudo-inverse."""
    rng = np.random.default_rng(seed)
    x, half = np.sort(rng.uniform(14.0, 18.0, 5)), rng.uniform(0.2, 0.5, 5)
    y = 60.0 + 1.3 * x + rng.normal(0.0, 0.3, 5)
    of_slope = np.linalg.pinv(sm.add_constant(x))[1]
    slope, width = of_slope @ y, np.linalg.norm(of_slope * half)
    return {"x": x.tolist(), "y": y.tolist(), "half": half.tolist(), "value": slope, "low": slope - width, "high": slope + width}


def middle(seed: int) -> list[dict]:
    """Of forty-one values, and of so few that the interval is all of them, or none."""
    values = np.random.default_rng(seed).lognormal(0.0, 0.6, 41)
    return [median_of(values[:n]) for n in (5, 6, 9, 10, 17, 40, 41)]


def median_of(values: np.ndarray) -> dict:
    held = stats.quantile_test(values, q=1.0, p=0.5).confidence_interval(0.95)
    ends = {} if np.isnan(held.low) or np.isnan(held.high) else {"low": held.low, "high": held.high}
    return {"values": values.tolist(), "value": np.median(values), **ends}


def ridge(n: int, seed: int) -> dict:
    """Three features of which two are nearly the same, and seven groups. Fits by statsmodels, the penalty by the trace of
    the hat matrix, and what a group is off by when it is left out by fitting again without it."""
    rng = np.random.default_rng(seed)
    first = rng.normal(3.0, 2.0, n)
    x = np.column_stack([first, first + rng.normal(0.0, 0.02, n), rng.normal(0.0, 10.0, n)])
    y = 1.0 + 0.7 * first - 0.02 * x[:, 2] + rng.normal(0.0, 0.3, n)
    groups = [f"g{g}" for g in rng.integers(0, 7, n)]
    deviation = x.std(axis=0)
    z = (x - x.mean(axis=0)) / deviation

    def coefficients(z, y, penalty):
        """Of centred values; statsmodels' penalty is of the mean square, and one half of ours."""
        fit = sm.OLS(y - y.mean(), z - z.mean(axis=0)).fit_regularized("elastic_net", alpha=penalty / len(y), L1_wt=0.0)
        return fit.params

    def gcv(penalty):
        hat = z @ np.linalg.solve(z.T @ z + penalty * np.eye(3), z.T)
        residuals = (y - y.mean()) - hat @ (y - y.mean())
        return (residuals @ residuals) / n / (1 - (1 + np.trace(hat)) / n) ** 2

    penalty = min((0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), key=gcv)
    b = coefficients(z, y, penalty)
    without = np.zeros(n)
    for group in set(groups):
        out = np.array([g == group for g in groups])
        zi, yi = z[~out], y[~out]
        without[out] = y[out] - (yi.mean() + (z[out] - zi.mean(axis=0)) @ coefficients(zi, yi, penalty))
    return {"x": x.tolist(), "y": y.tolist(), "groups": groups, "penalty": penalty, "coefficients": (b / deviation).tolist(),
            "intercept": y.mean() - x.mean(axis=0) @ (b / deviation), "without_group": without.tolist()}


def shares() -> list[dict]:
    cases = []
    for times, of in ((0, 1), (0, 20), (1, 20), (7, 20), (20, 20), (57, 60)):
        interval = stats.binomtest(times, of).proportion_ci(0.95, method="exact")
        cases.append({"times": times, "of": of, "low": interval.low, "high": interval.high})
    return cases


def deviations() -> list[dict]:
    cases = []
    for squares, degrees in ((0.02, 1), (0.5, 10), (3.0, 60)):
        low, high = np.sqrt(squares / stats.chi2.ppf([0.975, 0.025], degrees))
        cases.append({"squares": squares, "degrees": degrees, "low": low, "high": high})
    return cases


def main() -> None:
    small, large = models(12, 1), models(150, 2)
    pearson, spearman = (lambda x, y: stats.pearsonr(x, y)[0]), (lambda x, y: stats.spearmanr(x, y)[0])
    few, many = frontier(14, 3, 0.25), frontier(60, 4, 0.15)
    expected = {
        "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "correlations": [
            {
                **sample, "ranks": stats.rankdata(sample["x"]).tolist(),
                "line": line(np.log2(sample["x"]), np.log2(sample["y"])),
                "pearson": correlation(pearson, sample["x"], sample["y"], 10),
                "pearson_log": correlation(pearson, np.log2(sample["x"]), np.log2(sample["y"]), 11),
                "spearman": correlation(spearman, sample["x"], sample["y"], 12),
            }
            for sample in (small, large)
        ],
        "partial": partial(80, 15),
        "forms": [forms(few), forms(many)],
        "gamma_interval": gamma_interval(many),
        "quantiles": [at_quantile(many, q) for q in (0.1, 0.5, 0.9)],
        "pareto": pareto(6),
        "records": records(entered(13), 2025),
        "ratios": ratios(7),
        "slope_of_known": known(14),
        "median": middle(8),
        "shares": shares(),
        "deviations": deviations(),
        "ridge": [ridge(40, 9), ridge(9, 10)],
    }
    json.dump(expected, sys.stdout, indent=1, default=float)
    print()


if __name__ == "__main__":
    main()
