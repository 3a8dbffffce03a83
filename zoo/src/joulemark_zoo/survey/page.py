"""What a survey's table says, in words: the part of docs/zoo.md between two marks."""

from __future__ import annotations

import fnmatch
from collections import Counter

from ..artefact import MOST_EAGER_ERROR
from ..fixes import FIXES
from .table import MAIN

BEGIN, END = "<!-- from data/zoo/coverage.csv: begin -->", "<!-- from data/zoo/coverage.csv: end -->"

Rows = list[dict[str, str]]


def with_summary(page: str, rows: Rows) -> str:
    """The page with what is between its marks made again. Raises ValueError when it has no marks."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page has no marks '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{summary(rows)}\n{END}{after}"


def summary(rows: Rows) -> str:
    main = in_variant(rows, MAIN)
    parts = [
        totals(main), variants(rows), not_exported(rows), fixes(main), half(rows), families(rows), provenance(rows),
    ]
    return "\n".join(parts)


def in_variant(rows: Rows, variant: tuple[str, str, str]) -> Rows:
    return [r for r in rows if (r["format"], r["precision"], r["layout"]) == variant]


def tried(rows: Rows) -> Rows:
    return [r for r in rows if r["outcome"] != "not_tried"]


def exported(rows: Rows) -> Rows:
    return [r for r in rows if r["outcome"] == "exported"]


def share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def markdown(head: list[str], lines: list[list[str]], numbers: int) -> str:
    """A table whose last `numbers` columns are aligned to the right."""
    rule = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines]) + "\n"


def totals(main: Rows) -> str:
    first = [r for r in main if r["first_size"] == "yes"]
    lines = []
    for what, rows in (("architectures, at one evaluation size each", first), ("pairs of architecture and size", main)):
        lines.append([what, f"{len(rows):,}", f"{len(tried(rows)):,}", share(len(exported(rows)), len(tried(rows))),
                      share(len(exported(rows)), len(rows))])
    return "### TorchScript, fp32\n\n" + markdown(
        ["", "in timm's table", "tried", "exported, of those tried", "exported, of all"], lines, 4)


def variants(rows: Rows) -> str:
    names = sorted({(r["format"], r["precision"], r["layout"]) for r in rows} - {MAIN})
    lines = []
    for name in names:
        of = in_variant(rows, name)
        in_families = len({r["family"] for r in of})
        lines.append([" ".join(name), f"{in_families}", f"{len(of)}", share(len(exported(of)), len(of))])
    if not lines:
        return ""
    return "### Samples of other variants\n\n" + markdown(["variant", "families", "tried", "exported"], lines, 3)


def not_exported(rows: Rows) -> str:
    failed = [r for r in rows if r["outcome"] == "failed"]
    if not failed:
        return "### Not exported\n\nNone of those tried.\n"
    lines = [
        [r["architecture"], r["input_size"], f"{r['format']} {r['precision']} {r['layout']}", r["stage"],
         cell(r["reason"])]
        for r in failed
    ]
    return "### Not exported\n\n" + markdown(["architecture", "size", "variant", "stage", "cause"], lines, 0)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def fixes(main: Rows) -> str:
    names = sorted({r["architecture"] for r in main})
    lines = [
        [f"`{f.name}`", f"`{f.architectures}`", " ".join(f.formats), f.reason,
         str(len(fnmatch.filter(names, f.architectures)))]
        for f in FIXES
    ]
    return "### Fixes\n\n" + markdown(["fix", "architectures", "formats", "reason", "in the table"], lines, 1)


def half(rows: Rows) -> str:
    """What rounding says, and beside it what fp16 itself gave."""
    known = [r for r in in_variant(rows, MAIN) if r["half_largest"]]
    lost = [r for r in known if not r["half_error"]]
    far = [r for r in known if r["half_error"] and float(r["half_error"]) > MOST_EAGER_ERROR]
    itself = {(r["architecture"], r["input_size"]): r for r in rows if r["precision"] == "fp16"}
    lines = []
    for r in sorted(lost + far, key=lambda r: (r["architecture"], int(r["input_size"]))):
        true = itself.get((r["architecture"], r["input_size"]))
        said = "not tried" if true is None else true["eager_error"] or "not exported"
        lines.append([r["architecture"], r["input_size"], r["half_error"] or "not finite", r["half_largest"], said])
    text = (
        f"### Live weights in fp16\n\nOf {len(known):,} pairs whose activations were rounded to fp16, "
        f"{len(known) - len(lost) - len(far):,} stay within {100 * MOST_EAGER_ERROR:g} % of fp32, "
        f"{len(far)} do not, and {len(lost)} are not finite.\n"
    )
    head = ["architecture", "size", "error, rounded to fp16", "largest activation", "error, in fp16 itself"]
    return text + ("\n" + markdown(head, lines, 3) if lines else "")


def families(rows: Rows) -> str:
    main = in_variant(rows, MAIN)
    lines = []
    for family in sorted({r["family"] for r in rows}):
        of = [r for r in main if r["family"] == family]
        first = [r for r in of if r["first_size"] == "yes"]
        aoti = [r for r in rows if r["family"] == family and r["format"] == "aoti"]
        lines.append([
            family, *(str(len(x)) for x in (first, tried(first), exported(first), of, tried(of), exported(of))),
            f"{len(exported(aoti))} of {len(aoti)}" if aoti else "",
        ])
    head = ["family", "architectures", "tried", "exported", "pairs", "tried", "exported", "aoti"]
    return "### By family (module of timm)\n\n" + markdown(head, lines, 7)


def provenance(rows: Rows) -> str:
    keys = ("torch", "timm", "joulemark_zoo", "machine")
    made = Counter(tuple(r[k] for k in keys) for r in tried(rows))
    dates = {key: sorted({r["date"] for r in tried(rows) if tuple(r[k] for k in keys) == key}) for key in made}
    lines = [
        [*key, " to ".join(dict.fromkeys((dates[key][0], dates[key][-1]))), f"{count:,}"]
        for key, count in sorted(made.items())
    ]
    return "### Made with\n\n" + markdown([*keys, "date", "rows"], lines, 1)
