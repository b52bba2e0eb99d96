"""Slopes in cells are derivatives or refused, and no part of an equation is lost as it is read."""

from itertools import product

import pytest
import sympy

import symgrad as sg
from symgrad.activations import expand
from symgrad.base.errors import CellError, ClaimError, ParseError
from symgrad.language.verdicts import Outcome
from symgrad.reading.text import vocabulary
from symgrad.recurrent.gradients.one_step import state_jacobians
from symgrad.symbols import TIME

OF_ONE = [name for name in vocabulary.function_names() if 1 in vocabulary.function(name).arities]
PLACES = tuple(map(sympy.Rational, ("3/10", "-13/10")))  # no kinks and no jumps are there
NEAR, DIGITS = sympy.Rational(1, 10**15), 60
CLOSE = sympy.Rational(1, 10**9)


def number(e):
    """The value of a constant, where it is a real number."""
    try:
        found = expand(sympy.S(e)).evalf(DIGITS)
    except ValueError:  # of a number for which SymPy's function is not defined
        return None
    return found if found.is_Float or found.is_Rational else None


def step_from(cell, place):
    """All variables of a step of a cell of one unit with the weight 1."""
    known = {cell.states[0].at(TIME - 1): place, sympy.Symbol("w", real=True): sympy.S.One}
    for equation in cell.steps:
        try:
            known[equation.left] = equation.right.xreplace(known)
        except ValueError:
            known[equation.left] = sympy.nan
    return known


def slope_at(cell, in_output, place):
    """The slope of one step by the rules."""
    state = cell.states[0]
    known = step_from(cell, place)
    symbols = {v: sympy.Symbol(f"v{k}", real=True) for k, v in enumerate(known)}
    slope = sympy.S(state_jacobians(cell, in_output)[state, state]).xreplace(symbols).doit()
    return number(slope.xreplace({symbol: known[v] for v, symbol in symbols.items()}))


@pytest.mark.parametrize("name", OF_ONE)
def test_the_slope_of_a_function_is_its_derivative_wherever_there_is_a_rule(name):
    cell = sg.read_cell(f"h[t] = {name}(w*h[t-1])")
    (state,) = cell.states
    for place, in_output in product(PLACES, (True, False)):
        beside = [number(step_from(cell, place + step)[state]) for step in (NEAR, -NEAR)]
        if None in beside:
            continue
        slope = (beside[0] - beside[1]) / (2 * NEAR)
        try:
            found = slope_at(cell, in_output, place)
        except CellError:
            continue  # there is no rule
        assert found is None or abs(found - slope) < CLOSE * (1 + abs(slope)), (place, in_output)


def test_few_functions_have_no_rule():
    refused = set()
    for name in OF_ONE:
        cell = sg.read_cell(f"h[t] = {name}(w*h[t-1])")
        try:
            state_jacobians(cell, False)
        except CellError:
            refused.add(name)
    assert not refused & vocabulary.ELEMENTARY


WITHOUT = ["zeta({})", "besselj({}, 1)", "polygamma({}, 2)"]


@pytest.mark.parametrize("function", WITHOUT)
@pytest.mark.parametrize("argument", ["h[t-1]", "w*h[t-1]"])
def test_a_slope_that_nobody_knows_is_not_0(function, argument):
    with pytest.raises(CellError, match="there is no rule to differentiate"):
        sg.cell_claim(f"h[t] = {function.format(argument)}", "dh[t]/dh[t-1] == 0")


JUMPS = [
    ("frac(w*h[t-1])", "w"),
    ("1 + frac(w*h[t-1])", "w"),
    ("Mod(w*h[t-1], 2)", "w"),
    ("floor(w*h[t-1])", "0"),
    ("floor(w*h[t-1])*h[t-1]", "floor(w*h[t-1])"),
    ("sign(w*h[t-1])", "0"),
    ("Heaviside(w*h[t-1])", "0"),
    ("Abs(w*h[t-1])", "w*sign(w*h[t-1])"),
    ("acot(h[t-1])", "-1/(1 + h[t-1]**2)"),
]


