"""Formulas as JavaScript: the functions of the activations for a page, with identifiers of our own.

JavaScript has doubles and, in `Math`, most functions of one number. The normal distribution and the error function are
written out as a Chebyshev series, whose coefficients are computed in balls when the text is made. The logarithm of a
slope is a formula of its own, so that a slope below the least double is still a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy
from flint import arb
from sympy import Expr, Rational, S, Symbol

from symgrad.activations.rows import ROWS
from symgrad.balls import precision
from symgrad.base.errors import CellError
from symgrad.base.untyped import Array
from symgrad.compute.numbers.arithmetic import BALLS, ONE
from symgrad.compute.program import nodes
from symgrad.compute.program.lowering import SLOPE, VALUE, Lowering, definition
from symgrad.compute.program.nodes import Node

LOG_SLOPE = "log_slope"
KINDS = (VALUE, SLOPE, LOG_SLOPE)
BITS = 300  # of constants, of which 53 are written


def code_of(formula: Expr, *symbols: Symbol, name: str = "formula") -> str:
    """A formula as a function of its symbols, with all functions that it needs before it.

    Raises
    ------
    CellError
        If it holds anything but numbers, the symbols, and functions that programs have.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> print(code_of(sg.softsign(x) ** 2, x))
    function softsign_value(x0) {
      return x0 / (1 + Math.abs(x0));
    }
    <BLANKLINE>
    function formula(x0) {
      const value0 = softsign_value(x0);
      return value0 * value0;
    }
    """
    leaves: dict[Symbol, Node] = {symbol: Node("argument", data=k) for k, symbol in enumerate(symbols)}
    body = Lowering(leaves=leaves).node(formula)
    return script({name: Function(body, len(symbols))})


def activations(names: Iterable[str]) -> str:
    """For each activation its value, its slope and the logarithm of the size of its slope.

    The functions are called ``sigmoid_value``, ``sigmoid_slope`` and ``sigmoid_log_slope``; parameters have their
    defaults.
    """
    x = Node("argument", data=0)
    return script({f"{name}_{kind}": Function(body_of(name, kind, x), 1) for name in names for kind in KINDS})


def body_of(name: str, kind: str, x: Node) -> Node:
    """What an activation, its slope, or the logarithm of its slope is computed from."""
    return logarithm(definition(name, SLOPE, x)).log if kind == LOG_SLOPE else definition(name, kind, x)


@dataclass(frozen=True)
class Function:
    """A function to be written: the node of its value, and how many arguments it has."""

    body: Node
    count: int

    def __iter__(self) -> Iterator[Node]:
        return self.body.walk()


def script(functions: Mapping[str, Function]) -> str:
    """The text of functions by name, what they call before them."""
    written: dict[str, str] = {}
    for name, function in functions.items():
        _write(name, function, written)
    return "\n\n".join(written.values())


def _write(name: str, function: Function, written: dict[str, str]) -> None:
    if name in written:
        return
    if not (name.isascii() and name.isidentifier()):
        raise CellError(f"{name!r} is no name of a function in JavaScript")
    for node in function:
        if node.shape:
            raise CellError(f"a function in JavaScript is one of numbers; {node.op} has the shape {node.shape}")
        if _is_constant(node):
            continue
        if node.op == "call":
            which, count = node.data, len(node.args)
            arguments = [Node("argument", data=k) for k in range(count)]
            _write("_".join(which), Function(definition(*which, *arguments), count), written)
        for helper in _needed(node.op):
            written.setdefault(helper, _helpers()[helper])
    written[name] = _function_text(name, function)


def _function_text(name: str, function: Function) -> str:
    head = ", ".join(f"x{k}" for k in range(function.count))
    writer, lines = Writer(), []
    uses: dict[Node, int] = {}
    for node in function:
        for a in node.args:
            uses[a] = uses.get(a, 0) + (2 if node.op == "power" else 1)  # a square names what it multiplies
    for node in function:
        if uses.get(node, 0) > 1 and node.args and not _is_constant(node):
            text = writer.text(node)
            writer.known[node] = f"value{len(writer.known)}"
            lines.append(f"  const {writer.known[node]} = {_bare(text)};\n")
    return f"function {name}({head}) {{\n{''.join(lines)}  return {_bare(writer.text(function.body))};\n}}"


def _bare(text: str) -> str:
    """An expression without the brackets around all of it.

    Examples
    --------
    >>> _bare("(x0 + 1)"), _bare("(x0 + 1) * (x0 - 1)")
    ('x0 + 1', '(x0 + 1) * (x0 - 1)')
    """
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for letter in text[:-1]:
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text
    return text[1:-1]


# --- expressions --------------------------------------------------------------------------------------------------

_OF_MATH = {
    name: f"Math.{name}" for name in nodes.FUNCTIONS if name not in ("erf", "erfc", "normal_cdf", "normal_tail")
}
_CALLED = {
    **_OF_MATH,
    **{name: name for name in ("erf", "erfc", "normal_cdf", "normal_tail", *nodes.EXACT_EXPONENTS)},
    "maximum": "Math.max",
    "minimum": "Math.min",
}
_BETWEEN = {**nodes.COMPARISONS, "equal": "===", "different": "!==", "divide": "/", "both": "&&", "either": "||"}
_MOST_FACTORS = 16  # of a power that is written as a product


@dataclass
class Writer:
    """Writes nodes as expressions, in brackets where they need them; `known` are those that have a name."""

    known: dict[Node, str] = field(default_factory=dict)

    def text(self, node: Node) -> str:
        if node in self.known:
            return self.known[node]
        if _is_constant(node):
            return literal(node)
        if node.op in _WRITERS:
            return str(_WRITERS[node.op](self, node))
        if node.op in _BETWEEN:
            return f"({f' {_BETWEEN[node.op]} '.join(map(self.text, node.args))})"
        arguments = ", ".join(_bare(self.text(a)) for a in node.args)
        if node.op == "call":
            return f"{'_'.join(node.data)}({arguments})"
        if node.op not in _CALLED:
            raise CellError(f"JavaScript has no {node.op}")
        return f"{_CALLED[node.op]}({arguments})"


def _argument(writer: Writer, node: Node) -> str:
    return f"x{node.data}"


def _sum(writer: Writer, node: Node) -> str:
    text = ""
    for term in node.args:
        is_negative = _is_negative(term) and term not in writer.known
        part = writer.text(nodes.multiply(*term.args[1:]) if is_negative else term)
        part = _bare(part) if term.op == "multiply" and not part.startswith("(-") else part
        sign = "-" if is_negative else "+"
        text = f"{text} {sign} {part}" if text else (f"-{part}" if is_negative else part)
    return f"({text})"


def _product(writer: Writer, node: Node) -> str:
    factors = node.args[1:] if _is_negative(node) else node.args
    return f"({'-' * _is_negative(node)}{' * '.join(map(writer.text, factors))})"


def _is_negative(node: Node) -> bool:
    return node.op == "multiply" and node.args[0].op == "number" and node.args[0].data == -1


def _power(writer: Writer, node: Node) -> str:
    base, exponent = writer.text(node.args[0]), node.data
    if exponent.is_Integer and exponent <= _MOST_FACTORS:
        return f"({' * '.join([base] * int(exponent))})"
    return f"Math.pow({base}, {_of_double(exponent.p / exponent.q)})"


def _where(writer: Writer, node: Node) -> str:
    condition, yes, no = map(writer.text, node.args)
    return f"({condition} ? {yes} : {no})"


_WRITERS: dict[str, Any] = {
    "argument": _argument,
    "add": _sum,
    "multiply": _product,
    "power": _power,
    "where": _where,
}


# --- constants ----------------------------------------------------------------------------------------------------


def _is_constant(node: Node) -> bool:
    return all(n.op in ("number", "constant") for n in node.walk() if not n.args)


@cache
def literal(node: Node) -> str:
    """The double nearest to a node without arguments, as JavaScript writes it.

    Examples
    --------
    >>> literal(nodes.number(Rational(1, 3))), literal(nodes.entrywise("sqrt", nodes.number(2)))
    ('0.3333333333333333', '1.4142135623730951')
    """
    if node.op == "number":
        value: Rational = node.data
        if value.is_Integer and abs(value) < 2**53:
            return str(value) if value >= 0 else f"({value})"
        return _of_double(value.p / value.q)
    if node.op == "log" and node.args[0].op == "number" and node.args[0].data == 0:
        return "(-Infinity)"
    with precision(BITS):
        found = _ball(node)
    return str(bool(found)).lower() if isinstance(found, bool) else _of_double(float(found))


def _of_double(value: float) -> str:
    if not math.isfinite(value):
        raise CellError(f"a constant of a formula is no finite double: {value}")
    return repr(value) if value >= 0 else f"({value!r})"


def _ball(node: Node) -> Array:
    """The value of a node without arguments."""
    functions = BALLS.functions()
    if node.op == "number":
        return BALLS.number(node.data.p, node.data.q)
    if node.op == "constant":
        return arb.pi() if node.data == sympy.pi else arb.const_e()
    parts = [_ball(a) for a in node.args]
    if node.op == "call":
        return _ball(definition(*node.data, *node.args))
    if node.op == "where":
        return parts[1] if parts[0] else parts[2]
    if node.op == "power":
        return parts[0] ** BALLS.number(node.data.p, node.data.q)
    if node.op in ("both", "either"):
        return all(parts) if node.op == "both" else any(parts)
    if node.op == "add":
        return sum(parts[1:], parts[0])
    if node.op == "multiply":
        return math.prod(parts[1:], start=parts[0])
    if node.op == "divide":
        return parts[0] / parts[1]
    return functions[ONE + node.op](*parts)


# --- logarithms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignedLog:
    """A number by its sign, -1, 0 or 1, and the natural logarithm of its size."""

    sign: Node
    log: Node


_EXPONENTIALS = {"exp", *nodes.EXACT_EXPONENTS}
_LEAST_LOG = -(10**306)  # stands for the logarithm of 0 where one is taken from another


def logarithm(node: Node) -> SignedLog:
    """Sign and logarithm of a node, in which no factor of it underflows.

    Products become sums, exponentials their exponents; a sum in which all terms may underflow is taken relative to its
    largest term. Any other sum is computed as it stands.

    Examples
    --------
    >>> x = Node("argument", data=0)
    >>> Writer().text(logarithm(nodes.entrywise("exp", -x) / (1 + x) ** 2).log)
    '(-x0 - 2 * Math.log(Math.abs(1 + x0)))'
    """
    if node.op in _LOGARITHMS:
        return _LOGARITHMS[node.op](node)
    if node.op in _EXPONENTIALS:
        return SignedLog(nodes.number(1), _exponent(node))
    if node.op == "add" and _may_underflow(node):
        return _log_of_sum(node)
    return SignedLog(nodes.entrywise("sign", node), _log_of_size(node))


def _log_of_size(node: Node) -> Node:
    return nodes.entrywise("log", nodes.entrywise("abs", node))


def _exponent(node: Node) -> Node:
    if node.op == "exp":
        return node.args[0]
    join = nodes.multiply if node.op == "exp_of_product" else nodes.divide
    return join(*node.args)


def _may_underflow(node: Node) -> bool:
    """Whether an exponential makes a node as small as it likes."""
    if node.op == "add":
        return all(map(_may_underflow, node.args))
    if node.op in ("multiply", "where"):
        return any(map(_may_underflow, node.args))
    if node.op in ("divide", "power", "sqrt"):
        return _may_underflow(node.args[0])
    return node.op in _EXPONENTIALS


def _log_of_number(node: Node) -> SignedLog:
    value: Rational = node.data
    return SignedLog(nodes.number(sympy.sign(value)), nodes.entrywise("log", nodes.number(abs(value))))


def _log_of_product(node: Node) -> SignedLog:
    parts = [logarithm(a) for a in node.args]
    return SignedLog(nodes.multiply(*(p.sign for p in parts)), nodes.add(*(p.log for p in parts)))


def _log_of_quotient(node: Node) -> SignedLog:
    above, below = map(logarithm, node.args)
    return SignedLog(above.sign * below.sign, above.log - below.log)


def _log_of_power(node: Node) -> SignedLog:
    base = logarithm(node.args[0])
    is_odd = node.data.is_Integer and node.data % 2
    return SignedLog(base.sign if is_odd else base.sign * base.sign, nodes.multiply(nodes.number(node.data), base.log))


def _log_of_root(node: Node) -> SignedLog:
    base = logarithm(node.args[0])
    return SignedLog(base.sign, base.log / 2)


def _log_of_choice(node: Node) -> SignedLog:
    condition, yes, no = node.args
    first, second = logarithm(yes), logarithm(no)
    sign = first.sign if first.sign is second.sign else nodes.entrywise("where", condition, first.sign, second.sign)
    return SignedLog(sign, nodes.entrywise("where", condition, first.log, second.log))


def _log_of_sum(node: Node) -> SignedLog:
    """Relative to what all terms have in common, as exponents far out have no digits left for what sets terms apart."""
    parts = [logarithm(a) for a in node.args]
    addends = [_addends(part.log) for part in parts]
    common = {a: min(each.get(a, S.Zero) for each in addends) for a in addends[0]}
    common = {a: times for a, times in common.items() if times > 0}
    rests = [_joined({a: times - common.get(a, 0) for a, times in each.items()}) for each in addends]
    largest = nodes.number(_LEAST_LOG)
    for rest in rests:
        largest = nodes.entrywise("maximum", largest, rest)
    relative = nodes.add(*(p.sign * nodes.entrywise("exp", rest - largest) for p, rest in zip(parts, rests)))
    log = nodes.add(_joined(common), largest, _log_of_size(relative))
    return SignedLog(nodes.entrywise("sign", relative), log)


def _addends(node: Node) -> dict[Node, Expr]:
    """What a node is the sum of, and how many times each."""
    if node.op == "add":
        found: dict[Node, Expr] = {}
        for part in node.args:
            for addend, times in _addends(part).items():
                found[addend] = found.get(addend, S.Zero) + times
        return found
    if node.op == "multiply" and node.args[0].op == "number":
        factor: Rational = node.args[0].data
        return {addend: factor * times for addend, times in _addends(nodes.multiply(*node.args[1:])).items()}
    return {node: S.One}


def _joined(addends: Mapping[Node, Expr]) -> Node:
    return nodes.add(*(nodes.multiply(nodes.number(times), addend) for addend, times in addends.items() if times != 0))


_LOGARITHMS: dict[str, Callable[[Node], SignedLog]] = {
    "number": _log_of_number,
    "multiply": _log_of_product,
    "divide": _log_of_quotient,
    "power": _log_of_power,
    "sqrt": _log_of_root,
    "where": _log_of_choice,
    "abs": lambda node: SignedLog(nodes.number(1), logarithm(node.args[0]).log),
    "call": lambda node: logarithm(definition(*node.data, *node.args)),
}


# --- functions that `Math` lacks ----------------------------------------------------------------------------------

# The normal distribution function over exp(-u**2/2) at -u falls from 1/2 like 1/u. Times 1 + SLOPE_AT_INFINITY*u it
# stays between 0.4 and 0.5, and in t = (u - MIDDLE)/(u + MIDDLE) it is one series for all u >= 0.
#
# References: Shepherd, Laframboise, Chebyshev approximation of (1 + 2x) exp(x**2) erfc(x) in 0 <= x < oo (1981).
MIDDLE = 5
SLOPE_AT_INFINITY = Rational(5, 4)
PLACES = 96  # where the function is computed for the coefficients
LEAST_COEFFICIENT = 2.0**-58
ERF_TERMS = 14  # the first one left out, at 1/2, is below 2**-70


@cache
def tail_coefficients() -> tuple[float, ...]:
    """Chebyshev coefficients of the tail of the normal distribution, as written above.

    What is left out of the series is at most the sum of the coefficients left out, about `LEAST_COEFFICIENT`.
    """
    with precision(BITS):
        angles = [arb.pi() * (2 * k + 1) / (2 * PLACES) for k in range(PLACES)]
        values = [_tail_at(angle.cos()) for angle in angles]
        found = [
            sum((value * (j * angle).cos() for value, angle in zip(values, angles)), arb(0)) * 2 / PLACES
            for j in range(PLACES // 2)
        ]
    kept = max(j for j, c in enumerate(found) if abs(c) > LEAST_COEFFICIENT) + 1
    return tuple(float(c / 2) if j == 0 else float(c) for j, c in enumerate(found[:kept]))


def _tail_at(t: arb) -> arb:
    u = MIDDLE * (1 + t) / (1 - t)
    weight = 1 + u * int(SLOPE_AT_INFINITY.p) / int(SLOPE_AT_INFINITY.q)
    return (u / arb(2).sqrt()).erfc() / 2 * (u * u / 2).exp() * weight


@cache
def _erf_coefficients() -> tuple[float, ...]:
    with precision(BITS):
        factor = 2 / arb.pi().sqrt()
        return tuple(float(factor * (-1) ** n / (math.factorial(n) * (2 * n + 1))) for n in range(ERF_TERMS))


_CALLS = {
    "exp_of_product": ("rounding_of_product",),
    "exp_of_quotient": ("rounding_of_product",),
    "normal_cdf": ("rounding_of_product", "exp_of_product", "normal_tail"),
    "normal_tail": (),
    "erfc": ("rounding_of_product", "exp_of_product", "normal_tail"),
    "erf": ("rounding_of_product", "exp_of_product", "normal_tail", "erfc"),
}
# Beyond these an error of rounding is not computed, as halves of a factor would overflow.
_FAR, _MOST_EXPONENT = "1e150", "800"


def _needed(op: str) -> tuple[str, ...]:
    return (*_CALLS[op], op) if op in _CALLS else ()


@cache
def _helpers() -> Mapping[str, str]:
    tail = ",\n    ".join(", ".join(map(repr, part)) for part in _rows(tail_coefficients()))
    of_erf = ",\n    ".join(", ".join(map(repr, part)) for part in _rows(_erf_coefficients()))
    weight = SLOPE_AT_INFINITY / 2  # halves, so that the largest double does not overflow
    return {
        "rounding_of_product": """\
