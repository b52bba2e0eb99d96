"""What holds for all tests."""

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # how fast a machine is decides no test
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """No verdict comes out of the memory of earlier runs, and none goes into the memory of whoever runs the tests."""
    monkeypatch.setenv("SYMGRAD_CACHE", "off")
