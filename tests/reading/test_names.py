"""One name is one symbol: texts mean what stands beside them, and what SymPy assumes is part of the domain."""

import pytest
from click.testing import CliRunner
from sympy import Abs, And, Interval, Or, Range, S, Symbol, Union, exp, oo, sqrt

import symgrad as sg
from symgrad.base.errors import ClaimError, ParseError
from symgrad.cli.commands import cli

T, z = sg.integer("T"), sg.real("z")
P, N = Symbol("p", positive=True), Symbol("N", integer=True, positive=True)


@pytest.mark.parametrize(
    ("text", "holds"),
    [("maximum(T*(5 - T), T) == 6", True), ("maximum(T*(5 - T), T) == 25/4", False), ("(1/2)**T <= 1/2", True),
     ("minimum((T - 1/2)**2, T) == 0", False)],
)  # fmt: skip
def test_a_text_means_the_symbol_of_the_condition_beside_it(text, holds):
    said = sg.claim(text, where=[T >= 1])
    assert said.domain.symbols == (T,)
    assert (sg.verify(said).holds is True) is holds


def test_a_text_means_the_symbol_of_the_other_side():
    assert sg.claim(2**T, "<=", "3**T", where=[T >= 0]).domain.symbols == (T,)
    assert sg.maximum("T*(5 - T)", T, 6).domain.symbols == (T,)


def test_two_symbols_of_one_name_are_refused():
    with pytest.raises(ClaimError, match="T is the name of two symbols, integer and real; declare it once"):
        sg.claim(T + Symbol("T", real=True), ">", 0)
    with pytest.raises(ParseError, match="T is of another kind already"):
        sg.claim("T > 0", where=["T real", T >= 1])


@pytest.mark.parametrize(
    ("symbol", "values"),
    [(P, Interval.open(0, oo)), (N, Range(1, oo)), (Symbol("a", nonnegative=True), Interval(0, oo)),
     (Symbol("b", negative=True), Interval.open(-oo, 0)),
     (Symbol("c", real=True, nonzero=True), Union(Interval.open(-oo, 0), Interval.open(0, oo)))],
)  # fmt: skip
def test_signs_that_sympy_assumes_are_part_of_the_domain(symbol, values):
    assert sg.claim(symbol, "<", 10**9).domain.set_of(symbol) == values


def test_conditions_on_such_symbols_narrow_that_domain():
    assert sg.claim(P, "<", 7, where=[P <= 5]).domain.set_of(P) == Interval.Lopen(0, 5)
    assert sg.claim(z, "<", 7, where=[Abs(z) <= 5]).domain.set_of(z) == Interval(-5, 5)
    assert sg.verify(sg.claim(exp(P), ">", 1, where=[P < 2])).holds
    assert sg.verify(sg.claim(2**N, ">=", 1, where=[N <= 4])).holds
    assert sg.verify(sg.minimum((P + 1) ** 2, P, 0, where=[P <= 5])).holds is False
    assert sg.verify(sg.claim(sqrt(P**2), "==", P, where=[P > 1])).holds


@pytest.mark.parametrize("assumed", ["even", "prime", "irrational", "imaginary"])
def test_what_else_sympy_assumes_is_refused(assumed):
    with pytest.raises(ClaimError, match=f"more than a kind of number and a sign: {assumed}; say it in where"):
        sg.claim(Symbol("q", **{assumed: True}) + 1, "!=", 0)


def test_lines_of_a_chain_mean_one_symbol_by_one_name():
    slope = (1 - sg.sigmoid(z)) * sg.sigmoid(z)
    chain = sg.chain(slope**T, sg.at_most("(1/4)**T", equality_at={z: 0}), where=[T >= 1])
    assert [c.domain.set_of(T) for c in chain.claims] == [Range(1, oo)] * 2
    assert all(sg.verify(c).holds for c in chain.claims)
    (upwards,) = sg.chain("k", sg.less_than("k + 1"), where=["k integer"]).claims
    assert upwards.domain.symbols == (sg.integer("k"),)


@pytest.mark.parametrize(
    ("make", "reason"),
    [(lambda: sg.chain("z"), "at least one step"),
     (lambda: sg.at_least("0", equality_at={"z": 0}), "symbols for keys")],
)  # fmt: skip
def test_a_chain_that_says_nothing_is_refused(make, reason):
    with pytest.raises(ClaimError, match=reason):
        make()


def test_texts_of_a_file_mean_what_it_declares(tmp_path):
    path = tmp_path / "steps.py"
    path.write_text(
        'import symgrad as sg\nT = sg.integer("T", "steps")\n'
        'step = sg.chain("sqrt(x**2)", sg.equals("x"), where="x > 0")\n'
        'derivation = sg.Derivation("Steps", sg.statement("cos(2*pi*T) == 1"), step)\n',
        encoding="utf-8",
    )
    derivation = sg.load_derivation(path)
    assert all(sg.verify(c).holds for c in derivation.claims)
    assert CliRunner().invoke(cli, ["build", str(path), "-o", str(tmp_path / "out")]).exit_code == 0
    assert sg.verify("cos(2*pi*T) == 1").holds is False


@pytest.mark.parametrize(
    ("condition", "values"),
    [(And(z > 1, z < 2), Interval.open(1, 2)), (Or(z < 0, z > 1), Union(Interval.open(-oo, 0), Interval.open(1, oo))),
     (z > 0, Interval.open(0, oo)), ("z > 0", Interval.open(0, oo))],
)  # fmt: skip
def test_conditions_that_sympy_joins_and_one_alone_are_read(condition, values):
    assert sg.claim("z**2 >= 0", where=[condition]).domain.set_of(z) == values
    (line,) = sg.chain(sqrt(z**2), sg.equals(z + 7), where=condition).claims
    assert (line.domain.set_of(z), sg.verify(line).holds) == (values, False)


@pytest.mark.parametrize("condition", [None, True, S.true, z])
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(ClaimError, match="condition"):
        sg.chain("z", sg.equals("z"), where=[condition])


@pytest.mark.parametrize(
    ("steps", "is_read"),
    [
        ([sg.at_least(0), sg.at_most(5)], False),
        ([sg.at_most("x**2 + 1"), sg.equals("1 + x**2"), sg.greater_than(0)], False),
        ([sg.at_most("x**2 + 1"), sg.equals("1 + x**2"), sg.less_than("x**2 + 2")], True),
        ([sg.at_least("x**2 - 1"), sg.greater_than("x**2 - 2")], True),
    ],
)
def test_a_chain_leads_one_way(steps, is_read):
    if is_read:
        assert len(sg.chain("x**2", *steps).claims) == len(steps)
        return
    with pytest.raises(sg.ClaimError, match="a chain goes up or down"):
        sg.chain("x**2", *steps)


def test_the_steps_of_a_chain_are_steps():
    with pytest.raises(ClaimError, match="made by equals, at_most and the like; got z"):
        sg.chain(z, z)
