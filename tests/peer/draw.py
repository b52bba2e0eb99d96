"""Identities that SymPy's own tests assert, drawn from the installed SymPy when this runs; nothing of it is copied.

A test of SymPy says ``f.diff(x) == g``, ``f.rewrite(h) == g`` or ``expand_func(f) == g``: that f' or f is equal to g.
The tests are run with each ``assert left == right`` replaced by a note of both sides, taken back to before the
operation that the test is about; so what is claimed is the identity, and not what SymPy makes of it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import sympy
from sympy import Derivative, Expr, S, Symbol
from sympy.core.function import AppliedUndef, FunctionClass

from symgrad.reading.text import vocabulary

SECONDS_FOR_A_TEST = 10  # a few that take limits are cut short
MOST_OPERATIONS = 400
MOST_OF_A_LINE = 4  # assertions in loops say the same of many numbers

# What is undone: operations that must not change the value. The object of a method, the first argument of a function.
SAME_VALUE = {
    "rewrite", "expand", "simplify", "doit", "expand_func", "expand_trig", "expand_log", "expand_mul", "expand_complex",
    "expand_power_base", "expand_power_exp", "trigsimp", "gammasimp", "combsimp", "besselsimp", "hyperexpand",
    "powsimp", "radsimp", "ratsimp", "sqrtdenest", "logcombine", "factor", "cancel", "together", "apart", "collect",
    "nsimplify", "powdenest", "unpolarify", "signsimp",
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """Two sides that a test says are equal, on a domain in the words of `claim`; where it stands, and by what."""

    place: str
    kind: str
    lhs: Expr
    rhs: Expr
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.lhs} == {self.rhs}"


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Stops what computes too long; a signal is the only means against a loop in SymPy."""

    def stop(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


class _Undo(ast.NodeTransformer):
    """f.diff(x) by Derivative(f, x), and f.rewrite(g) by f."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func
        if isinstance(called, ast.Attribute):
            name, inner = called.attr, [called.value, *node.args]
        elif isinstance(called, ast.Name) and node.args:
            name, inner = called.id, list(node.args)
        else:
            return node
        if name in SAME_VALUE:
            self.kinds.append(name)
            return self.visit(inner[0])
        if name in ("diff", "fdiff") and not node.keywords:
            self.kinds.append("diff")
            inner[0] = self.visit(inner[0])
            return ast.Call(ast.Name(f"__{name}__", ast.Load()), inner, [])
        return node


class _Note(ast.NodeTransformer):
    """Each assertion of an equality becomes a note of both sides; everything else may fail in peace."""

    def __init__(self, space: Mapping[str, object]) -> None:
        self._space = space

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        return [note for test in self._conjuncts(node.test) for note in self._notes(test, node.lineno)] or [ast.Pass()]

    def _conjuncts(self, test: ast.expr) -> Iterator[ast.expr]:
        parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
        yield from parts

    def _notes(self, test: ast.expr, line: int) -> Iterator[ast.stmt]:
        if not isinstance(test, ast.Compare) or not all(isinstance(op, ast.Eq | ast.Is) for op in test.ops):
            return
        for left, right in zip((test.left, *test.comparators), test.comparators):
            undo = _Undo()
            sides = [undo.visit(ast.parse(ast.unparse(side), mode="eval").body) for side in (left, right)]
            if not (undo.kinds or self._is_value(left)):
                continue
            thunks = [ast.Lambda(_NOTHING, side) for side in sides]
            kind = ast.Constant(undo.kinds[0] if undo.kinds else "")
            call = ast.Call(ast.Name("__note__", ast.Load()), [ast.Constant(line), kind, *thunks], [])
            yield self._in_peace(ast.Expr(call))

    def _is_value(self, node: ast.expr) -> bool:
        """f(x) with a function of SymPy."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords):
            return False
        return isinstance(self._space.get(node.func.id), FunctionClass)

    def _in_peace(self, statement: ast.stmt) -> ast.stmt:
        caught = ast.ExceptHandler(ast.Name("__failures__", ast.Load()), None, [ast.Pass()])
        return ast.Try([statement], [caught], [], [])

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        return ast.Pass()

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        return self._in_peace(node)


_NOTHING = ast.arguments([], [], None, [], [], None, [])
_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, NotImplementedError, TypeError,
             RuntimeError, ValueError)  # fmt: skip


def _diff(e: Expr, *variables: object) -> Expr:
    return Derivative(e, *variables)


def _fdiff(e: Expr, place: int = 1) -> Expr:
    argument = e.args[place - 1]
    if not argument.is_Symbol or sum(a.has(argument) for a in e.args) != 1:
        raise ValueError("no partial derivative that could be written")
    return Derivative(e, argument)


