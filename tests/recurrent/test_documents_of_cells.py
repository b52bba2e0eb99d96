"""Documents of cells of all kinds are built, and every line of them is proved."""

import re

import pytest
from sympy import Rational, Trace, exp, log, sqrt

import symgrad as sg
from symgrad.documents.formats import latex
from symgrad.documents.tree.document import Page

n, m = sg.dims("n m")
h, c, x = sg.State("h", n), sg.State("c", n), sg.Input("x", m)
z, f, r = sg.Intermediate("z", n), sg.Intermediate("f", n), sg.Intermediate("r")
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
s, q, w, alpha = sg.State("s"), sg.Input("q"), sg.Parameter("w"), sg.Parameter("alpha")
a = W @ h.prev + U @ x + b
squared = sg.half_squared_error

CELLS = {
    # Linear cells, and others with constant Jacobians.
    "linear": ({h: a}, squared(h), "last"),
    "linear unit": ({s: w * s.prev + q}, squared(s), "every"),
    "linear without inputs": ({h: W @ h.prev}, squared(h), "last"),
    "sum": ({h: h.prev + U @ x}, squared(h), "every"),
    "shrinking": ({h: h.prev / 2 + U @ x}, squared(h), "mean"),
    "leaky unit": ({s: s.prev - s.prev / 3 + q}, squared(s), "last"),
    "two factors": ({h: W @ W @ h.prev + U @ x}, squared(h), "last"),
    "two states": ({c: W @ c.prev + U @ x, h: c + h.prev}, squared(h), "last"),
    # The loss looks at the state before.
    "steady": ({h: sg.tanh(a)}, sg.dot(h - h.prev, h - h.prev) / 2, "last"),
    "steady at every step": ({h: sg.tanh(a)}, sg.dot(h - h.prev, h - h.prev) / 2, "every"),
    "steady unit": ({s: sg.tanh(w * s.prev + q)}, (s - s.prev) ** 2 / 2, "every"),
    "two steps before": ({s: sg.tanh(w * s.prev + q)}, (s - s.at(sg.TIME - 2)) ** 2 / 2, "mean"),
    "steady linear unit": ({s: w * s.prev + q}, (s - s.prev) ** 2 / 2, "every"),
    # Normalised.
    "of length one": ({z: a, h: Trace(z @ z.T) ** Rational(-1, 2) * z}, squared(h), "last"),
    "of length below one": ({z: a, h: (1 + Trace(z @ z.T)) ** Rational(-1, 2) * z}, squared(h), "every"),
    "layer": (
        {z: a - sg.ones(n) @ (sg.ones(n).T @ a) / n, h: (1 + Trace(z @ z.T) / n) ** Rational(-1, 2) * z},
        squared(h),
        "last",
    ),
    "softmax": ({h: sg.softmax(a)}, squared(h), "last"),
    # Functions of a trace.
    "trace": ({h: Trace(W) * h.prev + U @ x}, squared(h), "last"),
    "tanh of a trace": ({h: sg.tanh(Trace(W)) * h.prev + U @ x}, squared(h), "last"),
    "gate of a trace": ({h: sg.sigmoid(Trace(h.prev @ b.T)) * h.prev + U @ x}, squared(h), "last"),
    # Functions of each entry.
    "exp": ({h: sg.elementwise(exp, -h.prev) + U @ x}, squared(h), "last"),
    "exponential gate": ({f: sg.elementwise(exp, a), h: sg.hadamard(f, h.prev) + U @ x}, squared(h), "every"),
    "log": ({h: sg.elementwise(log, 1 * h.prev) + U @ x}, squared(h), "last"),
    "sqrt": ({h: sg.elementwise(sqrt, a)}, squared(h), "last"),
    "power": ({h: sg.elementwise(lambda y: y**3 - alpha * y, a)}, squared(h), "last"),
    "unit power": ({s: exp(-w * s.prev**2) + q}, squared(s), "last"),
}


@pytest.fixture(scope="module", params=CELLS)
def page(request):
    equations, loss, at = CELLS[request.param]
    derivation = sg.bptt(sg.Cell(equations, name=request.param), loss, at).derivation()
    return Page("cell", derivation, {claim: sg.verify(claim) for claim in derivation.claims})


@pytest.mark.one_in(3)
def test_every_line_is_proved(page):
    assert len(page.verdicts) > 2
    wrong = {str(claim.statement): str(v) for claim, v in page.verdicts.items() if v.outcome is not sg.Outcome.PROVED}
    assert not wrong


def test_its_formulas_are_mathematics(page):
    (whole,) = (text.decode() for name, text in latex.pages(page).items() if name.endswith(".tex"))
    shown = whole[whole.index(r"\maketitle") :]
    for words in ("Derivative", "Lambda", "elementwise", "Trace(", "_y", r"\frac{d}{d"):
        assert words not in shown
    assert not re.search(r"(?<!\\)\^\{[^{}]*\}\^", shown)
