"""Programs as a person would write them: one function in NumPy that can be pasted, for a single sequence."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr, MatrixExpr, Symbol

from symgrad.activations.rows import ROWS
from symgrad.compute.arrays.emit import Pads, pads_of
from symgrad.compute.numbers.arguments import is_in_time, is_initial, seen_shape
from symgrad.compute.program.fusion import Loop, Loops, loops_of
from symgrad.compute.program.lowering import SLOPE, definition
from symgrad.compute.program.nodes import COMPARISONS, Node, dropped, is_one, places_of
from symgrad.compute.program.program import LOSS, Line, Program, Steps
from symgrad.compute.program.schedule import schedule_of
from symgrad.recurrent.cells.cell import free_name
from symgrad.symbols import LENGTH, TIME, Timed, shape_of

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NUMPY = {
    "atan": "arctan", "asin": "arcsin", "acos": "arccos", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_HELPERS = {
    "erf": "erf = np.vectorize(math.erf)",
    "erfc": "erfc = np.vectorize(math.erfc)",
    "normal_cdf": "normal_cdf = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2)",
    "normal_tail": "normal_tail = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2 * math.exp(x * x / 2))",
    "exp_of_product": "def exp_of_product(a, b):\n    return np.exp(a * b)",
    "exp_of_quotient": "def exp_of_quotient(a, b):\n    return np.exp(a / b)",
    "softmax": "def softmax(x):\n    powers = np.exp(x - x.max())\n    return powers / powers.sum()",
    "logsumexp": "def logsumexp(x):\n    return x.max() + np.log(np.exp(x - x.max()).sum())",
}
_TAKEN = {
    "np", "math", "t", "T", LOSS, *keyword.kwlist, *dir(builtins),
    *_HELPERS, *ROWS, *(f"{name}_slope" for name in ROWS),
}  # fmt: skip


def code_of(program: Program) -> str:
    """A program as one function in NumPy.

    It takes arguments by name, in the shapes of `Run` without leading axes, and T where no argument has steps; it gives
    the loss and the gradients by argument, or the results of a formula. Names that are no names of Python, or mean
    something in the function, get an underscore. Initial states are 0 if left out, but for those that alone show a
    size.

    Examples
    --------
    >>> import symgrad as sg
    >>> from symgrad.compute.program.program import program_of
    >>> (n,) = sg.dims("n")
    >>> h, W = sg.State("h", n), sg.Parameter("W", n, n)
    >>> print(code_of(program_of(sg.bptt(sg.Cell({h: W @ h.prev}), sg.half_squared_error(h)))))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def run(W, target, h0=0):
        T = len(target)
        n = len(W)
        h = np.zeros((T + 2, n))
        hbar = np.zeros((T + 2, n))
        dtarget = np.zeros((T + 2, n))
        h[0] = h0
        loss = 0
        dW = 0
        dh0 = 0
        for t in range(1, T + 1):
            h[t] = W @ h[t-1]
            if t == T:
                loss += 0.5*((-target[t-1] + h[t]) @ (-target[t-1] + h[t]))
        for t in range(T, 0, -1):
            if t == T:
                hbar[t] = -target[t-1] + h[t]
            else:
                hbar[t] = W.T @ hbar[t+1]
            dW += np.outer(hbar[t], h[t-1])
            if t == T:
                dtarget[t] = -h[t] + target[t-1]
        dh0 += W.T @ hbar[1]
        return loss, {'W': dW, 'target': dtarget[1:-1], 'h0': dh0}
    """
    return _Printer(program).text()


class _Printer:
    def __init__(self, program: Program) -> None:
        self.program = program
        schedule = schedule_of(program)
        self.passes = (loops_of(schedule.forward, 1), loops_of(schedule.backward, -1))
        self.lines = [line for passes in self.passes for line in passes.lines]
        self.names = self._names()
        self.helpers: dict[str, str] = {}
        self.shown = dict(self._shown())
        found, computed = pads_of(program), {line.target for line in self.lines if isinstance(line.target, Timed)}
        self.pads = {v: Pads(max(1, found[v].before), max(1, found[v].after)) for v in computed}

    def text(self) -> str:
        body = list(self._body())
        used = [f"{text}\n" for text in self.helpers.values()]
        math = ["import math\n"] if any("math." in text for text in (*used, *body)) else []
        arguments = self.program.arguments.values()
        has_steps = any(is_in_time(key) for key in arguments) or not any(isinstance(k, Timed) for k in self.names)
        showing = {key for key, _ in self.shown.values()}
        free = [key for key in arguments if is_initial(key) and key not in showing]
        required = [self.names[key] for key in arguments if key not in free]
        given = ", ".join([*required, *([] if has_steps else ["T"]), *(f"{self.names[key]}=0" for key in free)])
        head = [*math, "import numpy as np", "\n", *used, f"def run({given}):"]
        return "\n".join([*head, *(f"    {line}" for line in body)])

    def _names(self) -> dict[Any, str]:
        """What each thing is called: as the user calls it where that is a name of Python, and not taken."""
        things: dict[Any, str] = {key: name for name, key in self.program.arguments.items()}
        leaves = [n for line in self.lines for n in line.node.walk()]
        things |= {n.data[0]: n.data[0].name for n in leaves if n.op == "timed" and n.data[0] not in things}
        things |= {line.target: str(getattr(line.target, "name", line.target)) for line in self.lines}
        things |= {s: str(s) for n in leaves for e in n.shape for s in e.free_symbols}
        found: dict[Any, str] = {}
        used = set(_TAKEN) - {LOSS}
        for thing, name in things.items():
            wanted = name if _PLAIN.fullmatch(name) else "value"
            wanted = f"{wanted}_" if wanted in _TAKEN - {LOSS} else wanted
            found[thing] = free_name(wanted, used)
            used.add(found[thing])
        return found

    # --- statements -----------------------------------------------------------------------------------------

    def _body(self) -> Iterator[str]:
        arguments = self.program.arguments
        series = [key for key in arguments.values() if is_in_time(key)]
        yield from [f"T = len({self.names[series[0]]})"] if series else []
        yield from self._without_axes()
        yield from self._sizes()
        computed = list(dict.fromkeys(line.target for line in self.lines if isinstance(line.target, Timed)))
        for target in computed:
            shape = "".join(f", {self._size(s)}" for s in dropped(shape_of(target)))
            steps = f"T + {self.pads[target].before + self.pads[target].after}"
            yield f"{self.names[target]} = np.zeros({f'({steps}{shape})' if shape else steps})"
        for variable in self.program.identities:
            start = f"np.eye({self._size(shape_of(variable)[0])})" if shape_of(variable) else "1"
            yield f"{self.names[variable]}[{self.pads[variable].before - 1}] = {start}"
        for key in arguments.values():
            if is_initial(key):
                series = self.program.series_of(key)
                yield f"{self.names[series]}[{self._row(series, key.time)}] = {self.names[key]}"
        totals = dict.fromkeys(line.target for line in self.lines if not isinstance(line.target, Timed))
        yield from (f"{self.names[total]} = 0" for total in totals)
        for passes in self.passes:
            yield from self._pass(passes)
        yield f"return {self._result()}"

    def _without_axes(self) -> Iterator[str]:
        """Arguments without the axes that are known to have length 1."""
        for key in self.program.arguments.values():
            kept = len(dropped(shape_of(key)))
            if key in self.names and kept != len(seen_shape(key)):
                axes = [*(["T"] if is_in_time(key) else []), *["-1"] * kept]
                yield f"{self.names[key]} = np.reshape({self.names[key]}, {_closed_tuple(axes)})"

    def _shown(self) -> Iterator[tuple[Symbol, tuple[MatrixExpr, int]]]:
        """Of each size the first argument that shows it, and along which of its axes."""
        known: set[Symbol] = set()
        for key in self.program.arguments.values():
            for axis, size in enumerate(dropped(shape_of(key))):
                if isinstance(size, Symbol) and size not in known and size in self.names:
                    known.add(size)
                    yield size, (key, axis + is_in_time(key))

    def _sizes(self) -> Iterator[str]:
        for size, (key, place) in self.shown.items():
            shown = f"len({self.names[key]})" if not place else f"{self.names[key]}.shape[{place}]"
            yield f"{self.names[size]} = {shown}"

    def _pass(self, passes: Loops) -> Iterator[str]:
        for loop in passes.loops:
            yield f"for t in {'range(1, T + 1)' if loop.direction > 0 else 'range(T, 0, -1)'}:"
            yield from (f"    {text}" for text in self._round(loop))
        for line in passes.borders:
            yield from self._line(line, line.at)

    def _round(self, loop: Loop) -> Iterator[str]:
        lines = list(loop.lines)
        while lines:
            line = lines.pop(0)
            if line.steps is Steps.EVERY:
                yield from self._line(line, None)
                continue
            pair = [line, *[x for x in lines[:1] if x.target == line.target and {x.steps, line.steps} == _BOTH]]
            del lines[: len(pair) - 1]
            pair.sort(key=lambda x: x.steps is not Steps.LAST)
            if all(_is_zero(x.node) for x in pair):
                continue
            for number, x in enumerate(pair):
                if len(pair) == 2 and number and _is_zero(x.node):
                    continue
                condition = "if t == T:" if x.steps is Steps.LAST else "if t < T:"
                yield "else:" if number else condition
                yield from (f"    {text}" for text in self._line(x, None))

    def _line(self, line: Line, step: Expr | None) -> Iterator[str]:
        name, text = self.names[line.target], self._expression(line.node, step)
        if isinstance(line.target, Timed):
            yield f"{name}[{self._row(line.target, _T)}] = {text}"
        else:
            yield f"{name} += {text}"

    def _result(self) -> str:
        gradients = self.program.gradients
        if LOSS not in self.names:
            return ", ".join(self._given(target, None) for target in gradients.values())
        keys = self.program.arguments
        found = ", ".join(
            f"{name!r}: {self._in_shape(self._given(target, keys.get(name)), keys.get(name))}"
            for name, target in gradients.items()
        )
        return f"{self.names[LOSS]}, {{{found}}}"

    def _in_shape(self, text: str, key: Expr) -> str:
        """A gradient in the shape of its argument."""
        if key is None or len(seen_shape(key)) == len(dropped(shape_of(key))):
            return text
        axes = [*(["T"] if is_in_time(key) else []), *map(self._size, seen_shape(key))]
        return f"np.reshape({text}, {_closed_tuple(axes)})"

    def _given(self, target: object, key: Expr | None) -> str:
        """A result; where nothing flows into a gradient, zeros in the shape of its argument."""
        if target not in self.names:
            sizes = [*(["T"] if is_in_time(key) else []), *map(self._size, dropped(shape_of(key)))] if key else []
            shape = ", ".join(sizes) if len(sizes) < 2 else f"({', '.join(sizes)})"
            return f"np.zeros({shape})" if sizes else "0"
        if not isinstance(target, Timed):
            return self.names[target]
        return f"{self.names[target]}[{self.pads[target].before}:-{self.pads[target].after}]"

    # --- expressions ----------------------------------------------------------------------------------------

    def _size(self, e: Expr) -> str:
        return str(e.xreplace({s: Symbol(self.names[s]) for s in e.free_symbols if s in self.names}))

    def _row(self, variable: Expr, step: Expr) -> str:
        """The index of the row of a step: of a series, which has rows before step 1 and after T, or of an argument."""
        before = self.pads[variable].before if variable in self.pads else 0
        row = sympy.expand(step + before - 1)
        found = str(row.xreplace({LENGTH: Symbol("T"), TIME: _T}))
        return found if "T" in found or not row.has(_T, TIME) else found.replace(" ", "")

    def _expression(self, node: Node, step: Expr | None) -> str:
        if node.op == "timed":
            return self._timed(node, step)
        if node.op in _LEAVES:
            return str(_LEAVES[node.op](self, node, step))
        parts = [self._part(a, node, step) for a in node.args]
        if node.op in _OF_PARTS:
            return str(_OF_PARTS[node.op](self, parts, node))
        if node.op in _TEXTS:
            return str(_TEXTS[node.op](parts, node))
        if node.op in COMPARISONS:
            return f"{_closed(parts[0])} {COMPARISONS[node.op]} {_closed(parts[1])}"
        name = node.op
        if node.op == "call":
            which, kind = node.data
            name = f"{which}_slope" if kind == SLOPE else which
            self._define(
                name, definition(which, kind, *(Node("argument", data=k) for k in range(len(parts)))), len(parts)
            )
        elif node.op in _HELPERS:
            self.helpers.setdefault(name, _HELPERS[name] + "\n")
        else:
            name = f"np.{_NUMPY.get(name, name)}"
        return f"{name}({', '.join(parts)})"

    def _part(self, argument: Node, node: Node, step: Expr | None) -> str:
        """An argument; a vector beside a matrix counts for its columns."""
        text = self._expression(argument, step)
        is_beside = (
            len(node.shape) == 2 and len(argument.shape) == 1 and node.op in ("add", "multiply", "divide", "where")
        )
        return f"{_closed(text)}[:, None]" if is_beside else text

    def _define(self, name: str, body: Node, count: int) -> None:
        if name not in self.helpers:
            self.helpers[name] = ""  # its place, before what it is defined by is looked at
            given = ", ".join(f"x{k}" if k else "x" for k in range(count))
            text = self._expression(body, None)
            del self.helpers[name]
            self.helpers[name] = f"def {name}({given}):\n    return {text}\n"

    def _timed(self, node: Node, step: Expr | None) -> str:
        variable, shift = node.data
        return f"{self.names[variable]}[{self._row(variable, (_T if step is None else step) + shift)}]"


_T = Symbol("t")
_BOTH = {Steps.LAST, Steps.BEFORE_LAST}


def _is_zero(node: Node) -> bool:
    return node.op == "zeros" or (node.op == "number" and node.data == 0)


def _number(printer: _Printer, node: Node, step: Expr | None) -> str:
    value = node.data
    if value.is_Integer:
        return str(value) if value >= 0 else f"({value})"
    return repr(float(value)) if value.q in (2, 4, 8, 10, 16) and value >= 0 else f"({value.p}/{value.q})"


def _sum(parts: list[str], node: Node) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
    return text


def _product(parts: list[str], node: Node) -> str:
    parts = [_closed(part) for part in parts]
    is_negative = node.args[0].op == "number" and node.args[0].data == -1
    return f"-{'*'.join(parts[1:])}" if is_negative else "*".join(parts)


_LEAVES: dict[str, Any] = {
    "number": _number,
    "constant": lambda printer, node, step: "np.pi",
    "parameter": lambda printer, node, step: printer.names[node.data],
    "size": lambda printer, node, step: printer._size(node.data),
    "length": lambda printer, node, step: "T",
    "step": lambda printer, node, step: "t",
    "argument": lambda printer, node, step: f"x{node.data}" if node.data else "x",
    "ones": lambda printer, node, step: f"np.ones({_tuple(printer, node)})" if node.shape else "1",
    "zeros": lambda printer, node, step: f"np.zeros({_tuple(printer, node)})" if node.shape else "0",
    "identity": lambda printer, node, step: f"np.eye({printer._size(node.shape[0])})" if node.shape else "1",
}


def _tuple(printer: _Printer, node: Node) -> str:
    sizes = [printer._size(s) for s in node.shape]
    return sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"


def _closed_tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _joined(operator: str) -> Any:
    return lambda parts, node: f"{_closed(parts[0])} {operator} {_closed(parts[1])}"


_TEXTS: dict[str, Any] = {
    "add": _sum,
    "multiply": _product,
    "divide": lambda parts, node: f"{_closed(parts[0])}/{_closed(parts[1])}",
    "power": lambda parts, node: f"{_closed(parts[0])}**{node.data if node.data.is_Integer else f'({node.data})'}",
    "matvec": _joined("@"),
    "matmul": _joined("@"),
    "dot": _joined("@"),
    "outer": lambda parts, node: f"np.outer({', '.join(parts)})",
    "transpose": lambda parts, node: f"{_closed(parts[0])}.T",
    "scaled_rows": lambda parts, node: f"{_closed(parts[0])}[:, None]*{_closed(parts[1])}",
    "scaled_columns": lambda parts, node: f"{_closed(parts[0])}*{_closed(parts[1])}",
    "diagonal": lambda parts, node: f"np.diag({parts[0]})",
    "trace": lambda parts, node: f"np.trace({parts[0]})",
    "matrix_power": lambda parts, node: f"np.linalg.matrix_power({', '.join(parts)})",
    "both": lambda parts, node: f"({parts[0]}) & ({parts[1]})",
    "either": lambda parts, node: f"({parts[0]}) | ({parts[1]})",
}


def _stack(printer: _Printer, parts: list[str], node: Node) -> str:
    entries = (text if a.shape else f"[{text}]" for text, a in zip(parts, node.args, strict=True))
    return f"np.concatenate([{', '.join(entries)}])"


def _slice(printer: _Printer, parts: list[str], node: Node) -> str:
    places = (
        printer._size(start) if stop is None else f"{printer._size(start)}:{printer._size(stop)}"
        for start, stop in places_of(node)
    )
    return f"{_closed(parts[0])}[{', '.join(places)}]"


def _block(printer: _Printer, parts: list[str], node: Node) -> str:
    _, across, shapes = node.data
    whole = [_two_dimensional(text, shape) for text, shape in zip(parts, shapes, strict=True)]
    rows = (f"[{', '.join(whole[k : k + across])}]" for k in range(0, len(whole), across))
    return f"np.block([{', '.join(rows)}])"


def _two_dimensional(text: str, shape: tuple[object, object]) -> str:
    """A part of a matrix; a row is one of a matrix with one row."""
    is_row, is_column = map(is_one, shape)
    if is_column:
        return f"np.reshape({text}, (-1, 1))"
    return f"np.reshape({text}, (1, -1))" if is_row else text


_OF_PARTS: dict[str, Any] = {"stack": _stack, "slice": _slice, "block": _block}


def _closed(text: str) -> str:
    """An expression in brackets, unless no operator stands outside of those that it has."""
    depth, is_whole = 0, not text.startswith("-")
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        is_whole = is_whole and not (depth == 0 and letter in "+-*/@ ")
    return text if is_whole else f"({text})"
