"""Every page that symgrad makes, as a browser shows it: accessible, complete in itself, and as narrow as a phone.

The documentation and the documents of all derivations are built first, which takes minutes: `tox run -e browser`.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SITES = ("docs", "documents")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
GRAVE = ("serious", "critical")
IN_USE = {"search.html": "?q=sigmoid", "vanishing-gradients.html": "#f=gelu_tanh&w=-2&b=1&h0=0.5&T=20000"}

# At night only colours differ, on a phone only places.
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = {
    "light": (DESK, "light", {}),
    "dark": (DESK, "dark", {"runOnly": COLOURS}),
    "phone": (PHONE, "light", {"rules": {rule: {"enabled": False} for rule in COLOURS}}),
}
# axe-core does not judge the contrast of single letters, so formulas are looked at apart: their colour is their text's.
SEEN = {"exclude": ["math *"]}
TINTED = """() => [...document.querySelectorAll("math, math *")]
    .filter((sign) => getComputedStyle(sign).color !== getComputedStyle(sign.parentElement).color)
    .map((sign) => `  a colour of its own: ${sign.outerHTML.slice(0, 120)}`)"""


@pytest.fixture(scope="session")
def docs(tmp_path_factory):
    """The documentation, built."""
    where = tmp_path_factory.mktemp("docs")
    run("sphinx", "-W", "-q", "-b", "html", "-d", where / "doctrees", "docs", where / "html")
    return where / "html"


@pytest.fixture(scope="session")
def documents(tmp_path_factory):
    """All derivations as pages and as slides."""
    where = tmp_path_factory.mktemp("documents")
    run("symgrad", "build", "derivations", "--to", "html,slides", "-o", where)
    return where


def run(module, *arguments):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def tab():
    """One page of one browser, for all tests."""
    if CHROMIUM is None:
        pytest.skip("needs the browser Chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="session", params=SITES)
def pages(request):
    """The addresses of all pages of a site, by name, and those of pages in use."""
    folder = request.getfixturevalue(request.param)
    found = {path.relative_to(folder).as_posix(): path.as_uri() for path in sorted(folder.rglob("*.html"))}
    assert len(found) > 30
    return found | {name + how: found[name] + how for name, how in IN_USE.items() if name in found}


@dataclass
class Visit:
    """What a page has asked for, what it has complained of, and how wide it is on a phone."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    width: int = 0


@pytest.fixture(scope="session")
def visits(tab, pages):
    """A visit to each page, by name."""
    made = [Visit()]
    tab.on("request", lambda request: made[-1].asked.append(request.url))
    tab.on("console", lambda said: made[-1].complaints.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: made[-1].complaints.append(str(error)))
    tab.set_viewport_size(PHONE)
    for _ in shown(tab, pages):
        made[-1].width = tab.evaluate("document.documentElement.scrollWidth")
        made.append(Visit())
    return dict(zip(pages, made))


def shown(tab, pages):
    """Each page in its turn, open."""
    for name, address in pages.items():
        tab.goto(address)
        if "?q=" in name:
            tab.wait_for_selector("#search-results li")
        yield name


def test_pages_ask_for_nothing_from_elsewhere(visits):
    assert all(visit.asked for visit in visits.values())
    assert {url for visit in visits.values() for url in visit.asked if not url.startswith(("file:", "data:"))} == set()


def test_pages_complain_of_nothing(visits):
    assert {name: visit.complaints for name, visit in visits.items() if visit.complaints} == {}


def test_pages_are_no_wider_than_a_phone(visits):
    """Wide formulas and tables scroll within the page, or break; the page itself does not scroll to the side."""
    assert {name: visit.width for name, visit in visits.items() if visit.width > PHONE["width"]} == {}


@pytest.mark.parametrize(("size", "scheme", "rules"), LOOKS.values(), ids=LOOKS)
def test_nobody_is_shut_out(tab, pages, size, scheme, rules):
    """No rule of axe-core is broken in a way that it calls serious or critical, and formulas are as legible as text."""
    tab.set_viewport_size(size)
    tab.emulate_media(color_scheme=scheme)
    broken = {name: violations(tab, rules) for name in shown(tab, pages)}
    assert [line for name, lines in broken.items() for line in [name, *lines] if lines] == []


def violations(tab, rules):
    found = Axe().run(tab, SEEN, {"resultTypes": ["violations"], "preload": False, **rules}).response["violations"]
    grave = [f"  {each['id']}: {told(node)}" for each in found if each["impact"] in GRAVE for node in each["nodes"]]
    return [*grave, *tab.evaluate(TINTED)]


def told(node):
    """Where in the page, what is there, and what is wrong with it."""
    reasons = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return f"{' '.join(map(str, node['target']))} {node['html'][:120]!r}: {' '.join(reasons)}"
