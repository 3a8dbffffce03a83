"""The API keeps what its OpenAPI file says, whatever is asked: schemathesis makes the requests up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from measured import rows, store
from served import serving


@pytest.mark.parametrize("setup", ["any", "measured"])
def test_the_api_is_as_it_is_described(world, setup):
    pytest.importorskip("schemathesis", reason="schemathesis is not installed: script/setup --only python")
    settings = world.folder / "schemathesis.toml"
    # Made-up setups find nothing; with the one that was measured, documents are found too.
    measured = '[parameters]\n"path.setup" = "gpu-torch"\n"path.policy" = "throughput"\n' if setup == "measured" else ""
    settings.write_text(measured)
    with serving(world, "--db", store(world, rows())) as served:
        address = f"http://127.0.0.1:{served.port}/api/v1/openapi.json"
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", settings, "run", address, "--checks", "all",
             "--seed", "1", "--max-examples", "60", "--no-color", "--generation-database", "none"],
            cwd=world.folder, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert served.get("/api/v1/index.json").status == 200
        assert served.errors == []
