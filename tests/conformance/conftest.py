"""Every test runs on every worker that is here. Most share one process, which each gets afresh loaded."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

import subjects
from controller import Worker
from subjects import Subject


def pytest_generate_tests(metafunc):
    if "subject" in metafunc.fixturenames:
        metafunc.parametrize("subject", subjects.names(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def subject(request, tmp_path_factory) -> Subject:
    try:
        return subjects.make(request.param, tmp_path_factory.mktemp(request.param))
    except subjects.NotHere as reason:
        pytest.skip(str(reason))


@contextmanager
def started(subject: Subject, folder):
    worker = Worker(subject.program, folder, subjects.PATIENCE)
    try:
        yield worker
    finally:
        worker.close()


@pytest.fixture
def fresh(subject, tmp_path):
    """A worker of this test alone, that has been asked nothing."""
    with started(subject, tmp_path) as worker:
        yield worker


@pytest.fixture(scope="session")
def shared(subject, tmp_path_factory):
    with started(subject, tmp_path_factory.mktemp("worker")) as worker:
        yield worker


@pytest.fixture
def worker(shared):
    """A living worker that other tests have used, and may have loaded."""
    if not shared.lives():
        pytest.fail(f"the worker ended in an earlier test: {shared.log.read_text(errors='replace')}")
    return shared


@pytest.fixture
def loaded(worker, subject):
    """A worker with the model loaded, and no input."""
    worker.ask("load", subject.load_params())
    return worker


@pytest.fixture
def ready(loaded, subject):
    """A worker with the model loaded and the reference images as its input."""
    loaded.memory.put(subject.pixels, 4 * subject.images * subject.classes)
    loaded.ask("input", {"images": subject.images})
    return loaded
