"""Nodes as Python expressions, with identifiers of our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Rational, S, Symbol

from symgrad.compute.numbers.arithmetic import ONE
from symgrad.compute.numbers.runtime import MOST
from symgrad.compute.program import nodes
from symgrad.compute.program.lowering import SLOPE, definition
from symgrad.compute.program.nodes import Node, entrywise, number
from symgrad.compute.program.program import EXPONENT, LOSS, LOST, Program, rebuilt
from symgrad.symbols import Timed

AT_ONE_STEP = "step_"  # what products at one step are told apart by from those over all steps


@dataclass(frozen=True)
class Names:
    """Identifiers of our own for all that a program names; no name of a user is among them."""

    series: dict[Expr, str]
    parameters: dict[Expr, str]
    sizes: dict[Any, str]
    results: dict[str, str]

    @classmethod
    def of(cls, program: Program) -> Names:
        variables = dict.fromkeys(v for line in program.lines for v, _ in sorted(line.reads, key=str))
        variables |= dict.fromkeys(line.target for line in program.lines if isinstance(line.target, Timed))
        leaves = [n for line in program.lines for n in line.node.walk()]
        parameters = dict.fromkeys(n.data for n in leaves if n.op == "parameter")
        sizes = dict.fromkeys(s for n in leaves for e in _sizes_in(n) for s in e.free_symbols)
        results = dict.fromkeys(line.target for line in program.lines if not isinstance(line.target, Timed))
        return cls(
            {v: f"{v.role.value}{k}" for k, v in enumerate(variables, 1)},
            {p: f"parameter{k}" for k, p in enumerate(parameters, 1)},
            {s: f"size{k}" for k, s in enumerate(sorted(sizes, key=str), 1)},
            {r: LOSS if r == LOSS else f"result{k}" for k, r in enumerate(results, 1)}
            | ({EXPONENT: EXPONENT, LOST: LOST} if program.rescaled else {}),
        )

    def of_leaf(self, what: Expr) -> str:
        """The identifier of a variable or a parameter."""
        return self.series[what] if what in self.series else self.parameters[what]


def _sizes_in(node: Node) -> Iterator[Expr]:
    yield from node.shape
    if node.op == "size":
        yield node.data
    if node.op == "slice":
        yield from (end for limits in node.data for end in limits)


# --- expressions --------------------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Writes nodes as expressions; `leaf` says how a variable so many steps away is read here.

    What is written for a node is an atom of Python: a name, a call, a subscript or brackets, so that a subscript, a
    power or a sign may stand beside it.
    """

    names: Names
    leaf: Any
    known: Mapping[Node, str] = field(default_factory=dict)
    scalars: bool = False
    in_loop: bool = False
    plain: bool = False  # for doubles alone: numbers and comparisons as Python has them

    @property
    def prefix(self) -> str:
        """What functions of plain numbers are told apart by from those of arrays."""
        return ONE if self.scalars else ""

    def text(self, node: Node) -> str:
        """The expression of a node, in brackets unless it is a name, a call or a subscript."""
        if node in self.known:
            return self.known[node]
        if node.op in _WRITERS:
            return str(_WRITERS[node.op](self, node))
        if self.plain and node.op in nodes.COMPARISONS:
            return f"({self.lifted(node.args[0], node)} {nodes.COMPARISONS[node.op]} {self.lifted(node.args[1], node)})"
        arguments = ", ".join(self.value(a) if a.op == "number" else self.lifted(a, node) for a in node.args)
        if node.op == "call":
            name, which = node.data
            return f"{self.prefix}{function_name(name, which)}({arguments})"
        if node.op == "matvec" and self.in_loop:
            return f"{AT_ONE_STEP}matvec({arguments})"
        return f"{self.prefix if node.op in _OF_NUMBERS else ''}{node.op}({arguments})"

    def value(self, node: Node) -> str:
        """The expression of a whole value, in the arithmetic also where it is a plain number."""
        if node.op == "number":
            return _closed(repr(node.data.p / node.data.q)) if self.plain else f"number({node.data.p}, {node.data.q})"
        return self.text(node)

    def put(self, node: Node, place: str) -> str:
        """A call that computes a node, one of `PUT`, where it is stored."""
        *rest, last = node.args
        if node.op not in ("add", "multiply"):
            return f"{node.op}({', '.join(self.lifted(a, node) for a in node.args)}, {place})"
        first = self.lifted(rest[0] if len(rest) == 1 else Node(node.op, rest, node.shape), node)
        return f"{node.op}({first}, {self.lifted(last, node)}, {place})"

    def lifted(self, argument: Node, node: Node) -> str:
        """An argument whose shape has fewer axes than the result, with axes of length 1 for those it lacks."""
        missing = len(node.shape) - len(argument.shape)
        text = self.text(argument)
        if missing <= 0 or node.op not in nodes.ENTRYWISE or argument.op in _PLAIN or not nodes_vary(argument):
            return text
        return f"spread({text}, {missing})"

    def size(self, e: Expr) -> str:
        """A size in terms of those that the arguments show."""
        if isinstance(e, Symbol):
            return self.names.sizes[e]
        if e.is_Integer:
            return str(e)
        joined = " + " if e.is_Add else "*"
        return f"({joined.join(self.size(a) for a in e.args)})"

    def shape(self, node: Node) -> str:
        return "(" + "".join(f"{self.size(s)}, " for s in node.shape) + ")"


