"""Claims about norms from text and from expressions: matrices and vectors are declared among the conditions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import sympy
from sympy import Basic, Expr, MatrixExpr, Symbol

from symgrad.balls import check_numbers
from symgrad.base.errors import ClaimError, ParseError, ShapeError, shape_text
from symgrad.language.statements import (
    Condition,
    Conjunction,
    Domain,
    Relation,
    Statement,
    condition_text,
    free_symbols,
)
from symgrad.norms.mentioned import CALLED, DECLARED, OF_MATRICES
from symgrad.norms.relation import NormRelation, scalars_in, sizes_in
from symgrad.reading.text import parse_where, vocabulary
from symgrad.reading.text.reader import OPERATORS
from symgrad.reading.vectors.keeping import KeepingReader
from symgrad.reading.vectors.names import BINDERS, FREE_INDICES, call_name
from symgrad.reading.vectors.names import sizes_in as sizes_by_name
from symgrad.reading.vectors.scan import VectorSource
from symgrad.symbols import (
    LENGTH,
    TIME,
    Elementwise,
    OfMatrix,
    Parameter,
    ParameterMatrix,
    TimedScalar,
    dims,
    norm,
    spectral_radius,
)

WORDS: Mapping[str, Any] = {"norm": norm, "spectral_radius": spectral_radius}
_SIZE = re.compile(r"[^\W\d]\w*|[1-9][0-9]{0,3}")
_ANY_LENGTH = Symbol(LENGTH.name, integer=True)
NO_CELL = 'this is the derivative of a state of a cell; say of which, as in cell "h[t] = tanh(W @ h[t-1])"'
NO_SCALAR = "a claim compares scalars, such as norms; {} has shape {}; {}"
SAME_MATRIX = "that A and B are the same matrix is written norm(A - B) == 0"
_FORMS = 'as in "A matrix (n, m)" or "x vector (n)"'


def read_claim(
    says: object, op: str | None, rhs: Expr | int | None, where: Iterable[object]
) -> tuple[Statement, Domain]:
    """The statement and the domain of a claim about norms.

    Parameters
    ----------
    says, op, rhs
        A text, or two sides with the sign between them, as `claim` takes them.
    where : iterable of str or condition
        Such as ``"A matrix (n, m)"``, ``"x vector (n)"``, ``"norm(A) < 1"``, ``"alpha in [0, 1]"``.

    Examples
    --------
    >>> statement, _ = read_claim("norm(A @ x) <= norm(A)*norm(x)", None, None, ["A matrix (m, n)", "x vector (n)"])
    >>> print(statement)
    norm(A @ x) <= norm(A)*norm(x)
    """
    conditions = [where] if isinstance(where, str) else list(where)
    names, rest = declared(conditions)
    return statement_of(says, op, rhs, names, rest)


def statement_of(
    says: object,
    op: str | None,
    rhs: Expr | int | None,
    names: Mapping[str, Expr],
    conditions: list[Any],
    reader: type[NormReader] | None = None,
) -> tuple[Statement, Domain]:
    """The statement and the domain of a claim, where it is known what names stand for."""
    read = reader or NormReader
    plain = [c for c in conditions if isinstance(c, str) and not read.reads(c)]
    parsed, kinds = parse_where(plain)
    beyond = next((name for name, symbol in kinds.items() if not symbol.is_real), None)
    if beyond is not None:
        raise ClaimError(f"claims about norms are about real numbers and matrices; {beyond} is said to be complex")
    sizes = sizes_by_name(names)
    told = {n: s for n, s in kinds.items() if n not in names and n not in sizes}
    known = {**names, **{n: s for n, s in told.items() if n != LENGTH.name}}
    whole = {n: s for n, s in told.items() if s.is_integer}
    known |= _no_steps([says, rhs, *conditions], {**known, **whole, **sizes}, read)
    if LENGTH.name not in known and not kinds.get(LENGTH.name, LENGTH).is_integer:
        raise ClaimError(f"{LENGTH} is a number of steps here, an integer; write another letter for a real number")
    statement = _statement(says, op, rhs, known, read)
    joint = [
        *_relations(conditions, known, read),
        *_meant(parsed, statement, {**known, **sizes}),
        *_whole(kinds, names),
    ]
    _demand_one_meaning([*statement.expressions, *joint], sizes.values())
    return statement, _domain(
        statement, joint, [c for c in conditions if isinstance(c, sympy.Basic) and c not in joint]
    )


def _whole(kinds: Mapping[str, Symbol], names: Mapping[str, Expr]) -> list[Condition]:
    """That scalars which have a meaning already are integers, where that is said of them."""
    said = {name: names[name] for name, symbol in kinds.items() if name in names and symbol.is_integer}
    known = {name: e for name, e in said.items() if not e.is_integer}
    of_steps = next((name for name, e in known.items() if not isinstance(e, Symbol)), None)
    if of_steps is not None:
        raise ClaimError(
            f"{of_steps} is said to be an integer; that can be said of scalar parameters and of sizes only"
        )
    return [sympy.Contains(e, sympy.S.Integers) for e in known.values()]


def declared(conditions: Iterable[Any]) -> tuple[dict[str, ParameterMatrix], list[Any]]:
    """Matrices and vectors by name, and the conditions that declare none.

    Raises
    ------
    ParseError
        If a shape is none, or a name is declared twice.
    """
    names: dict[str, ParameterMatrix] = {}
    rest = []
    for condition in conditions:
        match = DECLARED.fullmatch(condition) if isinstance(condition, str) else None
        if match is None:
            rest.append(condition)
            continue
        shape = _shape(condition, match)
        for name in re.split(r"\s*,\s*", match["names"]):
            if name in names or not vocabulary.may_be_symbol(name):
                reason = f"{name} is declared twice" if name in names else f"{name} is no name of a matrix"
                raise ParseError(condition, match.start("names") + 1, reason)
            names[name] = Parameter(name, *shape)
    return names, rest


def _shape(text: str, match: re.Match[str]) -> tuple[Symbol, ...]:
    place = match.start("shape") + 1 if match["shape"] else len(text) + 1
    wanted = 1 if match["kind"].startswith("vector") else 2
    parts = [part.strip() for part in (match["shape"] or "()")[1:-1].split(",")]
    if len(parts) != wanted or not all(_SIZE.fullmatch(part) for part in parts):
        raise ParseError(text, place, f"say the shape, {_FORMS}; a size is a name or a whole number")
    return tuple(int(part) if part.isdigit() else dims(part)[0] for part in parts)


# --- statements ---------------------------------------------------------------------------------------------------


def _statement(
    says: object, op: str | None, rhs: Expr | int | None, names: Mapping[str, Expr], read: type[NormReader]
) -> Statement:
    if op is None and rhs is None:
        if not isinstance(says, str):
            raise ClaimError(f'a claim needs two sides, as in claim(a, "==", b); got only {says}')
        links = [NormRelation(Relation(*link)) for link in read(VectorSource(says), names).relations()]
        return links[0] if len(links) == 1 else Conjunction(tuple(links))
    if op is None or rhs is None:
        raise ClaimError(f"a claim of two sides needs both and a relation; got {op!r}, {rhs!r}")
    known = {**{m.name: m for e in (says, rhs) if isinstance(e, Expr) for m in e.atoms(ParameterMatrix)}, **names}
    return NormRelation(Relation(_side(says, known, read), op, _side(rhs, known, read)))


def _no_steps(parts: Iterable[object], names: Mapping[str, Expr], read: type[NormReader]) -> dict[str, Symbol]:
    """Real numbers for the letters of steps that stand as a step nowhere, as of k in norm(k*A)."""
    steps: set[str] = set()
    for part in parts:
        if isinstance(part, str) and (read.reads(part) or DECLARED.fullmatch(part) is None):
            with suppress(ParseError):  # of a condition on numbers alone, which another reader reads
                steps |= read(VectorSource(part), names).steps()
        elif isinstance(part, sympy.Basic):
            steps |= {symbol.name for symbol in free_symbols(part)}
    return {name: Symbol(name, real=True) for name in read.letters if name not in steps and name not in names}


def _side(side: object, names: Mapping[str, Expr], read: type[NormReader]) -> Expr:
    if isinstance(side, str):
        reader = read(VectorSource(side), names)
        return reader.side(reader.tree)
    if isinstance(side, MatrixExpr):
        raise ShapeError("a claim compares scalars, such as norms; a side", "claim", (tuple(side.shape),))
    if isinstance(side, bool) or not isinstance(side, Expr | int):
        raise ClaimError(f"a side of a claim is a SymPy expression, an integer or text; got {type(side).__name__}")
    if isinstance(side, Expr) and side.has(sympy.Float):
        raise ClaimError(f"a float is no exact number; write Rational(1, 2) for 0.5; got {side}")
    return sympy.S(side)


class NormReader(KeepingReader):
    """Reads a statement about norms; names that are not declared are real scalars.

    Attributes
    ----------
    letters : tuple of str
        Those that are steps, and integers, only where they stand as a step.
    """

    letters: ClassVar[tuple[str, ...]] = (*FREE_INDICES, TIME.name, LENGTH.name)

    @classmethod
    def reads(cls, condition: str) -> bool:
        """Whether a condition is read as such a statement, and not as one about numbers alone."""
        return bool(CALLED.search(condition) or OF_MATRICES.search(condition))

    def __init__(self, source: VectorSource, names: Mapping[str, Expr]) -> None:
        super().__init__(source, names)
        bound = {id(node) for node in ast.walk(self.tree) if id(node) in self.bindings}
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        called |= {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Subscript)}
        free = (n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in bound | called)
        plain = {n.id: Symbol(n.id, real=True) for n in free if self._is_free(n.id)}
        self.names = {**plain, **names}

    def _prepared(self, tree: ast.expr) -> ast.expr:
        quotients = (n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div))
        for node in quotients:
            if all(isinstance(p, ast.Subscript) and _is_differential(p.value) for p in (node.left, node.right)):
                raise self.fault(node, NO_CELL)
        return tree

    def _is_free(self, name: str) -> bool:
        is_taken = name in self.names or name in self.times or name in vocabulary.CONSTANTS
        return not is_taken and vocabulary.may_be_symbol(name)

    def steps(self) -> set[str]:
        """The names that stand for steps, numbers of factors or sizes; T does in any exponent and limit as well."""
        nodes = list(ast.walk(self.tree))
        calls = [n for n in nodes if isinstance(n, ast.Call)]
        powers = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow) and self.is_matrix(n)]
        parts: list[ast.AST] = [n.slice for n in nodes if isinstance(n, ast.Subscript)]
        parts += [power.right for power in powers]
        parts += [a for call in calls if call_name(call) in ("ones", "zeros", "eye") for a in call.args]
        parts += [a for call in calls if call_name(call) in BINDERS for a in call.args[1:]]
        exponents = [n.right for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow)]
        limits = [call for call in calls if call_name(call) == "Limit"]
        runs = {n.id for part in (*exponents, *limits) for n in ast.walk(part) if isinstance(n, ast.Name)}
        named = (n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name))
        return {n.id for n in named if id(n) not in self.bindings} | (runs & {LENGTH.name})

    def relations(self) -> Iterator[tuple[Expr, str, Expr]]:
        """The relations of a statement, or of a chain of them."""
        if not isinstance(self.tree, ast.Compare):
            raise self.fault(self.tree, "this is an expression; a statement has a relation, as in norm(A) <= norm(B)")
        sides = [self.tree.left, *self.tree.comparators]
        for side in sides:
            if self.is_matrix(side) and (shape := tuple(self.matrix(side).shape)) != (1, 1):
                raise self.fault(side, NO_SCALAR.format(self._shown(side), shape_text(shape), SAME_MATRIX))
        values = [self.side(side) for side in sides]
        for left, sign, right in zip(values, self.tree.ops, values[1:]):
            yield left, OPERATORS[type(sign)], right

    def _own_calls(self) -> Mapping[str, Callable[[ast.Call], Any]]:
        return dict.fromkeys(WORDS, self._called)

    def _called(self, node: ast.Call) -> Expr:
        if len(node.args) != 1:
            raise self.fault(node, f"write {self.name_of(node)}(A)")
        (argument,) = node.args
        if not self.is_matrix(argument):
            self._ask_for_shape(argument)
            return self._apply(node, "Abs", sympy.Abs, [self.expression(argument)])
        return self.apart(node, lambda: self._of_matrix(node, WORDS[self.name_of(node)], self.matrix(argument)))

    def side(self, node: ast.expr) -> Expr:
        """A side of a statement."""
        if self.is_matrix(node):
            return _entry(self.kept(node, lambda: self.matrix(node)))
        return self.kept(node, lambda: self.expression(node))

    def _of_matrix(self, node: ast.Call, make: Any, matrix: MatrixExpr) -> Expr:
        try:
            found: Expr = make(matrix)
        except ShapeError as error:
            raise self.fault(node.args[0], str(error)) from None
        return found

    def _ask_for_shape(self, argument: ast.expr) -> None:
        """Refuse the norm of what nobody said to be a matrix or a scalar."""
        for part in ast.walk(argument):
            if isinstance(part, ast.Name) and isinstance(self.names.get(part.id), Symbol):
                raise self.fault(part, self._ask(part.id))

    def _ask(self, name: str) -> str:
        """What to say of a name of which nobody said what it is."""
        return f"say in a condition what {name} is, {_FORMS}; the norm of a scalar is written Abs({name})"


def _entry(matrix: MatrixExpr) -> Expr:
    """The one entry of a 1 by 1 matrix, such as dot(x, y), as a trace.

    Only what has a value everywhere is taken apart, as SymPy's arithmetic of scalars may lose the rest.
    """
    if isinstance(matrix, Elementwise) and matrix.function.expr.func is sympy.Abs:
        return matrix.function.expr.xreplace({matrix.function.variables[0]: _entry(matrix.argument)})
    if isinstance(matrix, sympy.HadamardPower) and matrix.exp.is_Integer and matrix.exp > 0:
        return _entry(matrix.base) ** matrix.exp
    if isinstance(matrix, sympy.OneMatrix):
        return sympy.S.One
    if isinstance(matrix, sympy.MatAdd):
        return sympy.Add(*map(_entry, matrix.args))
    number, rest = matrix.as_coeff_mmul() if isinstance(matrix, sympy.MatMul) else (sympy.S.One, matrix)
    return number * (_entry(rest) if number != 1 else sympy.Trace(rest))


def _is_differential(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and len(node.id) > 1 and node.id.startswith("d")


# --- the domain ---------------------------------------------------------------------------------------------------


def _relations(conditions: Iterable[object], names: Mapping[str, Expr], read: type[NormReader]) -> Iterator[Condition]:
    """The conditions in which norms stand."""
    for condition in conditions:
        if isinstance(condition, str) and read.reads(condition):
            for left, op, right in read(VectorSource(condition), names).relations():
                yield vocabulary.RELATIONS[op](left, right, evaluate=False)
        elif isinstance(condition, sympy.Basic) and condition.atoms(OfMatrix, TimedScalar):
            yield condition


def _meant(conditions: Iterable[Condition], statement: Statement, names: Mapping[str, Expr]) -> Iterator[Condition]:
    """The conditions with the symbols of the statement for those of the same name."""
    spoken_of = {s.name: s for s in (TIME, LENGTH)}
    spoken_of |= {s.name: s for e in statement.expressions for s in (*free_symbols(e), *sizes_in(e))}
    spoken_of |= {name: v for name, v in names.items() if isinstance(v, TimedScalar | Symbol)}
    for condition in conditions:
        table = {s: spoken_of[s.name] for s in condition.free_symbols if s.name in spoken_of}
        if len(table) == 1 and LENGTH in table.values():  # which SymPy takes for positive, whatever is said of it
            table = dict.fromkeys(table, _ANY_LENGTH)
        wrong = next((s for s in condition.free_symbols if isinstance(names.get(s.name), MatrixExpr)), None)
        if wrong is not None:
            raise ClaimError(f"a condition compares scalars; {wrong} is a matrix: {condition_text(condition)}")
        moved = condition.xreplace(table)
        if moved is sympy.false:
            raise ClaimError(f"the domain is empty: {condition_text(condition)} never holds")
        if isinstance(moved, sympy.Contains) and moved.atoms(TimedScalar):
            yield from _as_relations(moved)
        elif moved is not sympy.true:
            yield moved


def _demand_one_meaning(parts: Iterable[Basic], sizes: Iterable[Symbol]) -> None:
    """Refuse a size beside another symbol of its name, such as a step."""
    parts = list(parts)
    spoken_of = {s for e in parts for s in free_symbols(e)}
    for size in {*sizes, *sizes_in(*parts)}:
        if any(s.name == size.name and s not in (size, _ANY_LENGTH) for s in spoken_of):
            raise ClaimError(f"{size} is the name of a size and of another number; write another letter for one")


def _as_relations(membership: sympy.Contains) -> Iterator[Condition]:
    """That a value of a cell lies in an interval, as conditions on it."""
    value, values = membership.args
    if not isinstance(values, sympy.Interval):
        raise ClaimError(f"of values of a cell, an interval is understood; got {condition_text(membership)}")
    for end, is_open, sign in ((values.start, values.left_open, ">"), (values.end, values.right_open, "<")):
        if end.is_finite:
            yield vocabulary.RELATIONS[sign if is_open else f"{sign}="](value, end, evaluate=False)


def _domain(statement: Statement, joint: Iterable[Condition], plain: Iterable[object]) -> Domain:
    joint = list(joint)
    about_norms = [c for c in joint if c.atoms(OfMatrix, MatrixExpr, TimedScalar)]
    others = [c for c in (*joint, *plain) if not c.atoms(OfMatrix, MatrixExpr, TimedScalar)]
    check_numbers(others)
    found = Domain.of(scalars_in(*statement.expressions, *about_norms), others)
    unreal = next((s for s, values in found.sets if isinstance(values, sympy.ComplexRegion)), None)
    if unreal is not None:
        raise ClaimError(
            f"claims on norms are about real numbers, and {unreal} is complex; write real({str(unreal)!r})"
        )
    positive = sympy.Range(1, sympy.oo)
    sets = {s: values.intersect(positive) if s.is_integer and s.is_positive else values for s, values in found.sets}
    if sets.get(LENGTH) == positive:  # by what SymPy assumes of it; no condition says where it starts
        sets[LENGTH] = sympy.S.Integers
    if _ANY_LENGTH in sets:
        sets[LENGTH] = sets.pop(_ANY_LENGTH)
    back = {_ANY_LENGTH: LENGTH}
    conditions = (c.func(*(side.xreplace(back) for side in c.args), evaluate=False) for c in found.conditions)
    return Domain(tuple(sorted(sets.items(), key=lambda item: item[0].name)), (*conditions, *about_norms))