@pytest.mark.parametrize(("function", "slope"), JUMPS)
def test_slopes_beside_jumps_are_those_of_programs_and_that_is_told(function, slope):
    verdict = sg.verify(sg.cell_claim(f"h[t] = {function}", f"dh[t]/dh[t-1] == {slope}"))
    assert verdict.outcome is Outcome.PROVED, verdict
    assert "the slope is the one that programs take" in verdict.evidence
    for wrong in (f"{slope} + 1", "2*w"):
        assert sg.verify(sg.cell_claim(f"h[t] = {function}", f"dh[t]/dh[t-1] == {wrong}")).outcome is Outcome.REFUTED


@pytest.mark.parametrize("function", ["elu", "softshrink", "leaky_relu"])
def test_parameters_of_activations_may_be_left_out(function):
    for says, truth in (("<= Abs(w)", True), ("<= Abs(w)/2", False)):
        claim = sg.cell_claim(f"h[t] = {function}(w*h[t-1])", f"Abs(dh[t]/dh[t-1]) {says}")
        assert sg.verify(claim).holds in (truth, None) if truth else sg.verify(claim).holds is False


VECTORS = ["h, b vector (n)", "W matrix (n, n)"]
LOST = [
    ("exp(log(h[t-1]))", []),
    ("h[t-1] + 0/h[t-1]", []),
    ("tanh(w*h[t-1]) + log(x[t]) - log(x[t])", []),
    ("tanh(w*h[t-1])*x[t]/x[t]", []),
    ("tanh(w*h[t-1]*u/u)", []),
    ("tanh(W @ h[t-1] + log(b) - log(b))", VECTORS),
    ("tanh(W @ h[t-1] + b/u - b/u)", VECTORS),
    ("tanh(W @ h[t-1] + 0*log(b))", VECTORS),
]


@pytest.mark.parametrize(("right", "where"), LOST, ids=str)
def test_an_equation_of_which_a_part_is_lost_as_it_is_read_is_refused(right, where):
    with pytest.raises(ParseError, match="cancels here, and it has no value everywhere"):
        sg.cell_claim(f"h[t] = {right}", "Abs(h[t]) < 1" if not where else "norm(h[t]) <= sqrt(n)", where=where)


KEPT = [
    "h[t-1]/w",
    "log(h[t-1])*x[t]",
    "h[t-1]**k",
    "sqrt(h[t-1]**2 + 1)",
    "Mod(2*h[t-1], 2)*w",
    "besselj(1/2, h[t-1])",
]


@pytest.mark.parametrize("right", KEPT)
def test_other_parts_without_a_value_everywhere_stay(right):
    assert sg.read_cell(f"h[t] = {right}").states


@pytest.mark.parametrize(
    "says",
    [
        "Limit(h[t], w, 0) == h[t]",
        "Limit(dh[t]/dh[t-1], w, 0) == 0",
        "diff(h[t], w) == h[t-1]*(1 - h[t]**2)",
        "Integral(h[t], (w, 0, 1)) == h[t]",
    ],
)
def test_values_and_slopes_of_a_cell_move_with_its_parameters(says):
    assert sg.verify(sg.cell_claim("h[t] = tanh(w*h[t-1])", says)).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("says", ["Integral(w*x[t], (w, 0, 1)) == x[t]/2", "Integral(w*h[0], (w, 0, 1)) == h[0]/2"])
def test_inputs_and_the_first_state_do_not_move(says):
    assert sg.verify(sg.cell_claim("h[t] = tanh(w*h[t-1] + x[t])", says)).holds is not False


@pytest.mark.parametrize("says", ["norm(dh[T]/dh[n]) <= -1", "norm(dh[T]/dh[T-n]) <= norm(W)**n"])
def test_a_size_is_no_step(says):
    with pytest.raises(ClaimError, match="n is a size of the cell"):
        sg.cell_claim("h[t] = tanh(W @ h[t-1])", says, where=["h vector (n)", "W matrix (n, n)"])