PUT = {"add", "multiply", "divide", *nodes.FUNCTIONS} - {"erf", "erfc", "normal_cdf", "normal_tail"}
_OF_NUMBERS = {*nodes.FUNCTIONS, *nodes.COMPARISONS, "maximum", "minimum", *nodes.EXACT_EXPONENTS}
_PLAIN = {"number", "size", "length", "constant"}


def nodes_vary(node: Node) -> bool:
    """Whether it is an array of its own, and not a number that fits everything."""
    return any(n.op in ("parameter", "timed", "step", "ones", "zeros", "argument") for n in node.walk())


def _number(writer: Writer, node: Node) -> str:
    value: Rational = node.data
    if value.is_Integer and abs(value) < 2**53:
        return _closed(str(value))
    if value.q in (2, 4, 8, 16) and abs(value) < 2**40:  # exact in every arithmetic
        return _closed(repr(float(value)))
    return writer.value(node)


def _closed(number: str) -> str:
    """A number, in brackets if it has a sign."""
    return f"({number})" if number.startswith("-") else number


def _whole_number(writer: Writer, text: str) -> str:
    """An integer as a number of the arithmetic: Python would divide two integers in doubles."""
    return text if writer.plain else f"number({text})"


def _sum(writer: Writer, node: Node) -> str:
    text = ""
    for term in node.args:
        sign, rest = " + ", term
        is_negative = term.op == "multiply" and term.args[0].op == "number" and term.args[0].data == -1
        if is_negative and term not in writer.known:
            sign, rest = " - ", _without_sign(term)
        part = writer.lifted(rest, node)
        text = f"{text}{sign}{part}" if text else (f"-{part}" if sign == " - " else part)
    return f"({text})"


def _without_sign(term: Node) -> Node:
    """A product without the -1 in front, its other factors as they are."""
    return term.args[1] if len(term.args) == 2 else Node("multiply", term.args[1:], term.shape)


def _product(writer: Writer, node: Node) -> str:
    first, *rest = node.args
    if first.op == "number" and first.data == -1:
        return f"(-{_product_of(writer, rest, node)})"
    return _product_of(writer, node.args, node)


def _product_of(writer: Writer, factors: Sequence[Node], node: Node) -> str:
    return "(" + "*".join(writer.lifted(f, node) for f in factors) + ")"


def _quotient(writer: Writer, node: Node) -> str:
    above, below = (writer.lifted(a, node) for a in node.args)
    return f"({above}/{below})"


def _power(writer: Writer, node: Node) -> str:
    if node.data == 2 and node.args[0] in writer.known:
        return f"({writer.text(node.args[0])}*{writer.text(node.args[0])})"
    if node.data.is_Integer:
        return f"({writer.text(node.args[0])}**{node.data})"
    return f"power({writer.text(node.args[0])}, number({node.data.p}, {node.data.q}))"


