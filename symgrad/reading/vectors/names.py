"""What names mean in vector formulas: variables at a time, indices that sums and products bind, sizes, times."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator, Mapping

import sympy
from sympy import Expr, MatrixExpr, Symbol

from symgrad.reading.text import vocabulary
from symgrad.symbols import ENTRIES, LENGTH, TIME, TimedMatrix, TimedScalar

BINDERS = ("sum", "product", "Sum", "Product")
FREE_INDICES = ("i", "j", "k")
# Calls whose value is a matrix, whatever their arguments.
MATRIX_CALLS = ("outer", "dot", "diag", "ones", "zeros", "eye", "concatenate", "blocks", "softmax", "logsumexp")
OTHER_CALLS = ("hadamard", "slope", "elementwise", "where", "sum", "product", "trace")
# Calls whose value is a scalar, though their argument is a matrix.
OVER_UNITS = ("total", "mean", "variance")
SCALAR_CALLS = ("trace", "norm", "spectral_radius", *OVER_UNITS)
CASES = ("Piecewise", "where")
SHOWN = 40


def call_name(node: ast.AST) -> str:
    """The name that a node calls, if it calls one."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def index_symbol(name: str) -> Symbol:
    """The symbol of an index of time."""
    return {"t": TIME, "T": LENGTH}.get(name) or Symbol(name, integer=True)


def bound_names(tree: ast.AST) -> dict[int, Symbol]:
    """For the nodes of names that a sum, a product or a function of an entry binds, what they stand for."""
    nodes = list(ast.walk(tree))
    variables = {id(n.value) for n in nodes if isinstance(n, ast.Subscript)}
    found: dict[int, Symbol] = {}
    for call in nodes:
        for name, symbol, inside in _bindings(call):
            here = (n for n in ast.walk(inside) if isinstance(n, ast.Name) and n.id == name)
            found |= {id(n): symbol for n in here if id(n) not in variables}
    return found


def _bindings(node: ast.AST) -> Iterator[tuple[str, Symbol, ast.AST]]:
    if not isinstance(node, ast.Call):
        return
    name, args = call_name(node), node.args
    if name in BINDERS:
        for place, limits in enumerate(args[1:], 1):
            if isinstance(limits, ast.Tuple) and limits.elts and isinstance(limits.elts[0], ast.Name):
                index = limits.elts[0].id
                for inside in args[:place]:
                    yield index, index_symbol(index), inside
    elif name == "elementwise" and len(args) > 1:
        names = args[0].elts if isinstance(args[0], ast.Tuple) else args[:1]
        for letter, entry in zip(names, ENTRIES):
            if isinstance(letter, ast.Name):
                yield letter.id, entry, args[0]
                yield letter.id, entry, args[1]


def matrices_in(tree: ast.AST, names: Mapping[str, Expr], bound: Mapping[int, Symbol]) -> set[int]:
    """The nodes whose value is a matrix, as their form shows before anything is read."""
    found: set[int] = set()
    for node in reversed(list(ast.walk(tree))):
        if isinstance(node, ast.Name):
            is_matrix = id(node) not in bound and isinstance(names.get(node.id), MatrixExpr)
        else:
            is_matrix = call_name(node) in MATRIX_CALLS or any(id(part) in found for part in _parts(node))
        if is_matrix:
            found.add(id(node))
    return found


def _parts(node: ast.AST) -> list[ast.expr]:
    """The parts of a node of which one must be a matrix for the whole to be one."""
    if isinstance(node, ast.Call) and call_name(node) in CASES:
        return list(parts_of_cases(node.args))
    if isinstance(node, ast.Subscript | ast.Attribute):
        return [node.value]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    return node.args if isinstance(node, ast.Call) and call_name(node) not in SCALAR_CALLS else []


def parts_of_cases(parts: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """The values and the sides of conditions among the arguments of cases, from left to right."""
    for part in parts:
        if isinstance(part, ast.Tuple | ast.Compare) or call_name(part) in vocabulary.CONDITIONS:
            yield from parts_of_cases(ast.iter_child_nodes(part))
        elif isinstance(part, ast.expr):
            yield part


def sizes_in(names: Mapping[str, Expr]) -> dict[str, Symbol]:
    """The symbols in the shapes of matrices, by name."""
    shapes = (size for v in names.values() if isinstance(v, MatrixExpr) for size in v.shape)
    return {s.name: s for size in shapes for s in sympy.S(size).free_symbols}


def at_step(value: Expr) -> Expr:
    """A variable at step t; what does not change with time, and a state before the first step, as it is."""
    is_moving = isinstance(value, TimedScalar | TimedMatrix) and value.time.has(TIME)
    return value.at(TIME) if is_moving else value


def unknown(name: str, known: Mapping[str, Expr]) -> str:
    """What to say of a name that is not known."""
    if name == vocabulary.INFINITY:
        return vocabulary.INFINITY_IS_NO_NUMBER
    if not vocabulary.may_be_symbol(name) or name in (*MATRIX_CALLS, *OTHER_CALLS):
        return f"{name} is a function; write {name}(…)"
    near = difflib.get_close_matches(name, known, 1, 0.6)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name[:SHOWN]} is none of {', '.join(known) or 'no known names'}{hint}"


def unknown_function(name: str) -> str:
    """What to say of a call of a function that is not known."""
    near = difflib.get_close_matches(name, (*MATRIX_CALLS, *OTHER_CALLS, "tanh", "sigmoid"), 1, 0.7)
    if near:
        return f"{name} is not a known function; did you mean {near[0]}?"
    return vocabulary.suggestion(name)
