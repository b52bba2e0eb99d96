"""Comparisons of vectors say something of each entry, or they are refused; nothing is decided without a word."""

import numpy as np
import pytest
import sympy
from sympy import Eq, Ne, Rational

import symgrad as sg

(n,) = sg.dims("n")
h, x, q, b, s = sg.State("h", n), sg.Input("x", n), sg.Parameter("q", n), sg.Parameter("b", n), sg.Parameter("s")
STARTS, INPUTS, GIVEN = np.array([1.0, 2.0, -1.0]), np.array([2.0, 5.0, 0.0]), np.array([2.0, 3.0, 1.0])

# A comparison, and what it is of arrays of NumPy, where s = 3/2.
MEANT = {
    "vectors that are equal": (lambda: Eq(x, q), INPUTS == GIVEN),
    "vectors that differ": (lambda: Ne(h.prev, x), STARTS != INPUTS),
    "a number on the right of Eq": (lambda: Eq(x, 0), INPUTS == 0),
    "a number on the left of Ne": (lambda: Ne(s / 3, x), INPUTS != 0.5),
    "a parameter on the left": (lambda: s < x, INPUTS > 1.5),
    "a product on the left": (lambda: 2 * s >= x, INPUTS <= 3),
    "a rational number on the left": (lambda: Rational(1, 4) < x, INPUTS > 0.25),
    "pi on the left": (lambda: sympy.pi > q, np.pi > GIVEN),
    "all of several": (lambda: (s < x) & (q <= x) & Ne(x, 5), (INPUTS > 1.5) & (GIVEN <= INPUTS) & (INPUTS != 5)),
    "one of several": (lambda: (q > x) | Eq(x, 2), (GIVEN > INPUTS) | (INPUTS == 2)),
    "what does not hold": (lambda: ~(s < x), INPUTS <= 1.5),
    "a difference that vanishes": (lambda: (q - q) >= 0, np.full(3, True)),
    "and not above": (lambda: (h.prev - h.prev) > 0, np.full(3, False)),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_comparison_is_one_of_entries(name):
    compared, meant = MEANT[name]
    run = sg.bptt(sg.Cell({h: sg.where(compared(), q, b) + s * (x + h.prev)}), loss=sg.total(h)).compile()
    found = run(q=GIVEN, b=-GIVEN, s=1.5, x=[INPUTS], h0=STARTS).states["h"][0] - 1.5 * (INPUTS + STARTS)
    assert found.tolist() == np.where(meant, GIVEN, -GIVEN).tolist()


NOT_OF_ENTRIES = {
    "formulas that are the same for Python": lambda: sg.where(x == q, 1, b),
    "formulas that differ for Python": lambda: sg.where(h.prev != x, 1, 0),
}


@pytest.mark.parametrize("name", NOT_OF_ENTRIES)
def test_what_python_decides_is_no_comparison_of_entries(name):
    with pytest.raises(sg.CellError, match=r"write sympy.Eq\(u, v\) or sympy.Ne\(u, v\)"):
        NOT_OF_ENTRIES[name]()


OF_MATRICES = {
    "the condition of cases": lambda: sg.where(x > sg.mean(x), x, 0),
    "the condition, on the left": lambda: sg.where(sg.mean(x) < x, x, 0),
    "a value of cases": lambda: sg.where(x > 0, sg.mean(x), 0),
    "one of which the larger is": lambda: sg.Max(x, sg.mean(x)),
    "a parameter": lambda: sg.elementwise(sg.elu, x, sg.mean(x)),
    "part of a function": lambda: sg.elementwise(lambda y: y * sg.mean(x), q),
    "with entries of its own": lambda: sg.where(
        sg.exp(sg.tanh(sg.where(q > h.prev, -1, q))) <= s,
        sg.mean(sg.where(b > q, -1, q)),
        (b / (sg.elementwise(sg.softplus, h.prev) + 1)) * sg.mean(x),
    ),
}


@pytest.mark.parametrize("name", OF_MATRICES)
def test_a_number_made_of_matrices_is_no_part_of_a_function_of_entries(name):
    with pytest.raises(sg.CellError, match=r"made of numbers, and .* is a matrix; give the number .* a name"):
        OF_MATRICES[name]()


def test_lengths_that_differ_are_refused_where_entries_are_compared():
    z = sg.Input("z", sg.dims("m")[0])
    for compared in (lambda: Eq(z, x), lambda: (s < x) & (s < z), lambda: Ne(s, z)):
        with pytest.raises(sg.ShapeError):
            sg.where(compared(), x, 0)


def test_the_larger_of_sympy_says_what_to_write():
    with pytest.raises(sg.CellError, match="is a condition on each entry, and no truth value"):
        sympy.Max(x, 1)


def test_what_vanishes_is_a_vector_like_others():
    assert ((q - q) + sg.total(h)).shape == (n, 1)
    assert (1 + (h.prev - h.prev)) @ q.T == sg.ones(n) @ q.T


@pytest.mark.parametrize("exponent", [Rational(-1, 2), -1, Rational(1, 2), -2, 3])
@pytest.mark.parametrize("backend", ["numpy", "mpmath", "balls"])
def test_a_power_that_is_not_chosen_needs_no_value_in_a_state_of_one_entry(exponent, backend):
    one, given = sg.State("h", 1), sg.Input("x", 1)
    cell = sg.Cell({one: sg.where(one.prev > 0, one.prev**exponent, given)})
    found = sg.bptt(cell, loss=sg.total(one)).compile(backend=backend)(x=[[4], [9]], h0=[-1])
    slope = exponent * 4.0 ** float(exponent - 1)
    assert float(found.loss) == pytest.approx(4.0 ** float(exponent))
    assert [float(g) for g in np.asarray(found.gradients["x"]).ravel()] == pytest.approx([slope, 0])
    assert float(np.asarray(found.gradients["h0"]).ravel()[0]) == 0