def _where(writer: Writer, node: Node) -> str:
    below, decay, one = node.args
    if writer.plain and not writer.scalars and below.op == "less" and one is number(1) and _is_decay(decay):
        # NumPy takes the larger of two numbers in half the time in which it chooses.
        above = Node("at_least", below.args, below.shape)
        return f"maximum({writer.lifted(decay, node)}, {writer.lifted(above, node)})"
    condition, yes, no = (writer.value(a) if a.op == "number" else writer.lifted(a, node) for a in node.args)
    return f"({yes} if {condition} else {no})" if writer.scalars else f"where({condition}, {yes}, {no})"


def _is_decay(node: Node) -> bool:
    """Whether this is exp(-|x|), which lies between 0 and 1."""
    if node.op != "exp" or node.args[0].op != "multiply":
        return False
    sign, *rest = node.args[0].args
    return sign.op == "number" and sign.data < 0 and all(a.op in ("abs", "number") for a in rest)


# --- sigmoids -----------------------------------------------------------------------------------------------------
#
# The formula that is stable everywhere goes by exp(-|x|). Where more is known, it takes fewer operations.


def without_range(node: Node) -> Node:
    """The node with 1/(1 + exp(-x)) for a sigmoid, and its slope by the same, for numbers that never overflow."""
    table = {}
    for part in node.walk():
        x = _place_of(part)
        if x is not None:
            power = entrywise("exp", nodes.negative(x))
            below = entrywise("add", number(1), power)
            is_slope = part.args[0].op != "where"
            table[part] = nodes.divide(power, nodes.power(below, S(2))) if is_slope else nodes.divide(number(1), below)
    return rebuilt(node, table) if table else node


def with_one_exponential(node: Node) -> Node:
    """The node with exp(x)/(1 + exp(x)) for a sigmoid of doubles.

    The exponential is that of 700 where x is larger: there the quotient is 1 already.
    """
    table = {}
    for part in node.walk():
        x = _place_of(part)
        if x is not None and part.args[0].op == "where":
            power = entrywise("exp", entrywise("minimum", x, number(int(MOST))))
            table[part] = entrywise("divide", power, nodes.add(number(1), power))
    return rebuilt(node, table) if table else node


def with_shared_exponentials(bodies: list[Node]) -> list[Node]:
    """The bodies with h = exp(x)/(1 + exp(x)) for sigmoids of doubles, and h/(1 + exp(x)) for their slopes.

    Of large x the exponential is that of 700, and the slope is made smaller by what is missing; most often there are
    none, and it takes one look to see it.
    """
    parts = {part for body in bodies for part in body.walk()}
    places = {part: x for part in parts if (x := _place_of(part)) is not None}
    values = {x: part for part, x in places.items() if part.args[0].op == "where"}
    table = {}
    for part, x in places.items():
        if x in values:
            capped = entrywise("capped", x)
            power = entrywise("exp", capped)
            below = nodes.add(number(1), power)
            value = entrywise("divide", power, below)
            slope = entrywise("faded", entrywise("divide", value, below), x, capped)
            table[part] = value if part is values[x] else slope
    return [rebuilt(body, table) for body in bodies] if table else bodies


def _place_of(node: Node) -> Node | None:
    """x, if the node is a sigmoid of it, exp(-|x|) or 1 over 1 + exp(-|x|), or its slope, exp(-|x|) over the square."""
    if node.op != "divide":
        return None
    above, below = node.args
    if above.op == "where":
        less, decay, one = above.args
        is_value = one is number(1) and less.op == "less" and less.args[1] is number(0)
    else:
        decay, is_value = above, below.op == "power" and below.data == 2
        below = below.args[0] if is_value else below
    if not is_value or below.op != "add" or {*below.args} != {number(1), decay} or not _is_decay(decay):
        return None
    x = decay.args[0].args[-1].args[0]
    return x if decay is entrywise("exp", nodes.negative(entrywise("abs", x))) else None


def _stack(writer: Writer, node: Node) -> str:
    parts = [writer.text(a) if a.shape else f"spread({writer.value(a)}, 1)" for a in node.args]
    return f"{AT_ONE_STEP if writer.in_loop else ''}stack({', '.join(parts)})"


