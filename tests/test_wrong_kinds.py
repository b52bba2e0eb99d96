"""Claims, derivations and formulas: an argument of a wrong kind, each of them, is refused at the call, in one line."""

import math

import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.activations.functions import ActivationFunction

n, m = sg.dims("n m")
x, k = sg.real("x"), sg.integer("k")
h, u, W, w = sg.State("h", n), sg.Input("u", m), sg.Parameter("W", n, n), sg.Parameter("w")
s = sg.State("s")
CELL = sg.Cell({s: sg.tanh(w * s.prev)})
HALF = sg.half_squared_error(s)
SLOPE = sg.claim("tanh(x) < 1")
CURVE = sg.curve(sg.tanh(x), x, 0, 1)


# For each public function arguments that it takes.
TAKEN = {
    "real": (("x", "an input"), {}),
    "integer": (("k", "a step"), {}),
    "parse": (("x + 1",), {}),
    "to_text": ((x + 1,), {}),
    "claim": ((x, "<", x + 1), {"where": ["x > 0"], "id": "a", "source": "b", "expect": "holds"}),
    **{
        name: (("x**2", x, 0), {"at": 0, "where": ["x > 0"], "id": "a", "source": "b", "expect": "holds"})
        for name in ("maximum", "minimum", "supremum", "infimum")
    },
    "load_claims": (("claims.toml",), {}),
    "load_derivation": (("slope.py",), {}),
    "verify": ((SLOPE,), {}),
    "proof": ((SLOPE,), {}),
    "Derivation": (("A title", sg.prose("Text.")), {"source": "b"}),
    "prose": (("Text.",), {}),
    "ref": (("slope",), {}),
    "chain": ((x, sg.equals(x)), {"where": ["x > 0"], "label": "a"}),
    "equals": ((x, "a reason"), {}),
    "at_most": ((x, "a reason", {x: 0}), {}),
    "at_least": ((x, "a reason", {x: 0}), {}),
    "less_than": ((x, "a reason"), {}),
    "greater_than": ((x, "a reason"), {}),
    "statement": (("tanh(x) < 1",), {"remark": "so", "label": "a", "where": ["x > 0"]}),
    "erratum": (("tanh(x) < 0",), {"source": "b", "remark": "so", "label": "a", "where": ["x > 0"]}),
    "given": (((x, x + 1),), {"label": "a"}),
    "curve": ((x, x, 0, 1), {"label": "a", "samples": 5}),
    "orbit": ((x, {x: x / 2}, {x: 1}, 5), {"label": "a"}),
    "points": (([1.0], [2.0]), {"label": "a"}),
    "field": (([1.0], [2.0], [[3.0]]), {"label": "a"}),
    "figure": (("A caption.", CURVE), {"alt": "a", "x_label": "x", "y_label": "y", "label": "a"}),
    "table": (("A caption.", ("a", "b"), ("c", x)), {"label": "a"}),
    "section": (("A title", sg.prose("Text.")), {}),
    "dims": (("n m",), {}),
    **{name: (("h", n, m), {"meaning": "a"}) for name in ("State", "Input", "Intermediate", "Parameter")},
    "hadamard": ((h, h), {}),
    "outer": ((h, u), {}),
    "dot": ((h, h), {}),
    "concatenate": ((h, u), {}),
    "ones": ((n, m), {}),
    "elementwise": ((sg.elu, h, 2), {}),
    **{name: ((h,), {}) for name in ("softmax", "logsumexp", "norm", "tanh", "sin", "arctan")},
    **{name: ((h,), {}) for name in ("exp", "log", "sqrt", "abs", "total", "mean", "variance")},
    **{name: ((h, h), {}) for name in ("Max", "Min")},
    "where": ((h > 0, h, 1), {}),
    "spectral_radius": ((W,), {}),
    "TimeSum": ((h.at(k), (k, 1, 3)), {}),
    "OrderedProduct": ((W, (k, 1, 3)), {}),
    "bptt": ((CELL, HALF), {"at": "last"}),
    "state_jacobian": ((s.at(sg.LENGTH), s.at(0)), {}),
    "assert_holds": (("tanh(x) < 1",), {"where": ["x > 0"]}),
    "assert_refuted": (("tanh(x) > 1",), {"where": ["x > 0"]}),
    **{name: ((h,), {}) for name in sg.__all__ if isinstance(getattr(sg, name), type(ActivationFunction))},
}  # fmt: skip


VARIANTS = [(name, place) for name, (given, named) in TAKEN.items() for place in (*range(len(given)), *named)]


@pytest.mark.parametrize("name", [name for name in TAKEN if not name.startswith("load_")])
def test_the_arguments_of_the_table_are_taken(name):
    given, named = TAKEN[name]
    getattr(sg, name)(*given, **named)


@pytest.mark.parametrize(("name", "place"), VARIANTS)
def test_an_argument_that_is_nothing_is_refused_in_one_line(name, place):
    given, named = TAKEN[name]
    given = [object() if place == here else one for here, one in enumerate(given)]
    named = {here: object() if place == here else one for here, one in named.items()}
    with pytest.raises(sg.SymgradError) as told:
        getattr(sg, name)(*given, **named)
    assert len(str(told.value).splitlines()) == 1
    assert " at 0x" not in str(told.value)


