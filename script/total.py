"""Adds up the test results of one run: script/total.py RESULTS_FOLDER

ctest knows one entry per program; each gtest or pytest program also writes its cases to
<folder>/<program>.xml. An entry that wrote such a file counts by its cases, another one as one.
Exit code 1 when something failed or nothing ran.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def outcome(case: ElementTree.Element) -> str:
    """One JUnit test case as "passed", "failed" or "skipped"."""
    if case.get("status") == "fail" or any(case.find(tag) is not None for tag in ("failure", "error")):
        return "failed"
    not_run = case.get("status") in ("notrun", "disabled") or case.get("result") == "skipped"
    return "skipped" if not_run or case.find("skipped") is not None else "passed"


def label(case: ElementTree.Element) -> str:
    return ".".join(part for part in (case.get("classname"), case.get("name")) if part)


def why_skipped(case: ElementTree.Element) -> str:
    skipped = case.find("skipped")
    text = "" if skipped is None else skipped.get("message") or skipped.text or ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # gtest puts the place on the first line and the reason on the last.
    return lines[-1] if lines else "no reason given"


def cases_of(entry: ElementTree.Element, folder: Path) -> list[ElementTree.Element]:
    """The cases behind one ctest entry, or the entry itself."""
    name = entry.get("name", "")
    for program in (f"{name}_test", name):
        detail = folder / f"{program}.xml"
        if detail.exists():
            try:
                cases = list(ElementTree.parse(detail).iter("testcase"))
            except ElementTree.ParseError:  # the program died while it wrote
                return [entry]
            # A program that crashed or timed out fails as a whole, whatever its cases say.
            if outcome(entry) == "failed" and all(outcome(case) != "failed" for case in cases):
                cases.append(entry)
            return cases
    return [entry]


def main(folder: Path) -> int:
    entries = list(ElementTree.parse(folder / "ctest.xml").iter("testcase"))
    cases = [case for entry in entries for case in cases_of(entry, folder)]
    by_outcome: dict[str, list[ElementTree.Element]] = {"passed": [], "failed": [], "skipped": []}
    for case in cases:
        by_outcome[outcome(case)].append(case)
    for case in by_outcome["skipped"]:
        print(f"  skipped  {label(case)}: {why_skipped(case)}")
    for case in by_outcome["failed"]:
        print(f"  FAILED   {label(case)}")
    print(
        f"{len(by_outcome['passed'])} passed, {len(by_outcome['failed'])} failed, "
        f"{len(by_outcome['skipped'])} skipped, in {len(entries)} programs"
    )
    return 1 if by_outcome["failed"] or not by_outcome["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
