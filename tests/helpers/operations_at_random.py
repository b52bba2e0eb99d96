"""Cells at random over all operations that a cell may contain: as symgrad has them, and as plain recursions in NumPy.

A formula is a tree, `(operation, *parts)`. It is read twice, by `SYMBOLS` and by `NUMBERS`, which share nothing.
Derivatives are those of the complex step: functions with kinks go by the real parts of their arguments, and tell how
near a kink was.
"""

import random
import re
from dataclasses import dataclass, field

import numpy as np
import sympy

import symgrad as sg
from symgrad.symbols import declared_shape

n, m = sg.dims("n m")
SIZES = ({n: 2, m: 3}, {n: 3, m: 2}, {n: 1, m: 2}, {n: 2, m: 1})
ONE, TWO, THREE = sympy.Integer(1), sympy.Integer(2), sympy.Integer(3)
LENGTHS = (n, n, n, m, m, n + m, ONE, TWO, THREE)
PLACES = ("last", "every", "mean")
NEAREST = 1e-6  # of a kink: nearer, no slope is compared
LARGEST = 50.0  # of the values of a run: larger ones cost digits


class NoValue(ArithmeticError):
    """There is no value here, or no slope."""


@dataclass(frozen=True)
class Drawn:
    """A cell: equations as trees by name in their order, shapes of all names, a loss, and what it is taken at."""

    equations: dict
    shapes: dict
    states: tuple
    loss: tuple
    at: str
    sizes: dict = field(hash=False)

    def __str__(self):
        lines = [f"{name} {self.shapes[name]} = {tree}" for name, tree in self.equations.items()]
        return "\n".join([*lines, f"loss {self.loss} at {self.at}", f"sizes {self.sizes}"])


# --- drawing ------------------------------------------------------------------------------------------------------

SMOOTH = ("tanh", "sigmoid", "sin", "arctan", "cos", "exp_of_tanh", "log_above", "root_above", "softplus", "swish")
KINKED = ("abs", "relu", "softsign", "sign")
WITH_PARAMETER = ("celu", "elu", "leaky_relu")
NUMERALS = ("1/2", "2", "-1", "3/4", "-2/3", "1")