# Of many kinds: each is right somewhere and wrong elsewhere.
OTHERS = {
    "a number": 3, "a negative number": -1, "no number": math.nan, "half a number": 2.5, "a complex number": 1j,
    "a number of NumPy": np.float64(2), "a truth value": True, "a truth value of SymPy": sympy.true, "nothing": None,
    "a text": "a", "a broken text": "W(", "an empty text": "", "two lines": "x\ny", "a long text": "x" * 5000,
    "bytes": b"a", "a list": [1, [2]], "an empty tuple": (), "a set": {1}, "a mapping": {"a": object()}, "a class": int,
    "a function": lambda y: y, "an array": np.zeros((2, 2)), "a matrix": sympy.Matrix([1, 2]), "a vector": h,
    "a relation": x > 0, "a claim": SLOPE, "a cell": CELL,
}  # fmt: skip
# These decide what is said, which takes long and is no matter of kinds.
SAYING = [(name, place) for name, place in VARIANTS if not name.startswith("assert_")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OTHERS)
def test_an_argument_of_another_kind_is_taken_or_refused_in_one_line(kind):
    told = {}
    for name, place in SAYING:
        given, named = TAKEN[name]
        given = [OTHERS[kind] if place == here else one for here, one in enumerate(given)]
        named = {here: OTHERS[kind] if place == here else one for here, one in named.items()}
        try:
            getattr(sg, name)(*given, **named)
        except sg.SymgradError as error:
            told[name, place] = str(error)
    assert {place: said for place, said in told.items() if len(said.splitlines()) != 1 or " at 0x" in said} == {}


# What was taken without a word, or ended in a traceback, and what is said of it.
REFUSED = {
    "a curve of text": (lambda: sg.curve("x", x, 0, 1), "a curve is that of an expression"),
    "a curve over text": (lambda: sg.curve(x, "x", 0, 1), "the variable of a curve is a symbol; got 'x'"),
    "a curve of one sample": (lambda: sg.curve(x, x, 0, 1, samples=1), "samples are a whole number, 2 at least"),
    "a figure of a number": (lambda: sg.figure("a", 3, alt="", x_label="", y_label=""), "a figure shows what curve"),
    "a table of text": (lambda: sg.table("a", "b", "c"), "tuples of text, formulas, claims and prose; got 'b'"),
    "a section of a number": (lambda: sg.section("a", 3), "a section holds prose, chains"),
    "a statement that is given": (lambda: sg.given("x == 1"), "pairs of formulas, as in given"),
    "three sides": (lambda: sg.given((1, 2, 3)), "pairs of formulas, as in given"),
    "an extremum over an expression": (lambda: sg.maximum(x**2, x + 1, 0), "over the values of a symbol"),
    "a missing derivation": (lambda: sg.load_derivation("missing.py"), "missing.py: no such file"),
    "too many parameters": (lambda: sg.elu(x, 2, 3), "elu takes one argument, or also alpha; got 3 arguments"),
    "too many parameters of entries": (lambda: sg.elu(h, 2, 3), "elu takes one argument, or also alpha; got 3"),
    "a domain beside a claim": (lambda: sg.statement(SLOPE, where=["x > 0"]), "a Claim has its own sides and domain"),
    "a domain beside a claim that holds": (lambda: sg.assert_holds(SLOPE, where=["x > 0"]), "a Claim has its own"),
    "a domain beside a claim that fails": (lambda: sg.assert_refuted(SLOPE, where="x > 0"), "a Claim has its own"),
    "a side beside a claim": (lambda: sg.assert_holds(SLOPE, "==", 1), "a Claim has its own sides and domain"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_taken_without_a_word_is_refused(name):
    make, says = REFUSED[name]
    with pytest.raises(sg.SymgradError) as told:
        make()
    assert says in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_the_variable_of_an_extremum_may_be_text():
    assert sg.maximum("x*exp(-x)", "x", "exp(-1)", at=1) == sg.maximum("x*exp(-x)", x, "exp(-1)", at=1)
    assert sg.maximum("k*(3 - k)", "k", 2, where=["k integer"]) == sg.maximum("k*(3 - k)", k, 2)
    bare = sympy.Symbol("y")
    assert sg.verify(sg.minimum(bare**2, "y", 0, at=0)).holds


@pytest.mark.parametrize("name", ["maximum", "minimum", "supremum", "infimum"])
def test_an_extremum_names_itself_where_an_option_has_another_name(name):
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'foo'"):
        getattr(sg, name)("x", x, 0, foo=3)


def test_a_derivation_is_loaded_from_a_path_that_is_text(tmp_path):
    path = tmp_path / "square.py"
    path.write_text("import symgrad as sg\nderivation = sg.Derivation('A square', sg.statement('x**2 >= 0'))\n")
    assert sg.load_derivation(str(path)).title == sg.load_derivation(path).title == "A square"
