"""Every test runs on every worker that is here. Most share one process, which each gets afresh loaded."""

from __future__ import annotations

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


@pytest.fixture
def fresh(subject, tmp_path):
    """A worker of this test alone, that has been asked nothing."""
    worker = Worker(subject.program, tmp_path, subjects.PATIENCE)
    yield worker
    worker.close()


class Shared:
    """One worker for many tests; another one after a test that failed, whatever it left behind."""

    def __init__(self, subject: Subject, folder) -> None:
        self.subject, self.folder = subject, folder
        self.worker: Worker | None = None

    def get(self) -> Worker:
        if self.worker is None:
            self.worker = Worker(self.subject.program, self.folder, subjects.PATIENCE)
        return self.worker

    def drop(self) -> None:
        if self.worker is not None:
            self.worker.close()
        self.worker = None


@pytest.fixture(scope="session")
def shared(subject, tmp_path_factory):
    shared = Shared(subject, tmp_path_factory.mktemp("worker"))
    yield shared
    shared.drop()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def worker(request, shared):
    """A living worker that other tests have used, and may have loaded."""
    yield shared.get()
    if request.node.stash.get(FAILED, False) or not shared.get().lives():
        shared.drop()


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
