"""Exports one variant in this process: python -m joulemark_zoo.one SPEC_JSON OUT."""

import sys
from pathlib import Path

from .spec import ExportSpec

if __name__ == "__main__":
    from .artefact import export_one

    export_one(ExportSpec.from_json(sys.argv[1]), Path(sys.argv[2]))
