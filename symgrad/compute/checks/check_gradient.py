"""Checks of somebody else's gradients: which argument, which entry, which step is wrong, by what factor, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import mpmath
import numpy as np
from flint import arb
from sympy import Expr, MatrixExpr, Symbol

from symgrad.base.errors import CellError, NoFunctionError, VerdictTruthError
from symgrad.base.kinds import function_of, real_array
from symgrad.base.precision import many_digits
from symgrad.base.shown import table
from symgrad.base.untyped import Array
from symgrad.compute.checks.crosscheck import middle
from symgrad.compute.checks.mistakes import Mistakes
from symgrad.compute.numbers.arguments import is_in_time
from symgrad.compute.numbers.named import by_name, demand_own_options
from symgrad.compute.numbers.scaled import Scaled
from symgrad.compute.run.enclosed import Enclosed
from symgrad.compute.run.formula import Formula
from symgrad.compute.run.run import Run
from symgrad.language.verdicts import Outcome, Verdict
from symgrad.recurrent.cells.cell import Cell
from symgrad.recurrent.cells.scalar_slopes import differentiated
from symgrad.recurrent.gradients.backward import Backward, checked_loss

HELD_TO = 0.4  # a gradient is held to so much of the digits of its type, relative to each entry
ROUNDINGS = 8  # of all arguments together, for which an entry may be off besides
NUDGE = 2.0**-30
DRAWS = 2  # of signs; by chance one may leave an entry where it was
SEED = 5
BFLOAT16_EPS = 2.0**-7
SHOWN = 3
DIGITS = 40  # in which they are compared
MATCH = 1e-6  # how near a gradient must be to that of a mistake, to be called by its name


@dataclass(frozen=True)
class Finding:
    """What is wrong with one gradient.

    Attributes
    ----------
    argument : str
    places : tuple of tuple of int
        The entries that are wrong; of what is given in time the first index is the step, counted from 1.
    entries : int
        How many entries there are.
    got, wanted : str
        The first wrong entry, and what it should be.
    factor : float or None
        By which all of them are wrong, if it is one factor.
    hint : str
        The mistake that would give this gradient, if it is a known one.
    """

    argument: str
    places: tuple[tuple[int, ...], ...]
    entries: int
    got: str
    wanted: str
    factor: float | None
    hint: str

    def __str__(self) -> str:
        which = ", ".join(f"[{', '.join(map(str, place))}]" for place in self.places[:SHOWN])
        more = ", …" if len(self.places) > SHOWN else ""
        where = f" at {which}{more}" if self.places[0] else ""
        text = f"{self.argument}: {len(self.places)} of {self.entries} entries are wrong{where}: "
        text += f"got {self.got}, should be {self.wanted}"
        text += f"; all by the factor {self.factor:.6g}" if self.factor is not None else ""
        return text + (f"; {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found; like a Verdict it has no truth value: ``if check`` raises VerdictTruthError.

    Parameters
    ----------
    verdict : Verdict
        REFUTED, SUPPORTED or UNINFORMATIVE, with words on what was compared.
    findings : tuple of Finding
        The gradients that are wrong: each with its `argument`, the `places` of the wrong entries (of what is given in
        time the step comes first, counted from 1), `got` and `wanted` of the first, the one `factor` between all
        entries or None, and as `hint` the mistake that would give it, if it is a known one.

    Examples
    --------
    >>> import numpy as np
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> check = sg.check_gradient(lambda x: 2 * np.cos(x), sg.sin(x), wrt="x", x=np.array([0.0, 1.0]))
    >>> check.verdict.outcome.name, check.findings[0].factor
    ('REFUTED', 2.0)
    """

    verdict: Verdict
    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        raise VerdictTruthError(f"a check has no truth value (this one is {self.verdict.outcome.name}); ask .verdict")

    def __str__(self) -> str:
        return "\n".join([str(self.verdict), *map(str, self.findings)])

    def _repr_html_(self) -> str:
        rows = ((f.argument, f"{len(f.places)} of {f.entries}", f.got, f.wanted, f.hint) for f in self.findings)
        found = table(("gradient", "wrong entries", "got", "should be", "hint"), rows) if self.findings else ""
        return f"<p>{self.verdict._repr_html_()}</p>{found}"