class Drawer:
    """Draws the trees of one cell."""

    def __init__(self, seed):
        self.pick = random.Random(f"operations {seed}")
        self.parameters = {}
        self.computed = {}  # names of variables and how late they may be looked at
        self.shapes = {}
        self.y = False

    def one_of(self, *choices):
        return self.pick.choice(choices)

    def chance(self, p):
        return self.pick.random() < p

    def cell(self):
        sizes = self.one_of(*SIZES)
        states = [self.new(name, self.shape()) for name in ("h", "c", "g")[: self.one_of(1, 1, 2, 2, 3)]]
        given = [self.new(name, shape) for name, shape in (("x", self.shape()), ("u", ()), ("z", self.shape()))]
        between = [self.new(name, self.shape()) for name in ("o", "q")[: self.one_of(0, 1, 2)]]
        lags = {**dict.fromkeys(given, (-1, 0, 0, 1, 2)), **dict.fromkeys((*states, *between), (1, 1, 1, 2))}
        order = [*states, *between]
        self.pick.shuffle(order)
        equations = {}
        for name in order:
            self.computed = lags
            equations[name] = self.damped(self.shapes[name])
            lags = {**lags, name: (0, 0, 1)}
        self.computed = lags
        loss = self.loss(order)
        used = set(names_in((*equations.values(), loss)))
        return Drawn(
            equations,
            {k: s for k, s in {**self.shapes, **self.parameters}.items() if k in used or k in equations},
            tuple(states),
            loss,
            self.one_of(*PLACES),
            sizes,
        )

    def new(self, name, shape):
        self.shapes[name] = shape
        return name

    def shape(self):
        kind = self.pick.random()
        if kind < 0.25:
            return ()
        if kind < 0.7:
            return (self.one_of(*LENGTHS), ONE)
        return (self.one_of(*LENGTHS), self.one_of(*LENGTHS))

    def loss(self, names):
        output = self.one_of(*names)
        shape = self.shapes[output]
        column = shape != () and shape[1] == 1
        if self.chance(0.3) and (shape == () or column):
            self.new("target", shape)
            return ("squared", ("variable", output, 0), ("variable", "target", 0))
        if self.chance(0.3) and column:
            self.new("target", shape)
            return ("cross_entropy", ("variable", output, 0), ("variable", "target", 0))
        anchor = ("variable", output, self.one_of(0, 0, 0, 1))
        inside = anchor if shape == () else self.to_scalar(anchor, shape)
        more = self.scalar(2)
        return self.one_of(("plus", inside, more), ("times", inside, ("tanh", more)), ("plus", ("tanh", inside), more))

    def to_scalar(self, tree, shape):
        return ("trace", ("matmul", ("transpose", tree), self.matrix(shape, 1)))

    def damped(self, shape):
        tree = self.formula(shape, self.one_of(2, 3, 3, 4))
        return self.one_of(tree, self.function(tree, shape), ("scale", ("number", "1/2"), tree) if shape else tree)

    def function(self, tree, shape):
        name = self.one_of("tanh", "sigmoid", "sin")
        return (name, tree) if shape == () else ("map", (name, ("entry",)), tree)

    def formula(self, shape, depth):
        return self.scalar(depth) if shape == () else self.matrix(shape, depth)

    def parameter(self, shape):
        known = [name for name, s in self.parameters.items() if s == shape]
        if known and self.chance(0.5):
            return ("parameter", self.one_of(*known))
        name = f"{'k' if shape == () else 'W'}_{'abcdefghijklmnopqrstuvwxyz'[len(self.parameters) % 26]}"
        if len(self.parameters) >= 26:
            return ("number", "1/2") if shape == () else ("ones", shape)
        self.parameters[name] = shape
        return ("parameter", name)

    def leaf(self, shape):
        kind = self.pick.random()
        if self.y and shape == () and kind < 0.6:
            return ("entry",)
        if kind < 0.7:
            names = [name for name in self.computed if self.shapes[name] == shape]
            if names:
                name = self.one_of(*names)
                return ("variable", name, self.one_of(*self.computed[name]))
        if kind < 0.93:
            return self.parameter(shape)
        if shape == ():
            return self.one_of(("number", self.one_of(*NUMERALS)), ("size", self.one_of("n", "m")))
        if shape[0] == shape[1] and self.chance(0.5):
            return ("identity", shape)
        if all(size.is_Integer for size in shape) and self.chance(0.5):
            return ("explicit", tuple(tuple(self.one_of(*NUMERALS) for _ in range(shape[1])) for _ in range(shape[0])))
        return self.one_of(("ones", shape), ("ones", shape), ("zeros", shape))

    # --- scalars

    def scalar(self, depth):
        if depth <= 0 or self.chance(0.1):
            return self.leaf(())
        inner = lambda: self.scalar(depth - 1)  # noqa: E731
        kinds = [
            lambda: (self.one_of("plus", "plus", "minus"), inner(), inner()),
            lambda: ("times", inner(), inner()),
            lambda: ("over", inner(), inner()),
            lambda: (self.one_of(*SMOOTH), inner()),
            lambda: (self.one_of(*SMOOTH), inner()),
            lambda: (self.one_of(*KINKED), inner()),
            lambda: (self.one_of(*WITH_PARAMETER), inner(), inner()),
            lambda: (self.one_of("larger", "smaller"), inner(), inner()),
            lambda: ("cases", inner(), inner(), inner(), inner()),
            lambda: ("whole_power", inner(), self.one_of(2, 2, 3)),
            lambda: ("power", inner(), self.one_of("1/2", "-1", "-2", "3/2", "1/3")),
            lambda: ("raised", inner(), inner()),
        ]
        if not self.y:
            square = lambda: (size := self.one_of(*LENGTHS), size)  # noqa: E731
            kinds += [
                lambda: ("trace", self.matrix(square(), depth - 1)),
                lambda: ("trace", self.matrix((ONE, ONE), depth - 1)),
                lambda: self.place(depth),
            ]
        return self.one_of(*kinds)()

    def place(self, depth):
        """One entry, of a matrix of which its place is known."""
        shape = (self.one_of(*LENGTHS), self.one_of(*LENGTHS, ONE))
        last = [("first" if self.chance(0.5) or size == 1 else "last") for size in shape]
        return ("place", self.matrix(shape, depth - 1), shape, tuple(last))

    # --- matrices

    def matrix(self, shape, depth):
        if depth <= 0 or self.chance(0.1):
            return self.leaf(shape)
        rows, columns = shape
        inner = lambda s=shape: self.matrix(s, depth - 1)  # noqa: E731
        size = lambda: self.one_of(*LENGTHS)  # noqa: E731
        kinds = [
            lambda: self.sum(shape, inner(), inner()),
            lambda: ("filled", inner(), self.scalar(depth - 1), shape),
            lambda: ("scale", self.scalar(depth - 1), inner()),
            lambda: ("divided", inner(), self.scalar(depth - 1)),
            lambda: ("hadamard", inner(), inner()),
            lambda: ("hadamard", inner(), inner(), inner()),
            lambda: self.product(rows, size(), columns, inner),
            lambda: self.product(rows, size(), columns, inner),
            lambda: ("matmul", inner((rows, k := size())), inner((k, j := size())), inner((j, columns))),
            lambda: ("transpose", inner((columns, rows))),
            lambda: ("map", self.body(depth), inner()),
            lambda: ("map", self.body(depth), inner()),
            lambda: ("map", (self.one_of(*SMOOTH), ("entry",)), inner()),
            lambda: ("map", (self.one_of(*KINKED), ("entry",)), inner()),
            lambda: ("map", (self.one_of(*WITH_PARAMETER), ("entry",), self.within(1)), inner()),
            lambda: ("powers", inner(), self.one_of("2", "3", "2")),
            lambda: ("roots", inner(), self.one_of("1/2", "-1", "-2", "3/2")),
            lambda: ("raised_entries", inner(), self.scalar(depth - 1)),
            lambda: ("outer", inner((rows, ONE)), inner((columns, ONE))),
            lambda: self.slice(shape, inner, size),
        ]
        if columns == 1:
            kinds += [lambda: ("softmax", inner())] * 2
        if rows == columns:
            kinds += [
                lambda: ("diagonal", inner((rows, ONE))),
                lambda: ("diagonal", ("transpose", inner((rows, ONE)))),
                lambda: ("matrix_power", inner(), self.one_of(2, 3)),
            ]
        if rows == columns == 1:
            kinds += [
                lambda: ("dot", inner((k := size(), ONE)), inner((k, ONE))),
                lambda: ("total", inner((size(), ONE))),
                lambda: ("logsumexp", inner((size(), ONE))),
            ]
        kinds += [lambda: ("times_one", inner(), inner((ONE, ONE))), lambda: ("over_one", inner(), inner((ONE, ONE)))]
        for axis, whole in enumerate(shape):
            parts = self.parts_of(whole)
            if parts:
                kinds += [lambda axis=axis, parts=parts: self.joined(shape, axis, parts, inner)] * 2
        return self.one_of(*kinds)()

    def sum(self, shape, a, b):
        return (self.one_of("plus_matrix", "plus_matrix", "minus_matrix"), a, b)

    def product(self, rows, k, columns, inner):
        return ("matmul", inner((rows, k)), inner((k, columns)))

    def parts_of(self, whole):
        if whole == n + m:
            return self.one_of((n, m), (m, n))
        if whole.is_Integer and whole > 1:
            return self.one_of((ONE, whole - 1), (whole - 1, ONE))
        return None

    def joined(self, shape, axis, parts, inner):
        """A matrix of blocks, which lie along one axis or both."""
        other = self.parts_of(shape[1 - axis])
        across = other if other and self.chance(0.5) else (shape[1 - axis],)
        grid = [[(a, b) if axis == 0 else (b, a) for b in across] for a in parts]
        grid = grid if axis == 0 else [list(row) for row in zip(*grid)]
        return ("blocks", tuple(tuple(inner(s) for s in row) for row in grid))

    def slice(self, shape, inner, size):
        """What is cut out of something larger: rows, columns or both."""
        around = [(size(), size()) if self.chance(0.6) else None for _ in shape]
        large = tuple(s if a is None else sympy.expand(s + sum(a[: self.one_of(1, 2)])) for s, a in zip(shape, around))
        starts = tuple(
            sympy.Integer(0) if a is None else self.one_of(sympy.Integer(0), sympy.expand(big - s))
            for s, big, a in zip(shape, large, around)
        )
        return ("slice", inner(large), starts, shape)

    def within(self, depth):
        """The formula of a function of an entry."""
        self.y, before = True, self.y
        tree = self.scalar(depth)
        self.y = before
        return tree

    def body(self, depth):
        return self.within(min(depth, 2))


