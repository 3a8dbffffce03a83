"""What script/package hands out runs elsewhere: it needs only libc and libm, of Debian 12's age."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OLDEST_GLIBC = (2, 36)  # Debian 12
ALLOWED_LIBRARIES = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """The archive, made anew (quick when it is built) and unpacked."""
    made = subprocess.run([ROOT / "script/package", "--no-system"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    archive = ROOT / "dist" / re.search(r"(joulemark-\S+\.tar\.gz)\n", made.stdout)[1]
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    (root,) = folder.iterdir()
    assert archive.name == f"{root.name}.tar.gz"
    return root


def readelf(option: str, program: Path) -> str:
    return subprocess.run(
        ["readelf", "--wide", option, program], capture_output=True, text=True, check=True
    ).stdout


def test_needs_no_library_but_libc_and_libm(unpacked):
    dynamic = readelf("--dynamic", unpacked / "bin/joulemark")
    needed = set(re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", dynamic))
    assert "libc.so.6" in needed
    assert needed <= ALLOWED_LIBRARIES
    assert "RUNPATH" not in dynamic
    assert "RPATH" not in dynamic


def test_needs_no_newer_glibc_than_debian_12(unpacked):
    here = tuple(int(piece) for piece in platform.libc_ver()[1].split("."))
    if here > OLDEST_GLIBC:
        pytest.skip(f"built with glibc {here}: packages for others are made on Debian 12")
    symbols = readelf("--version-info", unpacked / "bin/joulemark")
    versions = {
        tuple(int(piece) for piece in found.split("."))
        for found in re.findall(r"GLIBC_([0-9.]+)", symbols)
    }
    assert versions
    assert max(versions) <= OLDEST_GLIBC


def test_runs_alone(unpacked, tmp_path):
    """No environment but a home: no library path, no Python, no repository around it."""
    for arguments in (["--version"], ["--help"], ["list", "--json", "--models", tmp_path],
                      ["catalogue", "show", "resnet50"]):
        done = subprocess.run(
            [unpacked / "bin/joulemark", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/nonexistent"},
        )
        assert done.returncode in (0, 5), (arguments, done.stderr)
        assert done.stdout


def test_has_the_page_and_the_rows_to_show(unpacked, tmp_path):
    done = subprocess.run(
        [unpacked / "bin/joulemark", "export-site", tmp_path / "site", "--db", unpacked / "data/results"],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": "/nonexistent"},
    )
    if done.returncode == 8:
        pytest.skip("packaged without the page: script/setup found no Node that can build it")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/index.html").exists()
    assert (tmp_path / "site/api/v1/models.json").stat().st_size > 500_000


def test_holds_what_a_machine_that_measures_needs(unpacked):
    for name in (
        "joulemark-workers/README.md",
        "joulemark-workers/workers/torch/CMakeLists.txt",
        "joulemark-workers/workers/protocol",
        "zoo/pyproject.toml",
        "zoo/src/joulemark_zoo/__init__.py",
        "docs/worker-protocol.md",
        "README.md",
        "LICENSE",
    ):
        assert (unpacked / name).exists(), name


def test_workers_configure_from_the_package_alone(unpacked, tmp_path):
    """The sources of the LibTorch worker are complete: CMake finds every file that they name."""
    configured = subprocess.run(
        [
            "cmake",
            "-S",
            unpacked / "joulemark-workers/workers/torch",
            "-B",
            tmp_path / "build",
            f"-DJOULEMARK_PYTHON={os.environ.get('JOULEMARK_PYTHON', ROOT / '.venv/bin/python')}",
        ],
        capture_output=True,
        text=True,
    )
    assert configured.returncode == 0, configured.stderr
