"""What holds for all tests."""

import pytest


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """No verdict comes out of the memory of earlier runs, and none goes into the memory of whoever runs the tests."""
    monkeypatch.setenv("SYMGRAD_CACHE", "off")
