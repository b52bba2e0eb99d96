"""The rule table, rule by rule, and whole networks, against SymPy's own derivative at explicit sizes."""

from random import Random

import numpy as np
import pytest
import sympy
from symbolic import Symbols, letters, written_out

import symgrad as sg
from symgrad.activations import expand
from symgrad.base.errors import CellError
from symgrad.recurrent.cells.cell import Equation
from symgrad.recurrent.gradients import vjp
from symgrad.recurrent.gradients.loss_derivatives import LossDerivative
from symgrad.recurrent.gradients.vjp import RULES, pullback
from symgrad.recurrent.oracle.runs import total_loss
from symgrad.symbols import ParameterMatrix, Timed, shape_of

n, m = sg.dims("n m")
SIZES = {n: 2, m: 3}
A, B, C = sg.Parameter("A", n, m), sg.Parameter("B", n, m), sg.Parameter("C", m, n)
D, v, w, s = sg.Parameter("D", n, n), sg.Parameter("v", n), sg.Parameter("w", m), sg.Parameter("s")
OPERATIONS = {
    sympy.MatAdd: A + 2 * B,
    sympy.MatMul: s * (A @ C @ D),
    sympy.MatPow: sympy.MatMul(sympy.MatPow(D, 3), v),
    sympy.Transpose: A.T,
    sympy.HadamardProduct: sg.hadamard(A, B, A @ C @ A),
    sympy.HadamardPower: sympy.HadamardPower(A, 3),
    sympy.DiagMatrix: sympy.MatMul(sympy.DiagMatrix(v), A),
    sympy.Trace: sympy.MatMul(sympy.Trace(A @ C), v),
    sympy.BlockMatrix: sg.concatenate(v, w, D @ v),
    sympy.MatrixBase: sympy.ImmutableDenseMatrix([[s, 2 * s**2, 1], [sympy.Trace(D), s, sympy.Trace(A @ C)]]),
    sympy.matrices.expressions.slice.MatrixSlice: A[0:1, 1:3] @ C[1:3, :],
    sg.symbols.Elementwise: sg.sigmoid(A) + sg.elementwise(sympy.exp, B),
    sg.symbols.OfEntries: sg.elementwise(lambda y, z: sympy.exp(y * z) + y**2 * z, A, B),
    sg.symbols.Softmax: sg.softmax(D @ v),
    sg.symbols.LogSumExp: sg.logsumexp(v),
}


def same(left, right):
    """Whether two expressions in symbols are equal, exactly."""
    difference = sympy.sympify(left) - right
    return sympy.expand(difference) == 0 or sympy.simplify(difference.rewrite(sympy.exp)) == 0


def in_symbols():
    around = Symbols(dict(SIZES), 1)
    for p in (A, B, C, D, v, w, s):
        around.parameters[p] = letters(p.name, tuple(around.number(size) for size in shape_of(p)))
    return around


def assert_rule_holds(operation):
    """The pullback of an operation is the derivative of the sum of adjoint times result, entry by entry."""
    around = in_symbols()
    result = around.evaluate(operation)
    weights = letters("g", result.shape)
    G = ParameterMatrix("G", *operation.shape)
    around.parameters[G] = weights
    total = sympy.Add(*(weights * result).ravel())
    left = sg.symbols.TimedMatrix(*sg.State("y", n).args[:3], *operation.shape)
    found = pullback(Equation(left, operation), G)
    around.timed[left.key, 0] = result
    assert found
    for variable, shares in found.items():
        stated = sum((around.evaluate(share) for share in shares[1:]), around.evaluate(shares[0]))
        symbols = np.asarray(around.parameters[variable], dtype=object)
        for place, symbol in np.ndenumerate(symbols):
            assert same(np.asarray(stated, dtype=object)[place], total.diff(symbol)), (variable, place)


def test_every_rule_has_an_operation_to_be_tried_on():
    assert set(OPERATIONS) == set(RULES)


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda k: k.__name__)
def test_a_rule_is_the_derivative(kind):
    assert any(isinstance(part, kind) for part in sympy.preorder_traversal(OPERATIONS[kind]))
    assert_rule_holds(OPERATIONS[kind])


