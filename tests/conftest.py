"""What holds for all tests."""

import logging

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # how fast a machine is decides no test
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """No verdict comes out of the memory of earlier runs, and none goes into the memory of whoever runs the tests."""
    monkeypatch.setenv("SYMGRAD_CACHE", "off")


class _Failures(logging.Handler):
    """Collects what the prover logs together with an exception: failures that it swallowed."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.said = []

    def emit(self, record):
        if record.exc_info:
            self.said.append(f"{record.getMessage()[:300]}: {record.exc_info[1]!r}")


@pytest.fixture(autouse=True)
def no_swallowed_failure(request):
    """A failure that the prover swallows fails the test, so that slips of our own are seen.

    A test that means it is marked ``swallows_failures``.
    """
    if request.node.get_closest_marker("swallows_failures"):
        yield
        return
    log, seen = logging.getLogger("symgrad.prove"), _Failures()
    before = log.level
    log.addHandler(seen)
    log.setLevel(logging.DEBUG)
    yield
    log.removeHandler(seen)
    log.setLevel(before)
    assert not seen.said, "the prover swallowed failures:\n" + "\n".join(seen.said)
