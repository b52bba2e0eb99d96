"""What texts say, by Python's own syntax tree and other people's numbers: mpmath for claims, NumPy for cells.

Nothing here reads what symgrad has: it is what its readers are compared with.
A text that has no value raises `NoValue`, one that has no meaning for the shapes of its names `Meaningless`.
"""

import ast
import re
from itertools import pairwise

import mpmath
import numpy as np

DIGITS = 40


class NoValue(ArithmeticError):
    """The text has no value here."""


def tree(text):
    """Python's tree of a text, as an expression."""
    return ast.parse(text.strip(), mode="eval").body


# --- signs of mathematics -----------------------------------------------------------------------------------------

SIGNS = {"−": "-", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=",
         "π": "pi", "∞": "oo", "½": "(1/2)", "¼": "(1/4)"}  # fmt: skip
ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")


def on_a_line(text):
    """A pasted text in signs that Python has."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+", lambda m: f"**({m[0].translate(ABOVE)})", text)
    text = re.sub(r"√(\w+)", r"√(\1)", text).replace("√", "sqrt").replace("σ(", "sigmoid(").replace("Γ(", "gamma(")
    return "".join(SIGNS.get(letter, letter) for letter in text)


# --- claims -------------------------------------------------------------------------------------------------------


def _finite(value):
    if not mpmath.isfinite(value):
        raise NoValue
    return value


def power(base, exponent):
    """A power by its principal value; 0**0 is 1, and other powers of 0 are those of positive exponents."""
    if base == 0:
        if mpmath.re(exponent) < 0 or (exponent != 0 and mpmath.re(exponent) == 0):
            raise NoValue
        return mpmath.mpf(exponent == 0)
    return mpmath.power(base, exponent)


def _divided(a, b):
    if b == 0:
        raise NoValue
    return a / b


def _real(function):
    def of_reals(*args):
        if any(mpmath.im(a) != 0 for a in args):
            raise NoValue
        return function(*map(mpmath.re, args))

    return of_reals


def _first_real(function):
    """A function by cases of its first argument, with parameters that may be any numbers."""
    return lambda x, *parameters: _real(lambda u: function(u, *parameters))(x)


def _sigmoid(x):
    return _divided(1, 1 + mpmath.exp(-x))


OF_MPMATH = """exp sin cos tan sinh cosh tanh asin acos atan asinh erf erfc cot sec csc coth sech csch digamma"""
FUNCTIONS = {
    **{
        name: getattr(mpmath, name)
        for name in ["exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "erf", "erfc"]
    },
    **{name: getattr(mpmath, name) for name in OF_MPMATH.split()},
    "log": lambda x, base=None: _log(x) if base is None else _divided(_log(x), _log(base)),
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: power(x, mpmath.mpf(1) / 3),
    "root": lambda x, n: power(x, _divided(mpmath.mpf(1), n)),
    "Abs": abs,
    "sign": lambda z: z if z == 0 else z / abs(z),
    "floor": _real(mpmath.floor),
    "ceiling": _real(mpmath.ceil),
    "frac": _real(lambda x: x - mpmath.floor(x)),
    "Mod": _real(lambda x, y: x - y * mpmath.floor(_divided(x, y))),
    "Max": _real(max),
    "Min": _real(min),
    "re": mpmath.re,
    "im": mpmath.im,
    "conjugate": mpmath.conj,
    "atan2": _real(mpmath.atan2),
    "Heaviside": _real(lambda x, at=0.5: mpmath.mpf(at) if x == 0 else mpmath.mpf(x > 0)),
    "factorial": mpmath.factorial,
    "gamma": mpmath.gamma,
    "binomial": lambda n, k: mpmath.binomial(n, k),
    "beta": mpmath.beta,
    "Rational": lambda p, q: _divided(p, q),
    "sigmoid": _sigmoid,
    "relu": _real(lambda x: max(x, mpmath.mpf(0))),
    "leaky_relu": _first_real(lambda x, *a: x if x > 0 else x * a[0] if a else x / 100),
    "elu": _first_real(lambda x, a=1: x if x > 0 else a * (mpmath.exp(x) - 1)),
    "softplus": lambda x: _log(1 + mpmath.exp(x)),
    "swish": lambda x: x * _sigmoid(x),
    "softsign": lambda x: _divided(x, 1 + abs(x)),
    "hypot": lambda x, y: mpmath.sqrt(x**2 + y**2),
    "log1p": lambda x: _log(1 + x),
    "expm1": lambda x: mpmath.exp(x) - 1,
    "log2": lambda x: _log(x) / mpmath.log(2),
    "square": lambda x: x**2,
    "clip": _real(lambda x, low, high: min(max(x, low), high)),
    "real_root": _real(lambda x, n: mpmath.sign(x) * power(abs(x), 1 / n) if int(n) % 2 else power(x, 1 / n)),
    "besselj": mpmath.besselj,
}
CONSTANTS = {
    "pi": mpmath.pi,
    "E": mpmath.e,
    "I": mpmath.mpc(0, 1),
    "EulerGamma": mpmath.euler,
    "GoldenRatio": mpmath.phi,
    "Catalan": mpmath.catalan,
}
ORDERS = {
    ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b, ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b,
}  # fmt: skip
CALLED = {"Lt": ast.Lt, "Le": ast.LtE, "Gt": ast.Gt, "Ge": ast.GtE, "Eq": ast.Eq, "Ne": ast.NotEq}


def _log(x):
    if x == 0:
        raise NoValue
    return mpmath.log(x)


class Number:
    """The value of a formula of numbers, with values for its names."""

    def __init__(self, text, names):
        self.text, self.names = text, names

    def value(self, node, names=None):
        names = self.names if names is None else names
        found = getattr(self, f"_{type(node).__name__.lower()}")(node, names)
        return _finite(found)

    def _constant(self, node, names):
        return mpmath.mpf(ast.get_source_segment(self.text, node))  # the digits, and not Python's double

    def _name(self, node, names):
        return names[node.id] if node.id in names else +CONSTANTS[node.id]

    def _unaryop(self, node, names):
        value = self.value(node.operand, names)
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node, names):
        a, b = self.value(node.left, names), self.value(node.right, names)
        match node.op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return _divided(a, b)
            case ast.Pow():
                return power(a, b)
        raise AssertionError(ast.dump(node.op))

    def _call(self, node, names):
        name = node.func.id
        if name == "Piecewise":
            for branch in node.args:
                value, condition = branch.elts
                if self.holds(condition, names):
                    return self.value(value, names)
            raise NoValue
        if name in ("Sum", "Product"):
            return self._ranged(name, node.args[0], node.args[1:], names)
        if name == "diff":
            return self._slope(node, names)
        try:
            return FUNCTIONS[name](*(self.value(a, names) for a in node.args))
        except (ValueError, ZeroDivisionError):
            raise NoValue from None

    def _ranged(self, name, body, ranges, names):
        if not ranges:
            return self.value(body, names)
        index, low, high = ranges[-1].elts  # the outermost
        found = mpmath.mpf(name == "Product")
        for k in range(int(self.value(low, names)), int(self.value(high, names)) + 1):
            term = self._ranged(name, body, ranges[:-1], {**names, index.id: mpmath.mpf(k)})
            found = found + term if name == "Sum" else found * term
        return found

    def _slope(self, node, names):
        of, variable, *order = node.args
        at = lambda x: self.value(of, {**names, variable.id: x})  # noqa: E731
        with mpmath.workdps(4 * DIGITS):
            return mpmath.diff(at, names[variable.id], int(order[0].value) if order else 1)

    def holds(self, node, names=None):
        """Whether a condition is true."""
        names = self.names if names is None else names
        match node:
            case ast.Constant(value=bool()):
                return node.value
            case ast.Name(id="otherwise"):
                return True
            case ast.Compare():
                sides = [self.value(side, names) for side in (node.left, *node.comparators)]
                return all(self._order(op, *pair) for op, pair in zip(node.ops, pairwise(sides)))
            case ast.BinOp():
                join = all if isinstance(node.op, ast.BitAnd) else any
                return join([self.holds(node.left, names), self.holds(node.right, names)])
            case ast.UnaryOp():
                return not self.holds(node.operand, names)
            case ast.Call():
                name = node.func.id
                if name in CALLED:
                    return self._order(CALLED[name](), *(self.value(a, names) for a in node.args))
                parts = [self.holds(a, names) for a in node.args]
                return not parts[0] if name == "Not" else (all if name == "And" else any)(parts)
        raise AssertionError(ast.dump(node))

    @staticmethod
    def _order(op, a, b):
        if not isinstance(op, ast.Eq | ast.NotEq) and (mpmath.im(a) != 0 or mpmath.im(b) != 0):
            raise NoValue
        if type(op) not in (ast.Eq, ast.NotEq):
            a, b = mpmath.re(a), mpmath.re(b)
        return ORDERS[type(op)](a, b)


def number(text, names):
    """The value of a text with numbers for its names, as a number of mpmath."""
    line = on_a_line(text)
    with mpmath.workdps(DIGITS):
        return Number(line.strip(), names).value(tree(line))


def truth(text, names):
    """Whether a text of a relation, or of several, is true."""
    line = on_a_line(text)
    with mpmath.workdps(DIGITS):
        return Number(line.strip(), names).holds(tree(line))


# --- cells --------------------------------------------------------------------------------------------------------


class Meaningless(Exception):
    """The text has no meaning for these shapes."""


def _sigma(a):
    return 1 / (1 + np.exp(-a))


OF_ENTRIES = {
    "exp": np.exp, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "sigmoid": _sigma, "Abs": np.abs, "sinh": np.sinh,
    "cosh": np.cosh, "atan": np.arctan, "sign": np.sign, "sqrt": lambda a: np.sqrt(a + 0j),
    "log": lambda a: np.log(a + 0j),
    "cbrt": lambda a: (a + 0j) ** (1 / 3), "relu": lambda a: np.maximum(a, 0),
    "softplus": lambda a: np.log1p(np.exp(a)),
    "swish": lambda a: a * _sigma(a), "softsign": lambda a: a / (1 + np.abs(a)), "square": lambda a: a**2,
    "leaky_relu": lambda a, alpha=0.01: np.where(a > 0, a, alpha * a),
    "elu": lambda a, alpha=1.0: np.where(a > 0, a, alpha * (np.exp(np.minimum(a, 0)) - 1)),
    "Max": np.maximum, "Min": np.minimum, "expm1": np.expm1, "identity": lambda a: a, "floor": np.floor,
}  # fmt: skip
NUMBERS = {"pi": np.pi, "E": np.e, "GoldenRatio": (1 + 5**0.5) / 2, "EulerGamma": np.euler_gamma}


def _is_matrix(value):
    return np.ndim(value) == 2


class Array:
    """The value of a vector formula at a step.

    Scalars are floats, everything else has two axes. A variable is a function of its step; sizes are whole numbers.
    """

    def __init__(self, variables, parameters, sizes, step, length):
        self.variables, self.parameters, self.sizes = variables, parameters, sizes
        self.times = {"t": step, "T": length}

    def value(self, node, bound=None):
        bound = bound or {}
        with np.errstate(all="ignore"):
            found = getattr(self, f"_{type(node).__name__.lower()}")(node, bound)
        if not np.all(np.isfinite(found)) or np.any(np.imag(found) != 0):
            raise NoValue
        return np.real(found)

    def matrix(self, node, bound):
        found = self.value(node, bound)
        if not _is_matrix(found):
            raise Meaningless("a scalar for a matrix")
        return found

    def scalar(self, node, bound):
        found = self.value(node, bound)
        if _is_matrix(found):
            raise Meaningless("a matrix for a scalar")
        return found

    def vector(self, node, bound):
        found = self.matrix(node, bound)
        if found.shape[1] != 1:
            raise Meaningless("no vector")
        return found

    def _constant(self, node, bound):
        return float(node.value)

    def _name(self, node, bound):
        for table in (bound, self.parameters, self.sizes, self.times):
            if node.id in table:
                return table[node.id]
        if node.id in self.variables:
            return self.variables[node.id](self.times["t"])
        return NUMBERS[node.id]

    def time(self, node, bound):
        """A step or a size."""
        match node:
            case ast.Constant(value=int(number)):
                return number
            case ast.Name():
                known = {**self.sizes, **self.times, **bound}
                return known[node.id]
            case ast.UnaryOp():
                return -self.time(node.operand, bound)
            case ast.BinOp():
                a, b = self.time(node.left, bound), self.time(node.right, bound)
                return a + b if isinstance(node.op, ast.Add) else a - b if isinstance(node.op, ast.Sub) else a * b
        raise Meaningless("no step")

    def _subscript(self, node, bound):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(parts[0], ast.Slice):
            whole = self.matrix(node.value, bound)
            if len(parts) == 1 and whole.shape[1] != 1:
                raise Meaningless("one slice of a matrix")
            ends = [slice(p.lower and self.time(p.lower, bound), p.upper and self.time(p.upper, bound)) for p in parts]
            return whole[tuple(ends)]
        return self.variables[node.value.id](self.time(node.slice, bound))

    def _attribute(self, node, bound):
        return np.transpose(self.value(node.value, bound))

    def _unaryop(self, node, bound):
        value = self.value(node.operand, bound)
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node, bound):
        a, b = self.value(node.left, bound), self.value(node.right, bound)
        both = _is_matrix(a) and _is_matrix(b)
        match node.op:
            case ast.MatMult():
                if not both or a.shape[1] != b.shape[0]:
                    raise Meaningless("@")
                return a @ b
            case ast.Add() | ast.Sub():
                if both and a.shape != b.shape:
                    raise Meaningless("+")
                return a + b if isinstance(node.op, ast.Add) else a - b
            case ast.Mult():
                if both:
                    raise Meaningless("*")
                return a * b
            case ast.Div():
                if (both and b.shape != (1, 1) and a.shape != b.shape) or (_is_matrix(b) and 1 not in b.shape):
                    raise Meaningless("/")
                return a / b
        if _is_matrix(b):
            raise Meaningless("**")
        if not _is_matrix(a):
            return complex(a) ** b
        if 1 in a.shape:
            return (a + 0j) ** b
        return np.linalg.matrix_power(self._square(a), self.time(node.right, bound))

    @staticmethod
    def _square(a):
        if not _is_matrix(a) or a.shape[0] != a.shape[1]:
            raise Meaningless("not square")
        return a

    def _call(self, node, bound):
        name, args = node.func.id, node.args
        if hasattr(self, f"_of_{name.lower()}"):
            return getattr(self, f"_of_{name.lower()}")(args, bound)
        values = [self.value(a, bound) for a in args]
        if len({v.shape for v in values if _is_matrix(v)}) > 1:
            raise Meaningless("two shapes in a function")
        return OF_ENTRIES[name](*values)

    def _of_hadamard(self, args, bound):
        values = [self.value(a, bound) for a in args]
        if len({v.shape for v in values if _is_matrix(v)}) > 1:
            raise Meaningless("hadamard")
        return np.prod(np.broadcast_arrays(*values), axis=0) if any(map(_is_matrix, values)) else np.prod(values)

    def _of_outer(self, args, bound):
        a, b = (self.vector(arg, bound) for arg in args)
        return a @ b.T

    def _of_dot(self, args, bound):
        a, b = (self.vector(arg, bound) for arg in args)
        if a.shape != b.shape:
            raise Meaningless("dot")
        return a.T @ b

    def _of_diag(self, args, bound):
        return np.diag(self.vector(args[0], bound)[:, 0])

    def _of_trace(self, args, bound):
        return np.trace(self._square(self.matrix(args[0], bound)))

    def _of_softmax(self, args, bound):
        a = np.exp(self.vector(args[0], bound))
        return a / a.sum()

    def _of_logsumexp(self, args, bound):
        return np.log(np.exp(self.vector(args[0], bound)).sum(keepdims=True))

    def _of_concatenate(self, args, bound):
        parts = [self.matrix(a, bound) for a in args]
        if len({p.shape[1] for p in parts}) > 1:
            raise Meaningless("concatenate")
        return np.concatenate(parts)

    def _of_blocks(self, args, bound):
        return np.block([[self.matrix(part, bound) for part in row.elts] for row in args[0].elts])

    def _of_ones(self, args, bound):
        sizes = [self.time(a, bound) for a in args]
        return np.ones((*sizes, 1)[:2])

    def _of_zeros(self, args, bound):
        return 0 * self._of_ones(args, bound)

    def _of_eye(self, args, bound):
        return np.eye(self.time(args[0], bound))

    def _of_elementwise(self, args, bound):
        letters, body, *arguments = args
        names = [letter.id for letter in getattr(letters, "elts", [letters])]
        matrices = [self.matrix(argument, bound) for argument in arguments]
        if len({m.shape for m in matrices}) > 1:
            raise Meaningless("two shapes in a function")
        found = np.empty(matrices[0].shape)
        for place in np.ndindex(found.shape):
            found[place] = self.scalar(body, {**bound, **dict(zip(names, (m[place] for m in matrices)))})
        return found

    def _of_slope(self, args, bound):
        name, argument, *parameters = args
        value, others = self.value(argument, bound), [self.scalar(p, bound) for p in parameters]
        step = 1e-5
        ahead, back = (OF_ENTRIES[name.id](value + sign * step, *others) for sign in (1, -1))
        return (ahead - back) / (2 * step)

    def _of_sum(self, args, bound, join=np.add, empty=0.0):
        body, *ranges = args
        return self._over(body, ranges, bound, join, empty)

    def _of_product(self, args, bound):
        def join(so_far, factor):
            return factor @ so_far if _is_matrix(factor) else factor * so_far

        return self._over(args[0], args[1:], bound, join, 1.0)

    def _over(self, body, ranges, bound, join, empty):
        if not ranges:
            return self.value(body, bound)
        index, low, high = ranges[-1].elts  # the outermost
        found = None
        for k in range(self.time(low, bound), self.time(high, bound) + 1):
            before, self.times = self.times, {**self.times, **({index.id: k} if index.id in self.times else {})}
            term = self._over(body, ranges[:-1], {**bound, index.id: k}, join, empty)
            self.times = before
            found = term if found is None else join(found, term)
        return empty if found is None else found

    def _of_piecewise(self, args, bound):
        found, open_yet = np.nan, True
        for branch in args:
            value, condition = branch.elts
            holds = open_yet & self._holds(condition, bound)
            found = np.where(holds, self.value(value, bound), found)
            open_yet = open_yet & ~np.asarray(holds)
        if np.any(open_yet):
            raise NoValue
        return found if np.ndim(found) else float(found)

    def _holds(self, condition, bound):
        if isinstance(condition, ast.Constant) or (isinstance(condition, ast.Name) and condition.id == "otherwise"):
            return True
        sides = [np.real(self.value(s, bound)) for s in (condition.left, *condition.comparators)]
        found = True
        for op, pair in zip(condition.ops, pairwise(sides)):
            found = found & ORDERS[type(op)](*pair)
        return found


def array(text, variables, parameters, sizes, step, length):
    """The value of a text of a vector formula."""
    return Array(variables, parameters, sizes, step, length).value(tree(on_a_line(text)))
