"""Runs one AOTInductor package and compares: python -m joulemark_zoo.check PACKAGE CASES.

CASES is a file of torch.save: {"allowed": relative error, "cases": [(input, expected output), ...]}.
Exit code 1, with the reason on standard output, when an output is not the expected one.
"""

from __future__ import annotations

import faulthandler
import sys

import torch

from .formats import difference
from .vector_units import spare_trials


def main(package: str, cases: str) -> int:
    faulthandler.enable()
    told = torch.load(cases)
    if all(x.device.type != "cpu" for x, _ in told["cases"]):
        spare_trials()  # to load a package picks a unit too
    try:
        exported = torch._inductor.aoti_load_package(package)
    except RuntimeError as error:
        print(f"does not load: {str(error).splitlines()[-1]}")
        return 1
    for x, expected in told["cases"]:
        if problem := difference(exported, x, expected, told["allowed"]):
            print(problem)
            return 1
    return 0


if __name__ == "__main__":
    with torch.no_grad():
        sys.exit(main(*sys.argv[1:]))
