"""Texts say what Python's own syntax tree says that they say, and what means nothing is refused."""

import random
import re
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from evaluated_texts import DIGITS, Meaningless, NoValue, array, number, truth
from flint import acb, arb, fmpq
from texts_at_random import NAMES, number_formula, statement, vector_formula

import symgrad as sg
from symgrad.balls import Ball, UnsupportedError, enclose, is_real
from symgrad.base.errors import ParseError, SymgradError
from symgrad.language.statements import Conjunction
from symgrad.reading.text import parse, parse_written, to_text
from symgrad.reading.text.statement import parse_statement
from symgrad.reading.vectors.reader import parse_vector
from symgrad.recurrent.oracle.runs import run_forward, surroundings
from symgrad.recurrent.text.from_text import read_formula

LONGEST = 200
TOO_LARGE = (
    "too large", "numbers up to", "at most the size", "digits", "is undefined", "Invalid comparison",
    "cases within a condition", "how far the root",
)  # fmt: skip


def fractions(seed):
    pick = random.Random(seed)
    return {name: Fraction(pick.choice((-5, -3, -2, -1, 1, 2, 3, 5)), pick.choice((1, 1, 2, 3, 4))) for name in NAMES}


def enclosed(expression, at):
    return enclose(
        expression, {s: fmpq(at[s.name].numerator, at[s.name].denominator) for s in expression.free_symbols}, 200
    )


def holds(ball, value):
    """Whether a ball is around a value of mpmath, but for the last of its digits."""
    real, imaginary = (arb(mpmath.nstr(part, 35)) for part in (mpmath.re(value), mpmath.im(value)))
    found = acb(ball) if isinstance(ball, acb) else acb(arb(ball))
    return not abs(found - acb(real, imaginary)) > arb(10) ** -25 * (1 + abs(found))


def in_mpmath(at):
    with mpmath.workdps(DIGITS):
        return {name: mpmath.mpf(value.numerator) / value.denominator for name, value in at.items()}


def compared_formula(text, seed):
    """How many readings of a text had a value that was compared."""
    at, seen = fractions(seed), 0
    try:
        wanted = number(text, in_mpmath(at))
    except (NoValue, OverflowError):
        return 0
    readings = (
        parse_written,
        parse,
        lambda t: parse_written(to_text(parse_written(t))),
        lambda t: parse(to_text(parse(t))),
    )
    for read in readings:
        try:
            found = enclosed(read(text), at)
        except UnsupportedError:
            continue
        except ParseError as error:
            assert any(part in str(error) for part in TOO_LARGE), text  # noqa: PT017
            continue
        if isinstance(found, Ball):
            assert holds(found, wanted), (text, found, wanted)
            seen += 1
    return seen


@pytest.mark.parametrize("pasted", [False, True], ids=["typed", "pasted"])
def test_a_formula_is_read_as_it_is_written(pasted):
    texts = ((number_formula(seed, 1, pasted), seed) for seed in range(70))
    seen = [compared_formula(text, seed) for text, seed in texts if len(text) < LONGEST]
    assert sum(map(bool, seen)) > 35