def names_in(tree):
    """The names of variables and parameters in trees."""
    if isinstance(tree, tuple):
        if tree[:1] in (("variable",), ("parameter",)):
            yield tree[1]
        else:
            for part in tree:
                yield from names_in(part)


# --- in symgrad ---------------------------------------------------------------------------------------------------


def _positive(e):
    return 2 + e**2 if not isinstance(e, sympy.MatrixExpr) else sg.elementwise(lambda y: 2 + y**2, e)


def _slice(a, starts, shape):
    limits = ((low, sympy.expand(low + size), 1) for low, size in zip(starts, shape))
    return sympy.matrices.expressions.slice.MatrixSlice(a, *limits)


def _end(which, size):
    return sympy.Integer(0) if which == "first" else size - 1


SYMBOLS = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "over": lambda a, b: a / (2 + b**2),
    "whole_power": lambda a, k: a**k,
    "power": lambda a, p: (2 + a**2) ** sympy.Rational(p),
    "raised": lambda a, b: (2 + a**2) ** b,
    "tanh": sympy.tanh,
    "sigmoid": sg.sigmoid,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "arctan": sympy.atan,
    "exp_of_tanh": lambda a: sympy.exp(sympy.tanh(a)),
    "log_above": lambda a: sympy.log(2 + a**2),
    "root_above": lambda a: sympy.sqrt(2 + a**2),
    "softplus": sg.softplus,
    "swish": sg.swish,
    "abs": sympy.Abs,
    "relu": sg.relu,
    "softsign": sg.softsign,
    "sign": sympy.sign,
    "floor": sympy.floor,
    "celu": lambda a, p: sg.celu(a, 1 + p**2),
    "elu": sg.elu,
    "leaky_relu": sg.leaky_relu,
    "larger": sympy.Max,
    "smaller": sympy.Min,
    "cases": lambda a, b, c, d: sympy.Piecewise((c, a < b), (d, True)),
    "trace": sympy.Trace,
    "place": lambda a, shape, last: sympy.Trace(_slice(a, [_end(k, size) for k, size in zip(last, shape)], (ONE, ONE))),
    "plus_matrix": lambda a, b: sympy.MatAdd(a, b).doit(deep=False),
    "minus_matrix": lambda a, b: sympy.MatAdd(a, -b).doit(deep=False),
    "filled": lambda a, s, shape: sympy.MatAdd(a, s * sympy.OneMatrix(*shape)),
    "scale": lambda s, a: s * a,
    "divided": lambda a, s: a * (1 / (2 + s**2)),
    "hadamard": sg.hadamard,
    "matmul": lambda *parts: sympy.MatMul(*parts).doit(deep=False),
    "transpose": lambda a: a.T,
    "powers": lambda a, p: sympy.HadamardPower(a, sympy.Integer(p)),
    "roots": lambda a, p: sympy.HadamardPower(_positive(a), sympy.Rational(p)),
    "raised_entries": lambda a, s: sympy.HadamardPower(_positive(a), s),
    "outer": sg.outer,
    "softmax": sg.softmax,
    "diagonal": sympy.DiagMatrix,
    "matrix_power": lambda a, k: sympy.MatPow(a, k),
    "dot": sg.dot,
    "total": sg.symbols.summed,
    "logsumexp": sg.logsumexp,
    "times_one": lambda a, one: sympy.Trace(one) * a,
    "over_one": lambda a, one: a * sympy.Trace(sympy.HadamardPower(_positive(one), -1)),
    "blocks": lambda rows: sympy.BlockMatrix([list(row) for row in rows]),
    "slice": lambda a, starts, shape: _slice(a, starts, shape),
    "squared": lambda a, target: sg.half_squared_error(a, target),
    "cross_entropy": lambda a, target: sg.softmax_cross_entropy(a, target),
    "number": sympy.Rational,
    "size": lambda name: {"n": n, "m": m}[name],
    "ones": lambda shape: sympy.OneMatrix(*shape),
    "zeros": lambda shape: sympy.ZeroMatrix(*shape),
    "identity": lambda shape: sympy.Identity(shape[0]),
    "explicit": lambda rows: sympy.ImmutableDenseMatrix([[sympy.Rational(e) for e in row] for row in rows]),
}


