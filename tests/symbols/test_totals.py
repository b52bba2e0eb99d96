"""Functions with a value at all real numbers are told in one table, by which readers, judges and norms go."""

import pytest
import sympy

import symgrad as sg
from symgrad.prove.basics import conditions
from symgrad.reading.text import kept
from symgrad.recurrent.forms.needs import needs_of
from symgrad.symbols import Parameter
from symgrad.symbols.totals import JUMPING, KINKED, SMOOTH, TOTAL

POINTS = [sympy.Rational(p, 2) for p in (-40, -3, -2, -1, 0, 1, 2, 3, 40)]


def made(name, *arguments):
    return getattr(sympy, name)(*arguments)


@pytest.mark.parametrize("name", sorted(TOTAL))
def test_a_total_function_has_a_real_value_at_every_point_and_by_the_table_of_conditions(name):
    w, v = Parameter("w"), Parameter("v")
    e = made(name, w, v) if name in ("Max", "Min") else made(name, w)
    assert conditions.is_total(e)
    assert kept.is_total(e)
    assert needs_of(e) == ()
    values = [sympy.N(e.subs({w: point, v: -point})) for point in POINTS]
    assert all(value.is_real and value.is_finite for value in values)


def test_the_kinds_of_total_functions_have_no_function_in_common():
    assert len(TOTAL) == len(SMOOTH) + len(KINKED) + len(JUMPING)


@pytest.mark.parametrize("name", ["log", "tan", "gamma", "acosh", "asin", "acot", "Mod", "erfinv", "celu"])
def test_what_need_not_have_a_value_is_not_total(name):
    w, v = Parameter("w"), Parameter("v")
    e = getattr(sg, name)(w, v) if name == "celu" else made(name, w, v) if name == "Mod" else made(name, w)
    assert not kept.is_total(e)
    assert needs_of(e)


@pytest.mark.parametrize("name", sorted(JUMPING))
def test_a_function_that_jumps_has_a_slope_on_a_part_of_the_line_only(name):
    assert not kept.is_slope_total(made(name, Parameter("w")))


@pytest.mark.parametrize("line", ["Max(x[t], h[t]) - Max(h[t], x[t])", "Min(x[t], h[t], 1) - Min(1, h[t], x[t])"])
def test_a_line_with_max_and_min_of_several_entries_has_a_value_everywhere(line):
    (n,) = sg.dims("n")
    h, x, W = sg.State("h", n), sg.Input("x", n), sg.Parameter("W", n, n)
    cell = sg.Cell({h: sg.tanh(W @ h.prev + x)})
    right = sg.check_backward(cell, sg.half_squared_error(h), backward=[f"hbar[t] = W.T @ delta[t+1] + {line}"])
    assert right.lines[0].verdict.outcome is sg.Outcome.PROVED
    wrong = sg.check_backward(cell, sg.half_squared_error(h), backward=[f"hbar[t] = W.T @ delta[t+1] + 2*{line}"])
    assert wrong.lines[0].verdict.outcome is sg.Outcome.REFUTED