class Drawing:
    """The identities met in one file of tests."""

    def __init__(self, module: str) -> None:
        self._name = module.removeprefix("sympy.functions.").replace(".tests", "")
        self._module = importlib.import_module(module)
        self.found: list[Identity] = []
        self._noted: Counter[int] = Counter()
        self.cut_short: list[str] = []

    def run(self) -> Drawing:
        tree = ast.parse(inspect.getsource(self._module))
        space = dict(vars(self._module))
        space |= {"__note__": self._note, "__diff__": _diff, "__fdiff__": _fdiff, "__failures__": _FAILURES}
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            expected_to_fail = any("XFAIL" in ast.unparse(d) for d in node.decorator_list)
            if not node.name.startswith("test_") or expected_to_fail or node.args.args:
                continue
            node.decorator_list = []
            changed = ast.fix_missing_locations(ast.Module([_Note(space).visit(node)], []))
            exec(compile(changed, self._name, "exec"), space)  # noqa: S102 (the tests of an installed package)
            self._ran(space[node.name], node.name)
        return self

    def _ran(self, test: Callable[[], None], name: str) -> None:
        try:
            with limited(SECONDS_FOR_A_TEST), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                test()
        except TimeoutError:
            self.cut_short.append(name)
        except Exception as error:
            self.cut_short.append(f"{name}: {error!r}")

    def _note(self, line: int, kind: str, left: Callable[[], object], right: Callable[[], object]) -> None:
        if self._noted[line] == MOST_OF_A_LINE:
            return
        lhs, rhs = left(), right()
        if not kind and not isinstance(lhs, Expr):
            return
        if not kind or lhs == rhs:
            kind = kind or "value"
            with sympy.evaluate(False):
                lhs = left()
        if not (isinstance(lhs, Expr) and isinstance(rhs, Expr | int)):
            return
        rhs = sympy.sympify(rhs)
        if lhs == rhs or not (is_of_numbers(lhs) and is_of_numbers(rhs)):
            return
        made = on_domain(lhs, rhs)
        if made is not None:
            self._noted[line] += 1
            self.found.append(Identity(f"{self._name}:{line}", kind, *made))


def is_of_numbers(e: Expr) -> bool:
    """Whether an expression is made of exact numbers, numbers as variables, and functions of them."""
    if not e.is_commutative or e.has(
        sympy.Float, S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN, sympy.Order
    ):
        return False
    if e.has(AppliedUndef, sympy.MatrixSymbol, sympy.AccumBounds, sympy.exp_polar, sympy.polar_lift):
        return False
    return len(list(sympy.preorder_traversal(e))) <= MOST_OPERATIONS


def on_domain(lhs: Expr, rhs: Expr) -> tuple[Expr, Expr, tuple[str, ...]] | None:
    """Both sides with variables that run through (1/5, 1/3), or through 1, 2 and 3, as their assumptions want it."""
    replaced: dict[Symbol, Expr] = {}
    where: list[str] = []
    for symbol in sorted(lhs.free_symbols | rhs.free_symbols, key=lambda s: (s.name, str(s.assumptions0))):
        variable, value = _variable(symbol, {c.split()[0] for c in where})
        if value is None:
            return None
        replaced[symbol] = value
        where += (
            [f"{variable} integer", f"{variable} in [1, 3]"] if variable.is_integer else [f"{variable} in (1/5, 1/3)"]
        )
    bound = {s: _bound(s, replaced) for side in (lhs, rhs) for s in side.atoms(Symbol) - side.free_symbols}
    with sympy.evaluate(False):
        left, right = (side.xreplace(replaced | bound) for side in (lhs, rhs))
    if not all(isinstance(side, Expr) for side in (left, right)) or left == right:
        return None
    return left, right, tuple(where)


def _bound(symbol: Symbol, replaced: dict[Symbol, Expr]) -> Symbol:
    taken = {s.name for value in replaced.values() for s in value.free_symbols}
    name = symbol.name.strip("_")
    while name in taken or not vocabulary.may_be_symbol(name):
        name += "_1"
    return Symbol(name, integer=True) if symbol.is_integer else Symbol(name, real=True)


def _variable(symbol: Symbol, taken: set[str]) -> tuple[Symbol, Expr | None]:
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in symbol.name).strip("_") or "v"
    while name in taken or not vocabulary.may_be_symbol(name):
        name += "_1"
    if symbol.is_integer:
        n = Symbol(name, integer=True)
        if symbol.is_zero:
            return n, None
        value = 2 * n if symbol.is_even else 2 * n - 1 if symbol.is_odd else n
        return n, -value if symbol.is_nonpositive else value
    x = Symbol(name, real=True)
    if symbol.is_zero or symbol.is_finite is False or not symbol.is_commutative:
        return x, None
    value = sympy.I * x if symbol.is_imaginary else -x if symbol.is_extended_nonpositive else x
    return x, value


def modules() -> list[str]:
    """The files of tests of SymPy's functions, by their names as modules."""
    return sorted(
        m.name for m in pkgutil.walk_packages(sympy.functions.__path__, "sympy.functions.") if ".tests.test_" in m.name
    )


def identities(only: str = "") -> list[Identity]:
    """All identities drawn, each once, in the order of files and lines."""
    seen: dict[tuple[str, str, tuple[str, ...]], Identity] = {}
    for module in modules():
        if only in module:
            for identity in Drawing(module).run().found:
                seen.setdefault((sympy.srepr(identity.lhs), sympy.srepr(identity.rhs), identity.where), identity)
    return list(seen.values())