function rounding_of_product(a, b) {
  const left = 134217729 * a, right = 134217729 * b;
  const a_high = left - (left - a), b_high = right - (right - b);
  const a_low = a - a_high, b_low = b - b_high;
  return ((a_high * b_high - a * b) + a_high * b_low + a_low * b_high) + a_low * b_low;
}""",
        "exp_of_product": f"""\
function exp_of_product(a, b) {{
  const near = Math.abs(a) < {_FAR} && Math.abs(b) < {_FAR};
  return Math.exp(a * b) * (1 + (near ? rounding_of_product(a, b) : 0));
}}""",
        "exp_of_quotient": f"""\
function exp_of_quotient(a, b) {{
  const quotient = a / b;
  const near = Math.abs(quotient) < {_MOST_EXPONENT} && Math.abs(a) < {_FAR} && Math.abs(b) < {_FAR};
  const rest = near ? (a - quotient * b) - rounding_of_product(quotient, b) : 0;
  return Math.exp(quotient) * (1 + rest / b);
}}""",
        "normal_tail": f"""\
function normal_tail(x) {{
  if (x > 0) {{
    return Math.exp(x * x / 2) - normal_tail(-x);
  }}
  const coefficients = [
    {tail},
  ];
  const t = (-x - {MIDDLE}) / (-x + {MIDDLE});
  let sum = 0, before = 0;
  for (let k = coefficients.length - 1; k > 0; k -= 1) {{
    [sum, before] = [2 * t * sum - before + coefficients[k], sum];
  }}
  return (t * sum - before + coefficients[0]) / 2 / (0.5 - {weight.p / weight.q!r} * x);
}}""",
        "normal_cdf": """\
function normal_cdf(x) {
  return x > 0 ? 1 - normal_cdf(-x) : exp_of_product(x, -x / 2) * normal_tail(x);
}""",
        "erfc": f"""\
function erfc(x) {{
  return x < 0 ? 2 - erfc(-x) : 2 * exp_of_product(x, -x) * normal_tail(-{math.sqrt(2)!r} * Math.min(x, 1e300));
}}""",
        "erf": f"""\
function erf(x) {{
  if (Math.abs(x) >= 0.5) {{
    return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  }}
  const coefficients = [
    {of_erf},
  ];
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k -= 1) {{
    sum = sum * x * x + coefficients[k];
  }}
  return x * sum;
}}""",
    }


def _rows(values: tuple[float, ...], width: int = 4) -> Iterator[tuple[float, ...]]:
    for start in range(0, len(values), width):
        yield values[start : start + width]


def names() -> tuple[str, ...]:
    """The activations of the table, each once."""
    return tuple(name for name, row in ROWS.items() if row.name == name)