def check_gradient(
    f: Callable[..., Any],
    what: Any,
    /,
    loss: Expr | None = None,
    at: str = "last",
    *,
    wrt: str | Sequence[str] | None = None,
    convert: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    rtol: float | None = None,
    sizes: Mapping[Symbol, int] | None = None,
    point: Mapping[str, Array] | None = None,
    **arguments: Array,
) -> GradientCheck:
    """Whether a function gives the gradients of a cell, or the derivatives of an expression, at a point.

    It is compared, entry by entry and in relative terms, with gradients that symgrad derives and computes with all
    digits of a double certain, however small they are. Where the terms of an entry cancel, so that rounding the
    arguments changes it by more, it may be off by what their rounding does.

    Parameters
    ----------
    f : callable
        ``f(**arguments)``; gives a mapping of gradients by the names of the arguments, in any nesting of mappings
        and sequences, or the array for the one argument of `wrt`, or a sequence for those of `wrt`. Arrays of NumPy,
        PyTorch or JAX. Those that it leaves out are not checked.
    what : Gradients, Cell or Expr
        Of which the gradients are: of a cell with its loss, or of a scalar expression.
    loss : Loss or Expr, optional
        Of a cell, as in `bptt`.
    at : {"last", "every", "mean"}
        Of a cell, as in `bptt`.
    wrt : str or sequence of str, optional
        What the gradients are with respect to, where `f` gives no mapping.
    convert : callable, optional
        From our gradients, by name, to those that `f` gives, where it has other names or shapes; for a module of
        PyTorch, ``lambda ours: sg.gradients_to_torch("lstm", ours)``.
    rtol : float, optional
        The relative error up to which an entry counts as right; 0.4 of the digits of its type unless given.
    sizes : mapping of Symbol to int, optional
        As in `Gradients.compile`.
    point : mapping of str to array, optional
        Arguments by name, whatever their names: one called `loss` or `at` can only be given here.
    **arguments : array
        The point, by name: for a cell without leading axes; for an expression numbers or arrays that broadcast, in
        whose common shape each gradient is expected.

    Returns
    -------
    GradientCheck
        REFUTED with findings; SUPPORTED; or UNINFORMATIVE if all gradients are 0 at this point, or have other slopes
        ahead than behind: at a kink, any slope between those of both sides is right.

    Raises
    ------
    CellError
        If `f` gives a gradient that there is not, one in another shape, or no mapping where `wrt` is not given; if an
        argument is missing, given twice or has the name of an option, or is none of the cell; if a cell comes without
        a loss.
    ShapeError
        If the shape of an argument does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> s = lambda x: 1 / (1 + np.exp(-x))
    >>> print(check_gradient(lambda x: s(x) * (1 - s(x)), sg.sigmoid(x), wrt="x", x=np.array([0.5, 40.0])))
    REFUTED, comparison with certain digits; 1 of 1 arguments compared
    x: 1 of 2 entries are wrong at [1]: got 0.0, should be 4.2483543e-18
    """
    function_of(f, "check_gradient takes the function that gives the gradients")
    arguments = by_name(check_gradient, point, arguments)
    for name, value in arguments.items():
        real_array(value, f"{name} must be real numbers")
    if not isinstance(sizes, Mapping | None):
        raise CellError(f"sizes are a mapping of symbol to number, as in {{n: 3}}; got {sizes!r}")
    reference = _Reference.of(what, loss, at, dict(sizes or {}), arguments, wrt, convert or dict)
    demand_own_options(check_gradient, reference.names, arguments, "point={…}")
    expected = reference.expected
    found = _flat(_named(f(**arguments), wrt))
    unknown = [name for name in found if name not in expected]
    if unknown:
        raise CellError(f"f gives a gradient named {unknown[0]}; known are {', '.join(expected)}")
    spread = _flat(reference.convert(reference.spread()))
    low, high = reference.slopes or (expected, expected)
    checked = {
        name: _Entries.of(name, array, expected[name], spread[name], (low[name], high[name]), rtol)
        for name, array in found.items()
    }
    findings = [_finding(entries, reference) for entries in checked.values() if entries.wrong]
    kinks = reference.enclosed.kinks() if any(entries.at_kinks for entries in checked.values()) else []
    return GradientCheck(_verdict(findings, checked, len(expected), kinks), tuple(findings))