def _slice(writer: Writer, node: Node) -> str:
    places = (
        writer.size(start) if stop is None else f"{writer.size(start)}:{writer.size(stop)}"
        for start, stop in nodes.places_of(node)
    )
    number = "" if node.shape or writer.plain else "[()]"  # NumPy would store a lone object in an array of its own
    return f"{writer.text(node.args[0])}[..., {', '.join(places)}]{number}"


def _filled(writer: Writer, node: Node) -> str:
    return f"{node.op}({writer.shape(node)})" if node.shape else f"number({int(node.op == 'ones')})"


def _scaled_rows(writer: Writer, node: Node) -> str:
    vector, matrix = map(writer.text, node.args)
    return f"(spread({vector}, 1)*{matrix})"


def _scaled_columns(writer: Writer, node: Node) -> str:
    matrix, vector = map(writer.text, node.args)
    return f"({matrix}*{vector}[..., None, :])"


def _identity(writer: Writer, node: Node) -> str:
    return f"identity({writer.size(node.shape[0])})" if node.shape else "number(1)"


def _block(writer: Writer, node: Node) -> str:
    rows, columns, shapes = node.data
    parts = [_whole(writer, a, shape) for a, shape in zip(node.args, shapes)]
    return f"block({rows}, {columns}, {', '.join(parts)})"


def _whole(writer: Writer, node: Node, shape: tuple[Expr, Expr]) -> str:
    """A part of a matrix with both its axes."""
    if not node.shape:
        return f"spread({writer.value(node)}, 2)"
    text = writer.text(node)
    places = [":" if size != 1 else "None" for size in shape]
    return f"{text}[..., {', '.join(places)}]" if "None" in places else text


_WRITERS: dict[str, Any] = {
    "block": _block,
    "number": _number,
    "constant": lambda writer, node: "pi",
    "parameter": lambda writer, node: writer.names.parameters[node.data],
    "size": lambda writer, node: _whole_number(writer, writer.size(node.data)),
    "length": lambda writer, node: _whole_number(writer, "length"),
    "step": lambda writer, node: writer.leaf(None, 0),
    "timed": lambda writer, node: writer.leaf(*node.data),
    "argument": lambda writer, node: f"x{node.data}",
    "add": _sum,
    "multiply": _product,
    "divide": _quotient,
    "power": _power,
    "where": _where,
    "scaled_rows": _scaled_rows,
    "scaled_columns": _scaled_columns,
    "stack": _stack,
    "slice": _slice,
    "ones": _filled,
    "zeros": _filled,
    "identity": _identity,
}


def function_name(name: str, which: str) -> str:
    """The name of the function for an activation or its slope."""
    return f"{name}_slope" if which == SLOPE else f"{name}_value"


def definitions(found: Iterable[Node], names: Names, scalars: bool, plain: bool = False) -> Iterator[str]:
    """The functions of the activations that nodes call, from their stable formulas."""
    calls = {(*node.data, len(node.args)) for node in found if node.op == "call"}
    for name, which, count in sorted(calls):
        arguments = [Node("argument", data=k) for k in range(count)]
        body = definition(name, which, *arguments)
        body = body if plain and scalars else with_one_exponential(body) if plain else without_range(body)
        head = ", ".join(f"x{k}" for k in range(count))
        writer = Writer(names, None, scalars=scalars, plain=plain)
        yield f"def {writer.prefix}{function_name(name, which)}({head}):"
        shared, lines = _with_names(body, writer)
        yield from (f"    {line}" for line in lines)
        yield f"    return {shared}"


def _with_names(body: Node, writer: Writer) -> tuple[str, list[str]]:
    """The expression of a node, and lines before it that name what it uses more than once."""
    uses: dict[Node, int] = {}
    for node in body.walk():
        for a in node.args:
            uses[a] = uses.get(a, 0) + 1
    known: dict[Node, str] = {}
    lines = []
    for node in body.walk():
        if uses.get(node, 0) > 1 and node.args:
            text = Writer(writer.names, writer.leaf, known, writer.scalars, plain=writer.plain).text(node)
            known = {**known, node: f"value{len(known)}"}
            lines.append(f"{known[node]} = {text}")
    return Writer(writer.names, writer.leaf, known, writer.scalars, plain=writer.plain).text(body), lines