def truth_of(parts, at):
    """Whether relations hold by balls; None where that cannot be told."""
    found = []
    for part in parts:
        left, right = (enclosed(side, at) for side in (part.lhs, part.rhs))
        if not (is_real(left) and is_real(right)):
            return None
        gap = left - right
        sign = 1 if gap > 0 else -1 if gap < 0 else 0 if gap == 0 else None
        if sign is None:
            return None
        found.append(
            {"==": sign == 0, "!=": sign != 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[part.op]
        )
    return all(found)


def test_a_statement_is_read_as_it_is_written():
    seen = 0
    for seed in range(150):
        text, at = statement(seed, 0, seed % 2), fractions(seed)
        try:
            wanted, read = truth(text, in_mpmath(at)), parse_statement(text)
            found = truth_of(read.parts if isinstance(read, Conjunction) else (read,), at)
        except (NoValue, OverflowError, UnsupportedError, ParseError):  # as Or, of which there is no claim
            continue
        assert found is None or found == wanted, text
        seen += found is not None
    assert seen > 40


# --- cells --------------------------------------------------------------------------------------------------------

n, m = sg.dims("n m")
h, s, x, u = sg.State("h", n), sg.State("s"), sg.Input("x", m), sg.Input("u")
SHAPES = {"W": (n, n), "V": (n, n), "U": (n, m), "b": (n,), "c": (n,), "a": (m,)}
LETTERS = ("w", "alpha", "k", "beta", "gamma", "e")
P = SimpleNamespace(**{name: sg.Parameter(name, *shape) for name, shape in SHAPES.items()})
SCALARS = [sg.Parameter(name) for name in LETTERS]
TABLE = {v.name: v for v in (h, s, x, u, *vars(P).values(), *SCALARS)}
GRAD = sg.bptt(
    sg.Cell({
        s: sg.tanh(SCALARS[0] * s.prev + u + sum(SCALARS[1:])),
        h: sg.tanh(P.W @ h.prev + P.U @ x + P.b + P.V @ P.c + P.U @ P.a),
    }),
    sg.half_squared_error(h),
)  # fmt: skip


def point(seed, length):
    draw = np.random.default_rng([seed, length])
    sizes = {n: 3, m: 2}
    shapes = {name: tuple(sizes[size] for size in shape) for name, shape in SHAPES.items()}
    shapes |= {
        "x": (length, 2),
        "u": (length,),
        "target": (length, 3),
        "h0": (3,),
        "s0": (),
        **dict.fromkeys(LETTERS, ()),
    }
    return {name: draw.uniform(-1, 1, shape).round(2) + 0.005 for name, shape in shapes.items()}


def run(at, length):
    """The variables of the cell as functions of the step, and its parameters with two axes."""
    p = {name: at[name][:, None] if at[name].ndim == 1 else at[name] for name in (*SHAPES, *LETTERS)}
    hs, ss = [at["h0"][:, None]], [at["s0"]]
    for x_t, u_t in zip(at["x"], at["u"]):
        hs.append(np.tanh(p["W"] @ hs[-1] + p["U"] @ (x_t[:, None] + p["a"]) + p["b"] + p["V"] @ p["c"]))
        ss.append(np.tanh(p["w"] * ss[-1] + u_t + sum(p[name] for name in LETTERS[1:])))

    def known(values, first):
        def value(step):
            if not first <= step <= length:
                raise NoValue
            return values[step]

        return value

    inputs = known([None, *at["x"][:, :, None]], 1), known([None, *at["u"]], 1)
    return dict(zip("hsxu", (known(hs, 0), known(ss, 0), *inputs))), p


@cache
def surrounded(length):
    """Numbers for all arguments, and with them all values of a run in balls."""
    at = point(1, length)
    around = surroundings(GRAD, at)
    run_forward(GRAD, around)
    return at, around


def floats(value):
    as_complex = np.vectorize(
        lambda ball: complex(acb(ball) if isinstance(ball, acb) else acb(arb(ball))), otypes=[complex]
    )
    return as_complex(np.array(value, dtype=object))


def compared_array(text, seed):
    """Whether a text has a meaning and a value, and they were compared."""
    length = 1 + seed % 3
    at, around = surrounded(length)
    try:
        wanted = array(text, *run(at, length), {"n": 3, "m": 2}, length, length)
    except Meaningless:
        with pytest.raises(SymgradError):
            parse_vector(text, TABLE)
        return True
    except (NoValue, np.linalg.LinAlgError, OverflowError):
        return False
    read = parse_vector(text, TABLE)
    written = to_text(read)  # zero in any shape is 0
    for formula in (read, *([parse_vector(written, TABLE)] if written != "0" else [])):
        found = floats(around.evaluate(formula, length))
        assert np.allclose(found.ravel(), np.ravel(wanted), 1e-4, 1e-4), (text, found, wanted)
    return True


def short_texts(seeds, wrong=0.0):
    """Texts with their seeds, but for slopes at the kink of softsign, of which differences know nothing."""
    texts = ((vector_formula(seed, 1, wrong)[0], seed) for seed in seeds)
    return [(text, seed) for text, seed in texts if len(text) < LONGEST and "slope(softsign" not in text]


def test_a_vector_formula_is_read_as_it_is_written():
    assert sum(compared_array(*each) for each in short_texts(range(70))) > 45


def test_a_vector_formula_of_wrong_shapes_is_refused():
    texts = short_texts(range(500, 550), wrong=0.1)
    kept = [each for each in texts if not re.search(r"\[m:m|product", each[0])]  # sizes that may fit, and no order
    assert sum(compared_array(*each) for each in kept) > 25


FORMULAS = (
    "elementwise(y, slope(leaky_relu, w, y), h)", "hadamard(h, sum(k, (k, 2, t-1)))", "h**sum(k, (k, 3, 1))",
    "elementwise(y, y*sum(k, (k, 2, t-1)), h)", "slope(leaky_relu, -w*w, sum(k, (k, 2, t-1)))",
    "h*sum(k, (k, 2, t-1)) + b", "sum(k, (k, 2, t-1))*h - h",
    "W @ h*sum(k, (k, 2, t-1)) @ h.T + W - 2*W",
    "leaky_relu(-h, product(u[k], (k, 1, t)))", "elementwise(y, sum(y*u[k], (k, 1, t)), h)", "hadamard(h, h, trace(W))",
    "elementwise(k, sum(k*s[k], (k, 1, 1)), h)", "h**-1 - -h**2", "W**2 @ W.T**2 @ h", "-h[t]**2**1 + 2**-2",
    "w/2/3*h/4*5",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("seed", range(3))
def test_a_formula_of_several_readings_has_one(text, seed):
    compared_array(text, seed)


REFUSED = {
    "x[True]": "True is no step or size",
    "W**True": "True is no step or size",
    "elementwise(y, y*trace(diag(elementwise(z, z*y, b))), h)": "a function of entries is made of numbers",
    "leaky_relu(h, trace(W))": "a function of entries is made of numbers, and W is a matrix",
    "concatenate([h, b])": r"a list is no vector; vectors stand side by side, as in concatenate\(u, v\)",
    "(w + ds[2])/ds[1]": "a differential stands in a quotient of two alone",
    "w**ds[2]/ds[1]": "a differential stands in a quotient of two alone",
    "w/ds[2]/ds[1]": "a differential stands in a quotient of two alone",
    "s @ s": "@ stands between matrices",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_means_nothing_is_refused(text):
    with pytest.raises(ParseError, match=REFUSED[text]):
        read_formula(text, TABLE)


QUOTIENTS = {
    "-ds[2]/ds[1]": "-ds[2]/ds[1]",
    "w*-ds[2]/ds[1]": "-w*ds[2]/ds[1]",
    "-W @ -dh[2]/dh[1] @ b": "W @ dh[2]/dh[1] @ b",
    "w - ds_2/ds_1": "w - ds[2]/ds[1]",
}


@pytest.mark.parametrize("text", QUOTIENTS)
def test_a_quotient_of_differentials_has_factors_and_signs_before_it(text):
    assert to_text(read_formula(text, TABLE)) == QUOTIENTS[text]


def test_what_is_declared_is_no_differential():
    declared = {**TABLE, **{name: sg.Parameter(name) for name in ("ds_2", "ds_1")}}
    assert read_formula("ds_2/ds_1", declared) == declared["ds_2"] / declared["ds_1"]


FALSE_OF_REALS = (
    "(k - 1/2)**2*norm(A) >= norm(A)/4",
    "j*norm(A) <= floor(j)*norm(A)",
    "norm(t*A) <= floor(Abs(t))*norm(A)",
)


@pytest.mark.parametrize("says", FALSE_OF_REALS)
def test_a_letter_of_steps_is_a_real_number_where_it_is_no_step(says):
    assert sg.verify(sg.claim(says, where=["A matrix (n, n)"])).outcome is sg.Outcome.REFUTED


def test_a_letter_that_stands_as_a_step_is_one():
    claim = sg.claim("norm(k*A**k) <= k*norm(A)**k", where=["A matrix (n, n)", "k >= 1"])
    assert sg.verify(claim).outcome is sg.Outcome.PROVED


def test_an_interval_of_a_condition_is_no_step():
    claim = sg.cell_claim("h[t] = w*h[t-1]", "Abs(dh[t]/dh[t-1]) <= 3", where=["w in (0, 1) U[2, 3]"])
    assert sg.verify(claim).outcome is sg.Outcome.PROVED


CLAIMS = {
    "diff(x**5, x, 2, 3) == 60*x**2": ([], "with one order behind it"),
    "x != 1": (["x in (0, 3) \\ {1} U {5}"], "can be read in two ways"),
}


@pytest.mark.parametrize("says", CLAIMS)
def test_a_claim_of_two_readings_is_refused(says):
    where, why = CLAIMS[says]
    with pytest.raises(ParseError, match=why):
        sg.claim(says, where=where)


def test_a_comparison_of_numbers_that_is_false_is_written_and_read():
    text = to_text(parse_written("Piecewise((1, x >= 15 == 2.), (2, True))"))
    assert to_text(parse_written(text)) == text == "Piecewise((1, And(x >= 15, False)), (2, True))"
