"""What holds for all tests."""

import logging
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
OF_PYTHON = ("__pycache__", "symgrad.egg-info")
OUTPUTS = ("build", "dist", "docs/_build")  # what commands write in a checkout

# How fast a machine is decides no test, and neither does chance: `--hypothesis-profile=default` looks for new examples.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)  # before `-m` is looked at
def pytest_collection_modifyitems(items):
    """Of the rows of a test that is marked ``one_in(n)``, the slow tests try all but every n-th."""
    rows: dict[str, int] = {}
    for item in items:
        if marker := item.get_closest_marker("one_in"):
            test = item.nodeid.partition("[")[0]
            rows[test] = rows.get(test, -1) + 1
            if rows[test] % marker.args[0]:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """No verdict comes out of the memory of earlier runs, and none goes into the memory of whoever runs the tests."""
    monkeypatch.setenv("SYMGRAD_CACHE", "off")


@pytest.fixture(autouse=True)
def own_secret(monkeypatch, tmp_path_factory):
    """What tests write is sealed with a secret of their own, and none is made for whoever runs them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


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


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory):
    """An empty folder."""
    return tmp_path_factory.mktemp("nowhere")


@pytest.fixture(autouse=True)
def in_no_checkout(nowhere, monkeypatch):
    """Tests run in an empty folder and leave it empty: whoever writes files goes to a folder of their own."""
    monkeypatch.chdir(nowhere)
    yield
    left = os.listdir(nowhere)
    assert left == [], f"a test wrote {', '.join(left)} into the current folder, and not into tmp_path"


def in_the_checkout():
    """What tests could leave in a checkout: names anywhere in it, and all that is in the folders of outputs."""
    names = {}
    for folder, below, found in os.walk(ROOT):
        below[:] = [name for name in below if not name.startswith(".") and name not in OF_PYTHON]
        names |= {
            os.path.relpath(os.path.join(folder, name), ROOT): None for name in [*below, *found] if name[0] != "."
        }
    files = (path for folder in OUTPUTS for path in (ROOT / folder).rglob("*") if path.is_file())
    return names | {str(path.relative_to(ROOT)): path.stat().st_mtime_ns for path in files}


@pytest.fixture(autouse=True, scope="session")
def the_checkout_stays_as_it_is():
    before = in_the_checkout()
    yield
    after = in_the_checkout()
    changed = {name for name in before.keys() | after.keys() if before.get(name, 0) != after.get(name, 0)}
    assert changed == set(), f"tests changed {', '.join(sorted(changed))} in the checkout"