def read(tree, table, leaf, entry=None):
    """The value of a tree, by a table of operations and the values of its leaves."""
    kind, *parts = tree
    if kind == "entry":
        return entry
    if kind in ("variable", "parameter"):
        return leaf(*tree)
    if kind == "map":
        body, argument = parts
        return table["map"](lambda y: read(body, table, leaf, y), read(argument, table, leaf, entry))
    if kind == "blocks":
        return table[kind](tuple(tuple(read(e, table, leaf, entry) for e in row) for row in parts[0]))
    is_tree = lambda p: isinstance(p, tuple) and p and (p[0] in table or p[0] in LEAVES)  # noqa: E731
    return table[kind](*(read(p, table, leaf, entry) if is_tree(p) else p for p in parts))


LEAVES = ("entry", "variable", "parameter")
SYMBOLS["map"] = sg.elementwise


def in_symgrad(what):
    """The gradients of what was drawn."""

    def declared(name, kind):
        shape = what.shapes[name]
        return kind(name, *(shape[:1] if shape[1:] == (1,) else shape))

    known = {
        name: declared(
            name, sg.State if name in what.states else sg.Intermediate if name in what.equations else sg.Input
        )
        for name in what.shapes
        if not name.startswith(("W_", "k_"))
    }
    parameters = {name: declared(name, sg.Parameter) for name in what.shapes if name not in known}

    def leaf(kind, name, lag=0):
        return parameters[name] if kind == "parameter" else known[name].at(sg.TIME - lag)

    cell = sg.Cell({known[name]: read(tree, SYMBOLS, leaf) for name, tree in what.equations.items()})
    return sg.bptt(cell, read(what.loss, SYMBOLS, leaf), what.at)