def _named(result: Any, wrt: str | Sequence[str] | None) -> Any:
    if isinstance(result, Mapping):
        return result
    if wrt is None:
        raise CellError("f must give a mapping of gradients by name; or say with wrt= what its gradients belong to")
    return {wrt: result} if isinstance(wrt, str) else dict(zip(wrt, result, strict=True))


def _flat(tree: object, above: str = "") -> dict[str, Array]:
    """The leaves of nested mappings and sequences, by joined names."""
    if isinstance(tree, Mapping):
        items = tree.items()
    elif isinstance(tree, tuple | list) and any(hasattr(part, "shape") for part in tree):
        items = dict(enumerate(tree)).items()
    else:
        return {above: tree}
    return {k: v for name, part in items for k, v in _flat(part, f"{above}.{name}" if above else str(name)).items()}


@dataclass(frozen=True)
class _Reference:
    """What the gradients are compared with."""

    grad: Backward | None
    what: Any
    formulas: Mapping[str, Any]
    sizes: Mapping[Any, int]
    arguments: Mapping[str, Array]
    convert: Callable[[Any], Any]

    @classmethod
    def of(
        cls,
        what: object,
        loss: Expr | None,
        at: str,
        sizes: Mapping[Symbol, int],
        arguments: Mapping[str, Array],
        wrt: str | Sequence[str] | None,
        convert: Callable[[Any], Any],
    ) -> _Reference:
        if isinstance(what, Backward):
            return cls(what, None, {}, sizes, arguments, convert)
        if isinstance(what, Cell):
            if loss is None:
                raise CellError("the gradient of a cell is that of a loss; give one, such as sg.half_squared_error(h)")
            return cls(Backward(what, checked_loss(what, loss, at), at), None, {}, sizes, arguments, convert)
        if isinstance(what, Expr) and not isinstance(what, MatrixExpr):
            symbols = {str(s): s for s in what.free_symbols}
            wanted = [wrt] if isinstance(wrt, str) else list(wrt or symbols)
            missing = [name for name in wanted if name not in symbols]
            if missing:
                raise CellError(f"{what} has no {missing[0]}; it has {', '.join(sorted(symbols))}")
            slopes = {name: differentiated(what, symbols[name]) for name in wanted}
            return cls(None, what, slopes, sizes, arguments, convert)
        raise CellError(f"check_gradient takes a cell, gradients or an expression; got {type(what).__name__}")

    @property
    def names(self) -> list[str]:
        """The names of all arguments."""
        if self.grad is not None:
            return [self.grad.name_of(a) for a in self.grad.arguments]
        return sorted(str(s) for s in self.what.free_symbols)

    @cached_property
    def ours(self) -> dict[str, Array]:
        """The gradients at the point, under our names: arrays of numbers of mpmath."""
        return self.gradients(self._point)

    @cached_property
    def expected(self) -> dict[str, Array]:
        """Likewise under the names of the user, with all digits."""
        return _flat(self.convert(dict(self.ours)))

    @property
    def _point(self) -> dict[str, Array]:
        return {k: np.asarray(v, dtype=float) for k, v in self.arguments.items()}

    @cached_property
    def enclosed(self) -> Enclosed:
        """The same in balls."""
        return Enclosed(self.grad, self.what, tuple(self.formulas), self._point, self.sizes)

    @cached_property
    def _has_program(self) -> bool:
        """Whether programs have all functions that are needed; balls have many more."""
        try:
            if self.grad is not None:
                return bool(self._run.program)
            return all(Formula(formula, scaled=True).program for formula in self.formulas.values())
        except NoFunctionError:
            return False

    @cached_property
    def _run(self) -> Run:
        assert self.grad is not None, "a run is one of a cell"
        return Run(self.grad, sizes=self.sizes, scaled=True)

    def gradients(self, point: Mapping[str, Array]) -> dict[str, Array]:
        """The gradients at a point."""
        if not self._has_program:
            return {k: _middles(v) for k, v in self.enclosed.certain(point).items()}
        if self.grad is not None:
            return {k: _of_scaled(v) for k, v in self._run(**point).gradients.items()}
        found = {}
        for name, formula in self.formulas.items():
            used = {k: v for k, v in point.items() if k in {str(s) for s in formula.free_symbols}}
            value = Formula(formula, scaled=True)(**used)
            shape = np.broadcast_shapes(*(np.shape(v) for v in point.values()))
            whole = Scaled(np.broadcast_to(value.mantissa, shape), np.broadcast_to(value.exponent, shape))
            found[name] = _of_scaled(whole)
        return found

    def spread(self) -> dict[str, Array]:
        """How far each entry moves when all arguments are changed by one part in one, to first order."""
        generator = np.random.default_rng(SEED)

        def nudged() -> dict[str, Array]:
            signs = {k: generator.choice((-1.0, 1.0), v.shape) for k, v in self._point.items()}
            return {k: v * (1 + NUDGE * signs[k]) for k, v in self._point.items()}

        moved = [self.gradients(nudged()) for _ in range(DRAWS)]
        return {k: reduce(np.maximum, [abs(m[k] - g) / NUDGE for m in moved]) for k, g in self.ours.items()}

    @cached_property
    def slopes(self) -> tuple[dict[str, Array], dict[str, Array]] | None:
        """The least and the greatest slope of each entry beside a kink, under the names of the user; None without."""
        if not self.enclosed.may_have_kinks:
            return None
        around = self.enclosed.slopes_around
        if not any(entry is not None for array in around.values() for entry in np.ravel(array)):
            return None
        low, high = ({k: _ends(around[k], v, end) for k, v in self.ours.items()} for end in ("lower", "upper"))
        first, second = _flat(self.convert(low)), _flat(self.convert(high))
        return (
            {k: np.minimum(first[k], second[k]) for k in first},
            {k: np.maximum(first[k], second[k]) for k in first},
        )

    def is_in_time(self, name: str) -> bool:
        keys = {} if self.grad is None else {self.grad.name_of(k): k for k in self.grad.arguments}
        return name in keys and is_in_time(keys[name])

    def hint(self, name: str, array: Array) -> str:
        """The mistake that would give this gradient; under a name of the user, one in the adjoints."""
        right = np.asarray(self.expected[name], dtype=float)
        for words, gradients in self.mistakes(name if name in self.ours else ""):
            mistaken = np.asarray(gradients[name], dtype=float)
            if _near(array, mistaken) and not _near(right, mistaken):
                return f"as if by {words}"
        return ""

    @cached_property
    def _mistakes(self) -> Mistakes | None:
        if self.grad is None:
            return None
        return Mistakes(self.grad, {k: np.asarray(v, dtype=float) for k, v in self.arguments.items()}, self.sizes)

    def mistakes(self, argument: str) -> Iterator[tuple[str, dict[str, Array]]]:
        """Known mistakes with the gradients that they give, under the names of the user."""
        if self._mistakes is None:
            return
        right = {name: np.asarray(gradient, dtype=float) for name, gradient in self.ours.items()}
        for words, gradients in self._mistakes.of(argument):
            yield words, _flat(self.convert({**right, **gradients}))