def spoilt(rule):
    """The rule with the sign of its last share wrong."""

    def wrong(e, share, output):
        *others, (argument, part) = rule(e, share, output)
        return [*others, (argument, -part)]

    return wrong


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda k: k.__name__)
def test_a_wrong_rule_is_noticed(kind, monkeypatch):
    monkeypatch.setitem(vjp.RULES, kind, spoilt(vjp.RULES[kind]))
    with pytest.raises(AssertionError):
        assert_rule_holds(OPERATIONS[kind])


def test_an_operation_without_a_rule_is_named_with_those_that_have_one():
    y = sg.State("y", n)
    with pytest.raises(CellError, match=r"no rule to differentiate Inverse.*there are rules for"):
        pullback(Equation(y, sympy.MatMul(sympy.Inverse(D), v)), y)


# --- whole networks -----------------------------------------------------------------------------------------------

h, x = sg.State("h", n), sg.Input("x", m)
W, U, b = sg.Parameter("W", n, n), sg.Parameter("U", n, m), sg.Parameter("b", n)
g, z, u = sg.State("g"), sg.Input("z"), sg.Parameter("u")
a, r = sg.Parameter("a"), sg.State("r")
o = sg.Intermediate("o", m)
V, c = sg.Parameter("V", m, n), sg.Parameter("c", m)

NETWORKS = {
    "scalar": (sg.Cell({g: sg.sigmoid(u * g.prev + a * z)}), sg.half_squared_error(g)),
    "two scalar states": (sg.Cell({g: sg.tanh(u * g.prev + r.prev * z), r: a * r.prev + g**2}), r * g),
    "vector": (sg.Cell({h: sg.tanh(W @ h.prev + U @ x + b)}), sg.half_squared_error(h)),
    "leaky": (sg.Cell({h: (1 - a) * h.prev + a * sg.swish(W @ h.prev + b)}), sg.dot(h, h)),
    "output": (sg.Cell({h: sg.tanh(W @ h.prev + U @ x), o: V @ h + c}), sg.softmax_cross_entropy(o)),
    "logits": (sg.Cell({h: sg.sigmoid(W @ h.prev) + b}), sg.binary_cross_entropy(h)),
    "two steps back": (sg.Cell({h: sg.tanh(W @ h.prev + sg.hadamard(b, h.at(sg.TIME - 2)))}), sg.dot(h, h)),
}


def generated(e):
    """The expression with every function of symbols as a generator, innermost first; exp(-u) is 1/exp(u)."""
    names: dict[tuple[type, sympy.Expr], sympy.Symbol] = {}
    e = expand(sympy.sympify(e))
    while functions := [f for f in e.atoms(sympy.Function, sympy.exp) if not f.args[0].has(sympy.Function, sympy.exp)]:
        e = e.xreplace({f: generator(f, names) for f in functions})
    return e


def generator(f, names):
    argument = f.args[0]
    if isinstance(f, sympy.exp) and argument.could_extract_minus_sign():
        return 1 / generator(sympy.exp(-argument), names)
    return names.setdefault((f.func, argument), sympy.Symbol(f"function_{len(names)}", real=True))


def is_zero(rational):
    """Whether a rational function of symbols is zero, by exact values at three random points (Schwartz, Zippel)."""
    random = Random(1)
    symbols = sorted(rational.free_symbols, key=str)
    points = [{s: sympy.Rational(random.randint(1, 10**6), 10**6 + 3) for s in symbols} for _ in range(3)]
    return all(rational.xreplace(point) == 0 for point in points)


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_a_written_out_network_are_sympys(name, at):
    cell, loss = NETWORKS[name]
    grad = sg.bptt(cell, loss, at)
    around = written_out(grad, {n: 2, m: 1}, 2)
    total = total_loss(grad, around)
    for argument in grad.arguments:
        if isinstance(argument, Timed) and argument.time == sg.TIME:
            continue
        stated = around.evaluate(grad[argument])
        is_timed = isinstance(argument, Timed)
        held = around.timed[argument.key, around.number(argument.time)] if is_timed else around.parameters[argument]
        for place, symbol in np.ndenumerate(np.asarray(held, dtype=object)):
            value = np.asarray(stated, dtype=object)[place] if shape_of(argument) else stated
            difference = generated(value - total.diff(symbol))
            assert is_zero(difference), (argument, place)


def test_the_name_of_a_gradient_prints_as_a_derivative():
    grad = sg.bptt(*NETWORKS["vector"])
    left = grad.equation_of(W).left
    assert isinstance(left, LossDerivative)
    assert sg.symbols.notation.latex(left) == r"\frac{\partial L}{\partial W}"