# --- in numbers ---------------------------------------------------------------------------------------------------


class Numbers:
    """Complex numbers of two axes, or none; `nearest` is how near a kink they came."""

    def __init__(self, what, arguments, length):
        self.what, self.given, self.length = what, arguments, length
        self.nearest = np.inf
        self.largest = 0.0
        self.known = {}
        self.table = {name: getattr(self, f"of_{name}", None) or value for name, value in NUMBERS.items()}
        self.table |= {name[3:]: getattr(self, name) for name in dir(self) if name.startswith("of_")}

    def given_as(self, name):
        """An argument; what symgrad has none for has no share of the value, as what is multiplied with zeros."""
        if name not in self.given:
            shape = self.shape(self.what.shapes[re.split(r"\d|_end", name)[0]])
            self.given[name] = np.zeros(
                (self.length, *shape) if name in self.what.shapes and "_" not in name else shape
            )
        return self.given[name]

    def size(self, size):
        return int(sympy.S(size).subs(self.what.sizes))

    def shape(self, shape):
        return tuple(map(self.size, shape))

    # --- operations that know of sizes or kinks

    def split(self, difference):
        """Whether a difference is above zero, entry by entry."""
        real = np.real(difference)
        self.nearest = min(self.nearest, np.min(np.abs(real)))
        return real > 0

    def chosen(self, difference, above, below):
        return np.where(self.split(difference), above, below)

    def of_abs(self, a):
        return self.chosen(a, a, -a)

    def of_relu(self, a):
        return self.chosen(a, a, 0 * a)

    def of_softsign(self, a):
        return a / (1 + self.of_abs(a))

    def of_sign(self, a):
        return self.chosen(a, 1 + 0j * a, -1 + 0j * a)

    def of_floor(self, a):
        real = np.real(a)
        self.nearest = min(self.nearest, np.min(np.abs(real - np.round(real))))
        return np.floor(real) + 0j

    def of_larger(self, a, b):
        return self.chosen(a - b, a, b)

    def of_smaller(self, a, b):
        return self.chosen(a - b, b, a)

    def of_cases(self, a, b, c, d):
        return self.chosen(b - a, c, d)

    def of_celu(self, a, p):
        alpha = 1 + p**2
        return self.chosen(a, a, alpha * (np.exp(np.where(np.real(a) > 0, 0, a) / alpha) - 1))

    def of_elu(self, a, p):
        return self.chosen(a, a, p * (np.exp(np.where(np.real(a) > 0, 0, a)) - 1))

    def of_leaky_relu(self, a, p):
        return self.chosen(a, a, p * a)

    def of_map(self, body, a):
        return body(a) + np.zeros_like(a)

    def of_place(self, a, shape, last):
        return a[tuple(0 if k == "first" else -1 for k in last)]

    def of_slice(self, a, starts, shape):
        (r, c), (rows, columns) = self.shape(starts), self.shape(shape)
        return a[r : r + rows, c : c + columns]

    def of_filled(self, a, s, shape):
        return a + s

    def of_size(self, name):
        return complex(self.size(sympy.Symbol(name, integer=True, positive=True)))

    def of_ones(self, shape):
        return np.ones(self.shape(shape), complex)

    def of_zeros(self, shape):
        return np.zeros(self.shape(shape), complex)

    def of_identity(self, shape):
        return np.eye(self.size(shape[0]), dtype=complex)

    # --- runs

    def at(self, name, step):
        """A value is given, computed at a step from 1 to T, or outside of them an argument, or zero."""
        if step < 1:
            return self.given_as(f"{name}{-step}")
        if step > self.length:
            return self.given_as(f"{name}_end{step - self.length - 1 or ''}")
        if name not in self.what.equations:
            return self.given_as(name)[step - 1]
        if (name, step) not in self.known:
            self.known[name, step] = self.read(self.what.equations[name], step)
        return self.known[name, step]

    def read(self, tree, step):
        found = read(
            tree,
            self.table,
            lambda kind, name, lag=0: self.given_as(name) if kind == "parameter" else self.at(name, step - lag),
        )
        self.largest = max(self.largest, np.max(np.abs(found)))
        return found

    def loss(self):
        steps = [self.length] if self.what.at == "last" else range(1, self.length + 1)
        for step in range(1, self.length + 1):
            for name in self.what.equations:
                self.at(name, step)
        total = sum(self.read(self.what.loss, step) for step in steps)
        if not np.isfinite(total):
            raise NoValue
        return complex(np.sum(total)) / (self.length if self.what.at == "mean" else 1)


