"""The explorer: its functions in JavaScript against balls, and its page as a reader uses it, in a browser."""

import csv
import json
import math
import re
import shutil
import subprocess
from contextlib import contextmanager

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from points import LARGER_TERM, LEAST, grid, is_near_a_zero, unit

import symgrad as sg
from symgrad.activations.rows import ROWS
from symgrad.balls import precision
from symgrad.base.errors import CellError
from symgrad.compute.numbers.arithmetic import BALLS, ONE
from symgrad.compute.program.nodes import EXACT_EXPONENTS, FUNCTIONS, Node, entrywise
from symgrad.compute.text import javascript
from symgrad.compute.text.javascript import KINDS, LOG_SLOPE, SLOPE, VALUE
from symgrad.documents.explorer import explorer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs the browser Chromium")
NAMES = javascript.names()
LOST = 2.0**-53


# --- functions against balls --------------------------------------------------------------------------------------

# In units of the last place of the value, or of the least subnormal number where that is larger. Chromium's own
# functions are within 1, a few operations make 8 of it.
ULPS = 8
MORE_ULPS = {
    ("gelu_tanh", VALUE): 1500,  # roundings in an exponent up to 745, which the exponential magnifies
    ("gelu_tanh", SLOPE): 1500,
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Runs functions of JavaScript over arguments, in Chromium, without any driver."""

    def run(code, calls):
        where = tmp_path_factory.mktemp("page")
        names = json.dumps(list(calls))
        arguments = json.dumps(list(calls.values()))
        where.joinpath("page.html").write_text(
            f"""<pre id="found"></pre><script>"use strict";
{code}
const table = {{ {", ".join(calls)} }};
const found = {names}.map((name, k) => {arguments}[k].map((x) => String(table[name](...[x].flat()))).join(" "));
document.getElementById("found").textContent = found.join(";");
</script>""",
            encoding="utf-8",
        )
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={where / 'profile'}",
            "--dump-dom", where.joinpath("page.html").as_uri(),
        ]  # fmt: skip
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
        (found,) = re.findall(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
        rows = [[float(number) for number in row.split()] for row in found.split(";")]
        assert [len(row) for row in rows] == [len(list(a)) for a in calls.values()]
        return dict(zip(calls, rows))

    return run


class Balls:
    """What a stable formula is given so that it is computed in balls."""

    @property
    def pi(self):
        return arb.pi()

    def __getattr__(self, name):
        return lambda *numbers: BALLS.functions()[ONE + name](*map(arb, numbers))

    @staticmethod
    def where(condition, yes, no):
        return arb(yes if condition else no)


def in_balls(f, *x):
    """A value whose first 30 digits are certain, or that is certainly far below the least double."""
    for bits in (200, 1000, 4200):  # enough for differences of numbers of the sizes 1e308 and 1e-308
        with precision(bits):
            value = arb(f(Balls(), *map(arb, x)))
            if value.is_exact() or value.rel_accuracy_bits() > 100:
                return value
    if abs(value) < arb("1e-1000"):
        return value
    raise AssertionError(f"{f} at {x} is {value}")


def stable(name, kind):
    row = ROWS[name]
    f = row.stable if kind == VALUE else row.stable_slope
    defaults = [fmpq(int(d.p), int(d.q)) for d in row.defaults]
    return lambda m, x: f(m, x, *map(arb, defaults))


def places(name):
    found = grid(name, logarithmic=140, linear=250, chance=250)
    return found[np.abs(found) < 1e15] if name == "sin" else found  # beyond, an ulp of x is more than a turn


@pytest.fixture(scope="module")
def table(evaluated):
    """All functions of the activations over their grids, as Chromium computes them."""
    calls = {f"{name}_{kind}": places(name).tolist() for name in NAMES for kind in KINDS}
    return evaluated(javascript.activations(NAMES), calls)


@pytest.mark.one_in(3)
@needs_chromium
@pytest.mark.parametrize("kind", [VALUE, SLOPE])
@pytest.mark.parametrize("name", NAMES)
def test_functions_keep_their_digits(table, name, kind):
    """Over all doubles, within a few units of the last place."""
    for x, found in zip(places(name).tolist(), table[f"{name}_{kind}"]):
        true = in_balls(stable(name, kind), x)
        assert abs(arb(found) - true) <= MORE_ULPS.get((name, kind), ULPS) * unit(name, kind, x, float(true)), x


@needs_chromium
@pytest.mark.parametrize("name", NAMES)
def test_logarithms_of_slopes_never_underflow(table, name):
    """Also where the slope itself is far below the least double; it is minus infinity only where the slope is 0.

    The error is that of a logarithm whose argument has lost as much as the slope has.
    """
    for x, found in zip(places(name).tolist(), table[f"{name}_{LOG_SLOPE}"]):
        if abs(x) > 1e4:  # where balls have no digits of an exponential of x**2 or x**3
            assert not math.isnan(found)
            continue
        true = abs(in_balls(stable(name, SLOPE), x))
        if true == 0:
            assert found == -math.inf, x
            continue
        log = true.log()
        cancelled = LOST / float(true) if (name, SLOPE) in LARGER_TERM and is_near_a_zero(name, x) else 0.0
        assert abs(arb(found) - log) <= ULPS * (LOST * max(1.0, abs(float(log))) + cancelled), x


FAR_DOWN = [
    ("sigmoid", 1e6, "-1e6"),
    ("tanh", -2e4, "log(4) - 4*10**4"),
    ("gaussian", 1e4, "log(2) + log(10**4) - 10**8"),
    ("gelu_tanh", -1e6, "log(6*44715/10**6) + log(sqrt(2/pi)) + 3*log(10**6) - 2*sqrt(2/pi)*(10**6 + 44715*10**12)"),
    ("gelu", -1e3, "log(10**3 - 1/10**3) - log(sqrt(2*pi)) - 10**6/2"),
]


@needs_chromium
def test_slopes_far_below_doubles_have_their_logarithms(evaluated):
    """Against what is known of them by hand."""
    names = [name for name, _, _ in FAR_DOWN]
    found = evaluated(javascript.activations(names), {f"{name}_log_slope": [x] for name, x, _ in FAR_DOWN})
    for name, _, expected in FAR_DOWN:
        (value,) = found[f"{name}_log_slope"]
        assert value == pytest.approx(float(sg.parse(expected)), rel=1e-12)


BOUNDED = {"asin": 1, "acos": 1, "atanh": 1}
SPREAD = {
    name: np.unique(np.concatenate([-(10.0 ** np.linspace(-300, 1.4, 120)), 10.0 ** np.linspace(-300, 1.4, 120)]))
    for name in FUNCTIONS
}


def places_of(name):
    points = SPREAD[name]
    if name in BOUNDED:
        return points[np.abs(points) < BOUNDED[name]]
    if name in ("log", "sqrt"):
        return points[points > 0]
    if name == "log1p":
        return points[points > -1]
    if name == "acosh":
        return points[points >= 1]
    if name in ("normal_tail", "normal_cdf"):
        return np.concatenate([points[points < 5], [-30.0, -37.0, -1e3, -1e4] * (name == "normal_tail")])
    return points


@needs_chromium
def test_every_function_of_programs_is_there(evaluated):
    """Those of `Math`, and those written out: within 8 units of the last place."""
    x = Node("argument", data=0)
    code = javascript.script({f"own_{f}": javascript.Function(entrywise(f, x), 1) for f in FUNCTIONS})
    found = evaluated(code, {f"own_{f}": places_of(f).tolist() for f in FUNCTIONS})
    for name in FUNCTIONS:
        for place, value in zip(places_of(name).tolist(), found[f"own_{name}"]):
            true = in_balls(lambda m, x, name=name: getattr(m, name)(x), place)
            assert abs(arb(value) - true) <= ULPS * max(math.ulp(float(true)), LEAST), (name, place)


@needs_chromium
def test_a_formula_keeps_the_digits_that_it_has_as_it_is_written(evaluated):
    a = sg.real("a")
    formula = sympy.log(a + sympy.Rational(1, 10**12)) + 10**300 * sympy.exp(-a) / (1 + a)
    places = [0.0, 1e-15, 720.0]
    found = evaluated(javascript.code_of(formula, a), {"formula": places})["formula"]
    with mpmath.workdps(60):
        for x, value in zip(map(mpmath.mpf, places), found):
            true = mpmath.log(x + mpmath.mpf(10) ** -12) + mpmath.mpf(10) ** 300 * mpmath.exp(-x) / (1 + x)
            assert value == pytest.approx(float(true), rel=1e-9)


@needs_chromium
def test_the_normal_tail_far_out_is_its_limit(evaluated):
    """1/(sqrt(2*pi)*|x|), up to the largest doubles."""
    places = [-1e9, -1e150, -1e300, -1.7e308]
    code = javascript.script({"own": javascript.Function(entrywise("normal_tail", Node("argument", data=0)), 1)})
    for x, value in zip(places, evaluated(code, {"own": places})["own"]):
        assert -x * value == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-15)


@needs_chromium
@pytest.mark.parametrize("name", EXACT_EXPONENTS)
def test_exponents_are_not_rounded(evaluated, name):
    """exp(a*b) and exp(a/b) keep their digits although the product of doubles, up to 745, has lost some."""
    a = Node("argument", data=0)
    code = javascript.script({"own": javascript.Function(entrywise(name, a, Node("argument", data=1)), 2)})
    chance = np.random.default_rng(3)
    pairs = [[x, y / x if name == "exp_of_product" else x / y] for x, y in chance.uniform(-26, 26, (300, 2)).tolist()]
    pairs = [[p, q] if name == "exp_of_product" else [p * 20, q] for p, q in pairs]
    for (p, q), value in zip(pairs, evaluated(code, {"own": pairs})["own"]):
        if abs(p * q if name == "exp_of_product" else p / q) < 700:
            true = in_balls(lambda m, p, q: m.exp(p * q if name == "exp_of_product" else p / q), p, q)
            assert abs(arb(value) - true) <= 3 * max(math.ulp(float(true)), LEAST), (p, q)


def test_the_series_of_the_normal_tail_is_within_half_an_ulp():
    """The series with its coefficients as doubles, computed in balls: relative error below 2**-53 everywhere."""
    places = [*np.linspace(0, 45, 1500).tolist(), *(10.0 ** np.linspace(-10, 4, 300)).tolist()]
    with precision(400):
        for u in map(arb, places):
            t = (u - javascript.MIDDLE) / (u + javascript.MIDDLE)
            terms = [c * t.chebyshev_t(k) for k, c in enumerate(map(arb, javascript.tail_coefficients()))]
            weight = 1 + u * int(javascript.SLOPE_AT_INFINITY.p) / int(javascript.SLOPE_AT_INFINITY.q)
            true = (u / arb(2).sqrt()).erfc() / 2 * (u * u / 2).exp()
            assert abs(sum(terms, arb(0)) / weight - true) < LOST * true


def test_the_series_of_erf_is_within_half_an_ulp():
    with precision(400):
        for x in map(arb, np.linspace(1e-6, 0.5, 500).tolist()):
            series = sum((arb(c) * x ** (2 * n + 1) for n, c in enumerate(javascript._erf_coefficients())), arb(0))
            assert abs(series - x.erf()) < LOST * x.erf()


# --- the text of programs -----------------------------------------------------------------------------------------

OWN = re.compile(
    rf"({'|'.join(NAMES)})_(value|slope|log_slope)|x\d|value\d+|Math|Infinity|[a-z]+|expm1|log1p|normal_cdf|normal_tail|"
    r"exp_of_product|exp_of_quotient|rounding_of_product|[ab]_(high|low)"
)


def words(code):
    return set(re.findall(r"[A-Za-z_$][\w$]*", re.sub(r"\b\d[\d.]*(e[-+]?\d+)?", "", code)))


def test_generated_code_holds_only_our_identifiers():
    assert [word for word in words(javascript.activations(NAMES)) if not OWN.fullmatch(word)] == []


def test_names_of_users_never_reach_the_code():
    evil = sympy.Symbol("alert(document.cookie)")
    code = javascript.code_of(sympy.exp(evil) + sympy.tanh(evil) ** 3, evil)
    assert "alert" not in code
    assert "document" not in code
    assert code.splitlines()[0] == "function formula(x0) {"


def test_a_name_that_is_no_identifier_is_refused():
    with pytest.raises(CellError, match="no name of a function"):
        javascript.code_of(sympy.Integer(1), name="f(){};alert")


def test_vectors_are_refused():
    (n,) = sg.dims("n")
    with pytest.raises(CellError, match="one of numbers"):
        javascript.code_of(sg.Parameter("v", n))


@needs_chromium
def test_any_formula_can_be_written(evaluated):
    """Signs, powers, cases and constants, against SymPy."""
    x, y = sympy.symbols("x y", real=True)
    formulas = {
        "f0": 3 - (x - 2) * (-y) - x,
        "f1": (x - y) ** 5 / (1 + x**2) ** sympy.Rational(3, 2),
        "f2": sympy.Piecewise((x, sympy.And(x > 0, y <= 1)), (-y, sympy.Or(x < -1, sympy.Eq(y, 2))), (sympy.pi, True)),
        "f3": sympy.Max(x, y) - sympy.Min(x, 2) * sympy.sqrt(2 + y**2) - sympy.Rational(1, 3),
        "f4": sympy.erf(x) + sympy.erfc(y) + sympy.exp(1),
        "f5": sg.sigmoid(x * y) * sg.mish(y) + sg.gelu(x).diff(x),
    }
    points = [[0.5, 1.0], [-0.25, 2.0], [-1.5, -3.25], [2.0, 0.75]]
    code = "\n".join(javascript.code_of(f, x, y, name=name) for name, f in formulas.items())
    code = "\n".join(dict.fromkeys(re.findall(r"function .*?\n}", code, re.DOTALL)))  # helpers once
    found = evaluated(code, dict.fromkeys(formulas, points))
    for name, formula in formulas.items():
        for (a, b), value in zip(points, found[name]):
            exact = formula.subs({x: sympy.Rational(a), y: sympy.Rational(b)}).doit()
            assert value == pytest.approx(float(exact), rel=1e-14, abs=1e-15), (name, a, b)


# --- the page as a file -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def text():
    return explorer.page().decode("utf-8")


def test_the_page_is_small_and_always_the_same(text):
    assert len(text.encode("utf-8")) < 200_000
    assert explorer.page() == explorer.page()


def test_the_page_needs_nothing_from_outside(text):
    assert re.findall(r"https?:|//[a-z]+\.|@import|<link|<img|<iframe|\bsrc=|\bfetch\(|XMLHttp|import\(", text) == []
    assert set(re.findall(r"url\([^)]*", text)) <= {"url(#${svg.id}-inside"}
    assert "default-src 'none'" in text


def test_every_place_of_the_template_is_filled(text):
    assert "{{" not in text.replace("`{{", "")
    assert 'class="tex"' not in text  # what MathML could not say
    assert text.count("<template") == len(NAMES)
    assert text.count("<option") == len(NAMES)


def test_the_page_reads_well(text):
    assert "\u2014" not in text
    assert text.count("<h1") == 1


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("fp16", 2.0**-24, float(np.finfo(np.float16).max)),
        ("bf16", 2.0**-133, 3.3895313892515355e38),
        ("fp32", float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)),
        ("fp64", LEAST, float(np.finfo(np.float64).max)),
    ],
)
def test_formats_are_as_numpy_has_them(name, least, most):
    (found,) = [each for each in explorer.FORMATS if each.name == name]
    assert (float(found.least), float(found.most)) == (least, most)
    assert found.facts["least"] == pytest.approx(math.log2(least) * math.log10(2), rel=1e-14)


# --- the page in use ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    driver = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    if CHROMIUM is None:
        pytest.skip("needs the browser Chromium")
    with driver.sync_playwright() as running:
        made = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_bytes(explorer.page())
    return path.as_uri()


@contextmanager
def opened(browser, address, settings="", **options):
    """The page, open; that it asks for nothing and complains of nothing is checked when it closes."""
    context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **options})
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address + settings)
    settled(page)
    yield page
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def settled(page):
    """Waits until what is told of the state is that of the controls."""
    page.wait_for_function(
        """() => document.querySelector("#summary").textContent !== "" &&
        location.hash.slice(1) === address(settings()) &&
        settings().T === shown.data.T"""
    )


def table_of(page):
    """The data that the page offers, by distance."""
    with page.expect_download() as waiting:
        page.click("#csv")
    lines = waiting.value.path().read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines)), waiting.value.suggested_filename


def told(page):
    return page.inner_text("#summary")


CELLS = [
    ("sigmoid", "1", "0", "0.5", 600),
    ("sigmoid", "-3", "2", "0.25", 2000),
    ("tanh", "1.5", "-0.25", "0.5", 300),
    ("gelu", "-4", "6", "0", 40),
    ("swish", "2", "-1", "0.5", 100),
    ("gaussian", "0.5", "-3", "1", 400),
    ("leaky_relu", "-1", "-0.5", "2", 700),
    ("softplus", "-1.25", "0.5", "0", 200),
    ("arctan", "8", "-8", "1", 150),
]


def exact_gradients(name, w, b, h0, T):
    """log10 of the size of the gradient by the distance back, from products of balls."""
    f, slope = stable(name, VALUE), stable(name, SLOPE)
    with precision(3000):
        weight, bias, state = (arb(fmpq(int(r.p), int(r.q))) for r in map(sympy.Rational, (w, b, h0)))
        factors = []
        for _ in range(T):
            a = weight * state + bias
            factors.append(abs(weight * slope(Balls(), a)))
            state = f(Balls(), a)
        products = [arb(1)]
        for factor in reversed(factors):
            products.append(products[-1] * factor)
        return products


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell[0])
def test_curves_are_the_products_of_balls(browser, address, cell):
    """The data, the curve as it is drawn, the horizons, and what is said, against exact products."""
    name, w, b, h0, T = cell
    products = exact_gradients(*cell)
    with opened(browser, address, f"#f={name}&w={w}&b={b}&h0={h0}&T={T}") as page:
        rows, file = table_of(page)
        assert file == f"vanishing-gradients-{name}.csv"
        assert [int(row["steps_back"]) for row in rows] == list(range(T + 1))
        for d in {0, 1, 2, T // 3, T - 1, T}:
            with precision(3000):
                true = products[d].log() / arb(10).log()
                assert abs(arb(float(rows[d]["log10_gradient"])) - true) < 1e-9
                assert abs(arb(rows[d]["gradient"]) / products[d] - 1) < 1e-8
                assert arb(float(rows[d]["log10_bound"])) - true > -1e-9
        assert drawn_at(page, "gradient", T) == pytest.approx(float(rows[T]["log10_gradient"]), rel=0.003, abs=0.02)
        assert drawn_at(page, "slope", T) == pytest.approx(float(rows[T]["log10_factor"]), rel=0.003, abs=0.02)
        shown = page.locator("#horizons tbody tr").all_inner_texts()
        assert [line.split("\t")[-1] for line in shown] == [fate(products, each) for each in explorer.FORMATS]


def fate(products, each):
    with precision(3000):
        for d, product in enumerate(products):
            steps = f"{d} step{'s' * (d != 1)}"
            if product < arb(2) ** (each.least_exponent - each.bits + 1):
                return f"lost {steps} back"
            if product > arb(2) ** (each.most_exponent + 1) * (1 - arb(2) ** -each.bits):
                return f"overflows {steps} back"
    return "kept all the way"


def drawn_at(page, name, distance):
    """The height of a curve as it is drawn, read off between two marks of its axis."""
    path = page.get_attribute(f"#{name}-plot path.curve.{name}", "d")
    *_, (_, height) = [tuple(map(float, pair.split())) for pair in re.findall(r"[-\d.]+ [-\d.]+", path)]
    ticks = page.eval_on_selector_all(
        f"#{name}-plot .tick", "all => all.map((t) => [Number(t.dataset.y), Number(t.dataset.log10)])"
    )
    (low_y, low), (high_y, high) = ticks[0], ticks[-1]
    return low + (height - low_y) * (high - low) / (high_y - low_y)


EXTREMES = (
    "w=0&b=0&h0=0.5&T=5",
    "w=8&b=8&h0=0&T=2000",
    "w=-1000&b=1000&h0=1&T=50",
    "w=1000&b=-1000&h0=-1000&T=700",
    "w=-8&b=0&h0=-4&T=1",
    "w=1&b=0&h0=0&T=61",
)


def test_no_setting_breaks_the_curves(browser, address):
    """At zero weights, one step, states beyond doubles and far out there is still a number, or 0, everywhere."""
    with opened(browser, address) as page:
        for name in NAMES:
            for settings in EXTREMES:
                drawn, said, data = page.evaluate(
                    """(text) => {
                        take(text);
                        show();
                        return [document.querySelector("main").innerHTML, summary(shown.data), csv(shown.data)];
                    }""",
                    f"f={name}&{settings}",
                )
                assert not re.search(r"NaN|undefined|Infinity", drawn + said + data), (name, settings)
                assert said.endswith(".")


def test_what_is_exactly_zero_is_not_called_lost(browser, address):
    with opened(browser, address, "#f=relu&w=-1&b=0.1&h0=0.5&T=30") as page:
        assert "The gradient is exactly 0 from 2 steps back on" in told(page)
        assert "exactly 0 from 2 steps back on" in page.inner_text("#horizons")
        assert "exactly 0 from here on" in page.text_content("#gradient-plot")


def test_a_state_beyond_doubles_is_held(browser, address):
    with opened(browser, address, "#f=relu&w=8&b=1&h0=1&T=1000") as page:
        assert "The state reaches the largest double at step 3" in told(page)
        rows, _ = table_of(page)
        assert float(rows[-1]["log10_gradient"]) == pytest.approx(1000 * math.log10(8), rel=1e-12)


def test_sliders_and_numbers_follow_each_other(browser, address):
    with opened(browser, address) as page:
        before = told(page)
        page.focus("#w")
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        settled(page)
        assert page.input_value("#w-number") == "1.05"
        page.wait_for_function("(before) => document.querySelector('#summary').innerText !== before", arg=before)
        assert "w = 1.05" in told(page)
        page.fill("#T-number", "1234")
        page.keyboard.press("Tab")
        settled(page)
        assert page.input_value("#T") == "1234"
        assert page.get_attribute("#distance", "max") == "1234"
        page.fill("#T-number", "99999999")  # what is out of bounds becomes what is nearest
        page.keyboard.press("Tab")
        settled(page)
        assert page.input_value("#T-number") == "20000"
        page.fill("#b-number", "")
        page.keyboard.press("Tab")
        assert page.input_value("#b-number") == "0"


def test_clicks_on_a_slider_move_the_curve(browser, address):
    with opened(browser, address) as page:
        path = page.get_attribute("#slope-plot path.slope", "d")
        box = page.locator("#b").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
        settled(page)
        assert float(page.input_value("#b-number")) == pytest.approx(4, abs=0.3)
        assert page.get_attribute("#slope-plot path.slope", "d") != path


def test_the_activation_is_chosen_by_keyboard(browser, address):
    with opened(browser, address) as page:
        page.focus("#activation")
        page.keyboard.type("soft")
        page.keyboard.press("Enter")
        settled(page)
        chosen = page.input_value("#activation")
        assert chosen == "softplus"
        assert "log" in page.text_content("#formulas")
        page.wait_for_function("document.querySelector('#summary').innerText.startsWith('softplus')")


def test_examples_set_every_control(browser, address):
    with opened(browser, address) as page:
        for button in page.locator("[data-example]").all():
            button.click()
            settled(page)
            wanted = button.get_attribute("data-example")
            assert page.evaluate("address(settings())") == wanted
            assert page.url.endswith("#" + wanted)


def test_everything_is_reached_by_tab_in_order(browser, address):
    with opened(browser, address) as page:
        reached = []
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
            if reached[-1] == "How this is computed":
                break
    numbers = [field for name in ("w", "b", "h0", "T") for field in (name, f"{name}-number")]
    examples = ["Sigmoid vanishes", "tanh at the edge", "ReLU explodes", "GELU, far down"]
    expected = ["activation", *numbers, *examples, "distance", "distance-number", "csv", "How this is computed"]
    assert [place for place in reached if place != "formulas"] == expected


def test_every_control_has_a_name(browser, address):
    with opened(browser, address) as page:
        unnamed = page.eval_on_selector_all(
            "input, select, button, a, summary, svg",
            """all => all.filter((e) => !((e.labels && e.labels.length) || e.getAttribute("aria-label") ||
            e.getAttribute("aria-labelledby") || e.textContent.trim())).map((e) => e.id)""",
        )
        assert unnamed == []
        assert page.get_attribute("#summary", "aria-live") == "polite"


def test_a_point_is_read_by_keyboard_and_by_pointer(browser, address):
    with opened(browser, address) as page:
        page.fill("#distance-number", "12")
        assert page.inner_text("#reading").startswith("12 steps back, at step 588")
        page.focus("#distance")
        page.keyboard.press("Home")
        assert "where the way back begins" in page.inner_text("#reading")
        page.hover("#gradient-plot", position={"x": 400, "y": 100})
        assert int(page.input_value("#distance-number")) in range(200, 400)
        assert page.locator("#slope-plot .mark").count() == 2


def test_an_address_that_makes_no_sense_changes_nothing(browser, address):
    with opened(browser, address, "#f=constructor&w=two&b=1e999&T=-5&x=%3Cimg%3E&h0=") as page:
        assert page.evaluate("address(settings())") == "f=sigmoid&w=1&b=0&h0=0.5&T=1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000])
def test_it_fits_a_phone_and_the_night(browser, address, width, scheme):
    """No scrolling to the side, and text that stands out from its ground, at the ratio of WCAG 2, 4.5."""
    options = {"viewport": {"width": width, "height": 740}, "color_scheme": scheme}
    for name in ("selu", "gelu_tanh"):  # with the longest formulas
        with opened(browser, address, f"#f={name}&w=-2.25&b=1&h0=0.5&T=20000", **options) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            for place in ("body", "figcaption", "#csv", "td.lost, td.kept"):
                ink = page.evaluate(f"getComputedStyle(document.querySelector('{place}')).color")
                assert contrast(ink, ground) >= 4.5, place
            assert (luminance(ground) < 0.1) == (scheme == "dark")


def luminance(color):
    shares = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_it_is_there_at_once(browser, address):
    """Ready well within a second where nothing else runs; a machine that is busy gets five."""
    with opened(browser, address) as page:
        ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        took = page.evaluate("(() => { const t = performance.now(); show(); return performance.now() - t; })()")
        assert ready < 5000
        assert took < 1000
