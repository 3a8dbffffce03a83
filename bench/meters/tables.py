"""From results to Markdown; no effects."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from lab import Result, Tool

#: Joulemark's own goal, and where a sensor counts as resolving a load: a perfect reader of it would
#: be within this.
GOAL_REL = 0.003


def percent(relative: float) -> str:
    """ "+0.12", "-33.4", and "0.00" without a sign."""
    text = f"{100 * relative:+.{2 if abs(relative) < 0.1 else 1}f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def plus_minus(result: Result, stated_rel: float | None) -> str:
    """What a tool states is a share of the number that it gave; beside an error it is one of the truth."""
    if stated_rel is None:
        return ""
    of_truth = 100 * stated_rel * result.joules / result.truth
    return f"± {of_truth:.{2 if of_truth < 10 else 1}f}"


def contains_truth(result: Result) -> bool | None:
    """Whether the truth lies within what the tool stated; None where it stated nothing."""
    return within(result, result.stated_rel)


def within(result: Result, stated_rel: float | None) -> bool | None:
    if result.error_rel is None or stated_rel is None:
        return None
    return abs(result.joules - result.truth) <= stated_rel * result.joules


def cell(result: Result | None) -> str:
    if result is None or (result.failed and not result.set_up):
        return ""
    if result.failed:
        return "failed"
    text = percent(result.error_rel)
    if result.stated_rel is not None:
        text += f" {plus_minus(result, result.stated_rel)}"
    if contains_truth(result) is False:
        text += " **outside**"
    return text


def unresolved(results: Sequence[Result]) -> set[str]:
    """Waveforms that the sensor itself misses, by more than the goal, in somebody's window."""
    return {r.waveform for r in results if abs(r.sensor_rel) > GOAL_REL}


def of(results: Sequence[Result], tool: str, waveform: str) -> Result | None:
    found = [r for r in results if r.tool == tool and r.waveform == waveform]
    return found[0] if found else None


def error_rows(tools: Sequence[Tool], results: Sequence[Result]) -> list[list[str]]:
    """A row of each waveform: its name, what the sensor itself is off by, each tool's error."""
    missed = unresolved(results)
    names = list(dict.fromkeys(r.waveform for r in results))
    rows = []
    for name in names:
        sensor = max((r.sensor_rel for r in results if r.waveform == name), key=abs)
        mark = " †" if name in missed else ""
        rows.append(
            [name + mark, percent(sensor), *(cell(of(results, t.name, name)) for t in tools)]
        )
    return rows


def worst(results: Sequence[Result]) -> str:
    errors = [r.error_rel for r in results if r.error_rel is not None]
    return percent(max(errors, key=abs)) if errors else ""


def cpu(results: Sequence[Result]) -> str:
    """Median and range of the CPU seconds of a window."""
    used = [r.cpu_s for r in results if r.cpu_s is not None]
    return f"{statistics.median(used):.3f} ({min(used):.3f} .. {max(used):.3f})" if used else ""


def stated(results: Sequence[Result]) -> str:
    inside = [contains_truth(r) for r in results if contains_truth(r) is not None]
    return f"{sum(inside)} of {len(inside)}" if inside else "states none"


def summary_row(tool: Tool, results: Sequence[Result]) -> list[str]:
    missed = unresolved(results)
    mine = [r for r in results if r.tool == tool.name]
    failures = {r.failed for r in mine if r.failed}
    return [
        tool.name,
        tool.version,
        worst([r for r in mine if r.waveform not in missed]),
        worst(mine),
        cpu(mine),
        "; ".join(sorted(failures)) or stated(mine),
    ]


def calibration_rows(found: dict) -> list[list[str]]:
    """The terms of a calibration that `measure` uses for what it states. `found`: as printed."""
    updates = found["updates"]
    names = {"power": "instant power"}
    rows = [["update period", f"{1e3 * updates['period_s']:.2f} ms"]]
    for response in found["responses"]:
        spread = response.get("lag_spread_s")
        lag = f"{1e3 * response['lag_s']:.1f}" + (f" ± {1e3 * spread:.1f}" if spread else "")
        channel = response["channel"]
        rows.append([f"lag, {names.get(channel, channel)}", f"{lag} ms"])
    for a in found["aliasing"]:
        watts = a["worst_rel"] * a["reference_w"]
        rows.append([
            f"squares of {1e3 * a['period_s']:.3g} ms, duty {a['duty']:.2g}",
            f"misread by up to {watts:.0f} W, of {a['reference_w']:.0f} W",
        ])  # fmt: skip
    return rows


def knowledge_rows(tool: str, results: Sequence[Result]) -> list[list[str]]:
    """A row of each waveform: the error beside all that could have warned of it."""
    rows = []
    for r in results:
        if r.tool != tool or r.failed:
            continue
        # A constant load has no step that could be known.
        known = [r.stated_rel, r.terms.get("aliasing")] if r.steps_known else [None, None]
        # The newest sample of the ring can be older than the last edge: then there is no integral.
        gap = "" if r.gap_rel is None else percent(r.gap_rel)
        rows.append([
            r.waveform,
            percent(r.error_rel),
            *(plus_minus(r, stated) for stated in (*known, r.stated_without_steps_rel)),
            gap,
            ", ".join(r.flags) or "none",
            plus_minus(r, r.between_samples_rel),
        ])  # fmt: skip
    return rows


def verdict(tool: str, results: Sequence[Result]) -> str:
    """Whether Joulemark's goals were met, in words."""
    missed = unresolved(results)
    mine = [r for r in results if r.tool == tool]
    resolved = [r for r in mine if r.waveform not in missed]
    over = [
        r.waveform for r in resolved if r.error_rel is None or abs(r.error_rel) > GOAL_REL
    ]
    outside = [r.waveform for r in mine if not contains_truth(r)]
    blind = [r.waveform for r in mine if within(r, r.stated_without_steps_rel) is False]
    near = f"yes ({len(resolved)} of them)" if not over else f"no: {', '.join(over)}"
    inside = "yes" if not outside else f"no: {', '.join(outside)}"
    text = (
        f"{tool} within {100 * GOAL_REL:g} % where the sensor resolves the load: {near}. "
        f"The truth within what it states, on all: {inside}."
    )
    if blind:
        text += f" And where it does not know the steps: no: {', '.join(blind)}."
    return text