def fraction(text):
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def _matmul(first, *others):
    for other in others:
        first = first @ other
    return first


def _product(first, *others):
    for other in others:
        first = first * other
    return first


NUMBERS = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "over": lambda a, b: a / (2 + b**2),
    "whole_power": lambda a, k: _product(*[a] * k),
    "power": lambda a, p: (2 + a**2) ** fraction(p),
    "raised": lambda a, b: np.exp(b * np.log(2 + a**2)),
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
    "exp_of_tanh": lambda a: np.exp(np.tanh(a)),
    "log_above": lambda a: np.log(2 + a**2),
    "root_above": lambda a: np.sqrt(2 + a**2),
    "softplus": lambda a: np.log(1 + np.exp(a)),
    "swish": lambda a: a / (1 + np.exp(-a)),
    "trace": np.trace,
    "plus_matrix": lambda a, b: a + b,
    "minus_matrix": lambda a, b: a - b,
    "scale": lambda s, a: s * a,
    "divided": lambda a, s: a / (2 + s**2),
    "hadamard": _product,
    "matmul": _matmul,
    "transpose": np.transpose,
    "powers": lambda a, p: _product(*[a] * int(p)),
    "roots": lambda a, p: (2 + a**2) ** fraction(p),
    "raised_entries": lambda a, s: np.exp(s * np.log(2 + a**2)),
    "outer": lambda a, b: a @ b.T,
    "softmax": lambda a: np.exp(a) / np.exp(a).sum(),
    "diagonal": lambda a: np.diag(a.ravel()),
    "matrix_power": lambda a, k: _matmul(*[a] * k),
    "dot": lambda a, b: a.T @ b,
    "total": lambda a: a.sum().reshape(1, 1),
    "logsumexp": lambda a: np.log(np.exp(a).sum()).reshape(1, 1),
    "times_one": lambda a, one: one[0, 0] * a,
    "over_one": lambda a, one: a / (2 + one[0, 0] ** 2),
    "blocks": lambda rows: np.block([list(row) for row in rows]),
    "squared": lambda a, target: np.sum((a - target) ** 2) / 2,
    "cross_entropy": lambda a, target: np.log(np.exp(a).sum()) - np.sum(target * a),
    "number": lambda text: complex(fraction(text)),
    "explicit": lambda rows: np.array([[complex(fraction(e)) for e in row] for row in rows]),
}