def _of_scaled(value: Scaled) -> Array:
    return np.asarray(value.to_mpmath(), dtype=object)


def _middles(balls: Array) -> Array:
    return np.vectorize(middle, otypes=[object])(balls) if np.size(balls) else balls


def _ends(around: object, value: object, end: str) -> Any:
    """The ends of the balls beside a kink; elsewhere the value itself."""
    found = np.array(value, dtype=object)
    for place, entry in np.ndenumerate(around):
        if entry is not None:
            found[place] = middle(getattr(arb(entry), end)())
    return found


def _near(array: Array, other: Array) -> bool:
    largest = np.abs(other).max(initial=0.0)
    return bool(largest > 0 and np.abs(array - other).max() <= MATCH * largest)


def _as_array(value: Array) -> tuple[Array, float]:
    """An array of NumPy, PyTorch or JAX as one of doubles, with the distance from 1 to the next number of its type."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if str(getattr(value, "dtype", "")).endswith("bfloat16"):  # NumPy has none
        return np.asarray(value.float() if hasattr(value, "float") else value.astype(float)).astype(float), BFLOAT16_EPS
    found = np.asarray(value)
    if found.dtype.kind not in "fiu":
        raise CellError(f"a gradient must be real numbers; got an array of {found.dtype}")
    return found.astype(float), float(np.finfo(found.dtype if found.dtype.kind == "f" else float).eps)


@dataclass(frozen=True)
class _Entries:
    """The entries of one gradient: what came, what is right, and how far it may be off."""

    name: str
    array: Array
    exact: Array
    allowed: Array
    low: Any
    high: Any

    @classmethod
    def of(
        cls, name: str, value: Array, wanted: Array, spread: Array, ends: tuple[Array, Array], rtol: float | None
    ) -> _Entries:
        array, eps = _as_array(value)
        exact = np.asarray(wanted, dtype=object)
        if array.shape != exact.shape:
            raise CellError(f"the gradient of {name} must have the shape {exact.shape}; got {array.shape}")
        relative = eps**HELD_TO if rtol is None else rtol
        allowed = relative * abs(exact) + ROUNDINGS * eps * abs(np.asarray(spread, dtype=object))
        low, high = (np.asarray(end, dtype=object) for end in ends)
        return cls(name, array, exact, np.asarray(allowed, dtype=object), low, high)

    @cached_property
    def wrong(self) -> list[tuple[int, ...]]:
        with many_digits(DIGITS) as numbers:
            return [p for p in np.ndindex(self.array.shape) if not self._gap(p, numbers) <= self.allowed[p]]

    def _gap(self, place: tuple[int, ...], numbers: Any) -> Array:
        """How far an entry is from what is right, or beside a kink from all slopes of both sides."""
        got = numbers.mpf(float(self.array[place]))
        if self.low[place] == self.high[place]:
            return abs(got - self.exact[place])
        return max(self.low[place] - got, got - self.high[place], 0)

    @cached_property
    def ratios(self) -> list[float]:
        """The factors by which entries are off; zeros that are right fit any factor."""
        pairs = zip(self.array.ravel(), self.exact.ravel(), strict=True)
        with many_digits(DIGITS) as numbers:
            told = [(numbers.mpf(float(got)), wanted) for got, wanted in pairs if got or wanted]
            return [float(got / wanted) if wanted else math.inf for got, wanted in told]

    @property
    def is_seen(self) -> bool:
        """Whether 0, or a false factor, would have been found wrong in an entry."""
        entries = zip(self.exact.ravel(), self.allowed.ravel(), self.low.ravel(), self.high.ravel(), strict=True)
        return any(abs(e) > a and low == high for e, a, low, high in entries)

    @property
    def at_kinks(self) -> list[tuple[int, ...]]:
        """The entries that have other slopes ahead than behind."""
        return [p for p in np.ndindex(self.array.shape) if self.low[p] != self.high[p]]


def _finding(entries: _Entries, reference: _Reference) -> Finding:
    name, array, exact, first = entries.name, entries.array, entries.exact, entries.wrong[0]
    shown = tuple((p[0] + 1, *p[1:]) if reference.is_in_time(name) else p for p in entries.wrong)
    factor = _common(entries.ratios)
    hint = _pattern(array, exact, factor, reference.arguments)
    if not hint and 2 * len(shown) > array.size:  # a slip in an equation shows in most entries
        hint = reference.hint(name, array)
    wanted = mpmath.nstr(exact[first], 8)
    if first in entries.at_kinks:
        low, high = (float(end[first]) for end in (entries.low, entries.high))
        ends = (0.0 if abs(end) < MATCH * (high - low) else end for end in (low, high))
        wanted = f"between {' and '.join(f'{end:.6g}' for end in ends)}"
    return Finding(name, shown, array.size, repr(float(array[first])), wanted, factor, hint)


def _common(ratios: list[float]) -> float | None:
    """The one factor between all entries, if there is one."""
    seen = [r for r in ratios if math.isfinite(r)]
    if not seen or len(seen) < len(ratios):
        return None
    middle = float(np.median(seen))
    return middle if all(abs(r - middle) <= MATCH * max(abs(middle), 1e-300) for r in seen) else None


def _pattern(array: Array, exact: Array, factor: float | None, arguments: Mapping[str, Array]) -> str:
    """What can be seen in the numbers alone."""
    wanted = np.vectorize(float, otypes=[float])(exact) if exact.size else np.zeros(exact.shape)
    if array.ndim == 2 and array.shape[0] == array.shape[1] and _near(array, wanted.T):
        return "it is transposed"
    if array.ndim and len(array) > 2 and (_near(array[1:], wanted[:-1]) or _near(array[:-1], wanted[1:])):
        return "it is off by one along its first axis"
    if factor is None:
        return ""
    if factor == 0:
        return "it is 0"
    lengths = {len(v) for v in arguments.values() if np.ndim(v)}
    for length in sorted(lengths):
        if abs(factor * length - 1) <= MATCH and length > 1:
            return f"the factor is 1/{length}: a mean in place of a sum over {length} steps"
        if abs(factor / length - 1) <= MATCH and length > 1:
            return f"the factor is {length}: a sum over {length} steps in place of a mean"
    words = {-1.0: "the sign is wrong", 2.0: "a half is missing, as of half the squared error", 0.5: "a half too many"}
    return next((text for value, text in words.items() if abs(factor - value) <= MATCH), "")


def _verdict(findings: list[Finding], checked: Mapping[str, _Entries], arguments: int, kinks: Sequence[str]) -> Verdict:
    words = f"{len(checked)} of {arguments} arguments compared"
    blind = [name for name, entries in checked.items() if not entries.is_seen]
    zero = [name for name in blind if not checked[name].at_kinks]
    if zero:
        words += f"; {', '.join(zero)}: 0 at this point up to rounding, so that no factor could have been found wrong"
    kinked = [name for name, entries in checked.items() if entries.at_kinks]
    if kinked:
        number = sum(len(checked[name].at_kinks) for name in kinked)
        which = f"{number} {'entry has' if number == 1 else 'entries have'} no one slope here"
        words += f"; {', '.join(kinked)}: {which}, at a kink of {'; '.join(kinks) or 'the cell'}"
    outcome = Outcome.SUPPORTED if len(blind) < len(checked) else Outcome.UNINFORMATIVE
    return Verdict(Outcome.REFUTED if findings else outcome, "comparison with certain digits", words)