def shape_of_argument(what, argument, length):
    """The shape in which an argument is given, and that of one of its steps."""
    shape = tuple(int(sympy.S(size).subs(what.sizes)) for size in getattr(argument, "shape", ()))
    given = shape[: len(declared_shape(argument))]
    return ((length, *given) if getattr(argument, "time", None) == sg.TIME else given), shape


def point(what, grad, length, seed):
    """Numbers for all arguments, those outside of the steps included."""
    draw = np.random.default_rng([seed, length])
    wanted = {grad.name_of(a): shape_of_argument(what, a, length)[0] for a in grad.arguments}
    return {name: np.asarray(draw.uniform(-1, 1, shape)) for name, shape in wanted.items()}


def in_two_axes(what, grad, arguments, length):
    """The arguments with both axes, as numbers need them; values for all steps have a step first."""
    found = {}
    for argument in grad.arguments:
        name = grad.name_of(argument)
        _, shape = shape_of_argument(what, argument, length)
        is_in_time = getattr(argument, "time", None) == sg.TIME
        found[name] = arguments[name].reshape((length, *shape) if is_in_time else shape).astype(complex)
    return found


def slopes(what, grad, arguments, length, seed, step=1e-40):
    """The loss, and for each argument a direction with the derivative of the loss along it; NoValue near a kink."""
    draw = np.random.default_rng([seed, length, 1])
    around = in_two_axes(what, grad, arguments, length)
    with np.errstate(all="ignore"):
        plain = Numbers(what, around, length)
        loss = plain.loss()
        if plain.nearest < NEAREST or plain.largest > LARGEST:
            raise NoValue
        found = {}
        for name, array in arguments.items():
            direction = draw.standard_normal(array.shape)
            moved = {**around, name: around[name] + 1j * step * direction.reshape(around[name].shape)}
            found[name] = direction, Numbers(what, moved, length).loss().imag / step
    return loss.real, found


def drawn(seed):
    """The cell of a seed."""
    return Drawer(seed).cell()
