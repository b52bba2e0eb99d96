"""Expansions: an expression for large x as a sum of monomials and a rest, each exact, the rest bounded.

The functions are expanded by Taylor's theorem where their argument tends to a number at which they are analytic, and
by the rows of `AT_INFINITY` where it grows. Nothing is taken from SymPy but values and derivatives of functions.

References
----------
NIST Digital Library of Mathematical Functions: 5.11 (logarithm of the gamma function and its derivative: for positive
arguments the error is less than the first term left out), 7.12 (error function, the same), 4.24 (arctangent).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sympy
from flint import arb
from sympy import Expr, Piecewise, Rational, S, Symbol

from symgrad.balls.expansions.growth import LOG, ONE, Monomial, Open, Scale, Terms, X
from symgrad.balls.expansions.recurring import ball_of
from symgrad.balls.functions.rewritten import REWRITTEN
from symgrad.balls.functions.taylor import ANALYTIC, AT_BORDER, at_place, derivatives
from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import as_integer, ball, is_real
from symgrad.base import sized
from symgrad.base.budget import charge, remembered
from symgrad.language.written import origin

MOST_TERMS = 100  # of a coefficient: what is no more, takes SymPy some milliseconds
MOST_DERIVED = 14  # derivatives of functions without a row grow out of hand


@dataclass(frozen=True)
class Rest:
    """What is at most a multiple of a monomial: `size` times it from the start of the scale on, if it has one.

    It may be complex, where roots of negative numbers are in it.
    """

    monomial: Monomial
    size: arb | None
    is_real: bool = True


@dataclass(frozen=True)
class Expansion:
    """A sum of terms, the largest first, and a rest; no rest where the sum is exact."""

    terms: Terms
    rest: Rest | None = None


NOTHING = Expansion(())


@remembered
def _multiplied_out(e: Expr) -> Expr:
    """A coefficient multiplied out; Open where it has so many terms that no expansion of use is made of it."""
    if sized.count_terms(e) > MOST_TERMS:
        raise Open
    try:
        return sized.expand(e)
    except sized.TooLarge:
        raise Open from None


@dataclass
class Expander:
    """Expands expressions in x as x grows without bound.

    Attributes
    ----------
    x : Symbol
        Real; it is taken to be large.
    scale : Scale
    order : int
        How many terms are kept.
    constants : dict
        What does not hold x and was met on the way: it must have a value for the expansion to have one.
    """

    x: Symbol
    scale: Scale
    order: int = 4
    constants: dict[Expr, None] = field(default_factory=dict)
    _known: dict[Expr, Expansion] = field(default_factory=dict)

    def __call__(self, e: Expr) -> Expansion:
        """The expansion of an expression, or Open."""
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._expand(e)
        return found

    def _expand(self, e: Expr) -> Expansion:
        if not e.has(self.x):
            return self._constant(e)
        if e == self.x:
            return Expansion(((S.One, X),))
        if isinstance(e, sympy.Add):
            return self.sum([self(a) for a in e.args])
        if isinstance(e, sympy.Mul):
            total = self(e.args[0])
            for a in e.args[1:]:
                total = self.product(total, self(a))
            return total
        if isinstance(e, sympy.Pow):
            return self._pow(e.base, e.exp)
        kind = origin(e.func)
        if kind in REWRITTEN:
            return self(REWRITTEN[kind](*e.args))
        row = ROWS.get(kind)
        if row is not None:
            return row(self, *e.args)
        if kind in ANALYTIC and len(e.args) == 1:
            return self._analytic(kind, e.args[0])
        raise Open

    def _constant(self, e: Expr) -> Expansion:
        if e.has(S.ImaginaryUnit, S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
            raise Open
        for part in e.atoms(sympy.Abs) if e.free_symbols else ():
            (inside,) = part.args
            e = e.xreplace({part: self.scale.known(inside) * inside})
        if not e.is_Rational:
            self.constants[e] = None
            if self.scale.start is not None:
                self.scale.size(e)  # Open if it is not real
        return NOTHING if e is S.Zero else Expansion(((e, ONE),))

    # Arithmetic

    def lead(self, s: Expansion) -> tuple[Expr, Monomial, int]:
        """The first term, with the sign of its coefficient."""
        for i, (c, m) in enumerate(s.terms):
            known = self.scale.known(c)
            if known:
                return c, m, known
            if self.scale.start is not None and i == len(s.terms) - 1:
                break
        raise Open

    def trimmed(self, s: Expansion) -> Expansion:
        """The expansion from its first term that is not zero on; Open where there is none."""
        _, m, _ = self.lead(s)
        while s.terms[0][1] != m:
            s = Expansion(s.terms[1:], s.rest)
        return s

    def _made(self, terms: Terms, rests: list[Rest]) -> Expansion:
        """The terms, those beyond the order or below the rest added to it."""
        charge(150 * len(terms) + 20)
        terms = self.scale.merged(terms)
        kept, left = terms[: self.order], terms[self.order :]
        rests = rests + [self._rest_of(c, m) for c, m in left]
        if not rests:
            return Expansion(kept)
        rest = self._joined(rests)
        below = [(c, m) for c, m in kept if self.scale.compare(m, rest.monomial) <= 0]
        if below:
            rest = self._joined([rest, *(self._rest_of(c, m) for c, m in below)])
            kept = kept[: len(kept) - len(below)]
        return Expansion(kept, rest)

    def _rest_of(self, c: Expr, m: Monomial) -> Rest:
        return Rest(m, None if self.scale.start is None else self.scale.size(c))

    def _joined(self, rests: list[Rest]) -> Rest:
        largest = rests[0].monomial
        for r in rests[1:]:
            if self.scale.compare(r.monomial, largest) > 0:
                largest = r.monomial
        if self.scale.start is None:
            return Rest(largest, None, all(r.is_real for r in rests))
        total = arb(0)
        for r in rests:
            assert r.size is not None
            total = total + r.size * self.scale.share(r.monomial, largest)
        return Rest(largest, total.upper(), all(r.is_real for r in rests))

    def sum(self, parts: list[Expansion]) -> Expansion:
        return self._made(tuple(t for p in parts for t in p.terms), [p.rest for p in parts if p.rest is not None])

    def scaled(self, s: Expansion, c: Expr, m: Monomial = ONE) -> Expansion:
        """A multiple of an expansion."""
        terms = tuple((_multiplied_out(c * d), self.scale.times(m, n)) for d, n in s.terms)
        if s.rest is None:
            return Expansion(terms)
        size = None if s.rest.size is None else (s.rest.size * self.scale.size(c)).upper()
        return Expansion(terms, Rest(self.scale.times(m, s.rest.monomial), size, s.rest.is_real))

    def largest(self, s: Expansion) -> Rest:
        """A bound of the whole."""
        rests = [self._rest_of(c, m) for c, m in s.terms] + ([] if s.rest is None else [s.rest])
        return self._joined(rests)

    def product(self, s: Expansion, t: Expansion) -> Expansion:
        if NOTHING in (s, t):
            return NOTHING
        charge(60 * len(s.terms) * len(t.terms))
        scale, terms = self.scale, []
        for c, m in s.terms:
            for d, n in t.terms:
                terms.append((c * d if c.is_Rational and d.is_Rational else _multiplied_out(c * d), scale.times(m, n)))
        rests = []
        if s.rest is not None:
            rests.append(self._rests_product(s.rest, self.largest(t)))
        if t.rest is not None and s.terms:
            rests.append(self._rests_product(self.largest(Expansion(s.terms)), t.rest))
        return self._made(tuple(terms), rests)

    def _rests_product(self, a: Rest, b: Rest) -> Rest:
        size = None if a.size is None or b.size is None else (a.size * b.size).upper()
        return Rest(self.scale.times(a.monomial, b.monomial), size, a.is_real and b.is_real)

    def series(self, coefficients: Callable[[int], Expr], last: Callable[[arb], arb], small: Expansion) -> Expansion:
        """The sum of c_k small**k up to the order; `last` bounds the next factor, from a bound of |small|."""
        if small == NOTHING:
            return self._constant(coefficients(0))
        bound = self.largest(small)
        if self.scale.growth(bound.monomial) >= 0:
            raise Open
        count = self.order
        total = NOTHING
        for k in range(count - 1, -1, -1):
            c = coefficients(k)
            total = self.sum([self.product(total, small), NOTHING if c == 0 else Expansion(((c, ONE),))])
        size = None
        if bound.size is not None:
            self.scale.falls(bound.monomial)
            reach = (bound.size * self.scale.at_start(bound.monomial)).upper()
            size = (last(reach) * bound.size**count).upper()
            if not size.is_finite():
                raise Open
        return self.sum([total, Expansion((), Rest(self.scale.power(bound.monomial, S(count)), size, bound.is_real))])

    def split(self, s: Expansion) -> tuple[Terms, Expr, Expansion]:
        """The terms that grow, the constant one, and what tends to zero."""
        if s.rest is not None and self.scale.growth(s.rest.monomial) >= 0:
            raise Open
        growing = tuple((c, m) for c, m in s.terms if self.scale.growth(m) > 0)
        constant = next((c for c, m in s.terms if m.is_one), S.Zero)
        small = tuple((c, m) for c, m in s.terms if self.scale.growth(m) < 0)
        return growing, constant, Expansion(small, s.rest)

    def factored(self, s: Expansion) -> tuple[Expr, Monomial, int, Expansion]:
        """c, m, the sign of c, and d for s = c m (1 + d)."""
        s = self.trimmed(s)
        c, m, known = self.lead(s)
        rest = self.scaled(Expansion(s.terms[1:], s.rest), 1 / c, self.scale.power(m, S.NegativeOne))
        if rest.rest is not None and self.scale.growth(rest.rest.monomial) >= 0:
            raise Open
        return c, m, known, rest

    # Powers, exponentials, logarithms

    def _pow(self, base: Expr, exponent: Expr) -> Expansion:
        if exponent.has(self.x):
            return self._exponential_power(base, exponent)
        if exponent.is_Integer and 0 < exponent <= 12:
            return self._repeated(self(base), int(exponent))
        if not exponent.is_Rational:
            self._constant(exponent)
        inside = self(base)
        if inside == NOTHING:
            raise Open
        if not exponent.is_Integer and not inside.terms and inside.rest is not None:
            return self._root_of_rest(inside.rest, exponent)
        c, m, known, small = self.factored(inside)
        if known < 0 and not exponent.is_Integer:
            return self._root_of_rest(self.largest(inside), exponent)

        def last(reach: arb) -> arb:
            p = self.scale._ball(exponent) if self.scale.start is not None else arb(0)
            whole = arb(1) - reach
            return abs(_binomial(p, self.order)) * arb(1).union(whole ** (p - self.order)) if whole > 0 else arb("nan")

        grown = self.series(lambda k: _multiplied_out(sympy.ff(exponent, k) / sympy.factorial(k)), last, small)
        return self.scaled(grown, c**exponent, self.scale.power(m, exponent))

    def _root_of_rest(self, rest: Rest, exponent: Expr) -> Expansion:
        """A positive power of something of which only the absolute value is bounded."""
        if self.scale.known(exponent) <= 0:
            raise Open
        size = None if rest.size is None else (rest.size ** self.scale._ball(exponent)).upper()
        return Expansion((), Rest(self.scale.power(rest.monomial, exponent), size, is_real=False))

    def _repeated(self, s: Expansion, n: int) -> Expansion:
        total = s
        for _ in range(n - 1):
            total = self.product(total, s)
        return total

    def _exponential_power(self, base: Expr, exponent: Expr) -> Expansion:
        if base.has(self.x):
            return self._exp(exponent * sympy.log(base, evaluate=False))
        self._constant(base)
        known = self.scale.known(base)
        if base == 1:
            return Expansion(((S.One, ONE),))
        if known == 0:
            if self.lead(self(exponent))[2] < 0:
                raise Open
            return NOTHING
        size = self._exp(exponent * sympy.log(known * base))
        if known > 0:
            return size
        bound = self.largest(size)
        return Expansion((), replace(bound, is_real=bound.is_real and bool(exponent.is_integer)))

    def _exp(self, u: Expr) -> Expansion:
        growing, constant, small = self.split(self(u))
        power = next((c for c, m in growing if m == LOG), S.Zero)
        m = Monomial(power, S.Zero, tuple((c, e) for c, e in growing if e != LOG))
        size = arb.exp
        factorial = sympy.factorial(self.order)
        grown = self.series(lambda k: 1 / sympy.factorial(k), lambda reach: size(reach) / int(factorial), small)
        return self.scaled(grown, sympy.exp(constant), m)

    def _log(self, u: Expr) -> Expansion:
        c, m, known, small = self.factored(self(u))
        if known < 0 or m.logs != 0:
            raise Open
        grown = self.series(
            lambda k: Rational((-1) ** (k + 1), k) if k else S.Zero,
            lambda reach: 1 / (self.order * (1 - reach) ** self.order) if reach < 1 else arb("nan"),
            small,
        )
        constant = sympy.log(c)
        head = self._made((*m.exponent, (m.power, LOG), (constant, ONE)), [])
        return self.sum([head, grown])

    # Functions

    def _analytic(self, function: type, u: Expr) -> Expansion:
        growing, constant, small = self.split(self(u))
        if growing:
            far = AT_INFINITY.get(function)
            if far is None:
                raise Open
            return far(self, u, self.sign_of(u))
        inside = ANALYTIC[function](constant)
        if inside is not None and self.scale.known(inside) <= 0:
            border = AT_BORDER.get(function)
            if border is None or self.scale.known(inside) < 0:
                raise Open
            return self(border(u, self.scale.known(constant)))
        if self.order > MOST_DERIVED and function not in _SMOOTH:
            raise Open
        y, slopes = derivatives(function, self.order)
        if slopes is None:
            raise Open
        coefficients = at_place(function, self.order, constant)
        if coefficients is None:
            raise Open
        bound = None if small == NOTHING else self.largest(small)

        def last(reach: arb) -> arb:
            if bound is not None and not bound.is_real:
                raise Open  # the derivative is bounded on the line, and this may lie off it
            try:
                around = self.scale._ball(constant) + arb(0, reach)
                found = Tape(slopes[-1] / sympy.factorial(self.order), (y,))(around)
            except UnsupportedError:
                raise Open from None
            return abs(ball(found)).upper() if is_real(found) else arb("nan")

        return self.series(lambda k: coefficients[k], last, small)

    def _wave(self, function: type, u: Expr) -> Expansion:
        """Sine or cosine: bounded by one where its real argument grows."""
        s = self(u)
        if s.rest is not None and not s.rest.is_real:
            raise Open
        try:
            growing, *_ = self.split(s)
        except Open:
            if s.rest is None:
                raise
            growing = s.terms or ((S.One, ONE),)
        if not growing:
            return self._analytic(function, u)
        for c, _ in growing:
            self.scale.known(c)  # real
        return Expansion((), Rest(ONE, None if self.scale.start is None else arb(1)))

    def sign_of(self, u: Expr) -> int:
        """The sign of an expression in the end, or from the start on."""
        s = self(u)
        if s == NOTHING:
            return 0
        if s.rest is not None and not s.rest.is_real:
            raise Open
        _, _, known, small = self.factored(s)
        if self.scale.start is not None and small != NOTHING:
            bound = self.largest(small)
            self.scale.falls(bound.monomial)
            assert bound.size is not None
            if not bound.size * self.scale.at_start(bound.monomial) < 1:
                raise Open
        return known

    def _piecewise(self, *branches: sympy.Basic) -> Expansion:
        for branch in branches:
            value, condition = branch.args
            if self.is_true(condition):
                return self(value)
        raise Open

    def is_true(self, condition: sympy.Basic) -> bool:
        """Whether a condition holds in the end; else it does not."""
        if condition in (sympy.true, sympy.false):
            return bool(condition)
        if isinstance(condition, sympy.And):
            return False not in [self.is_true(a) for a in condition.args]
        if isinstance(condition, sympy.Or):
            return True in [self.is_true(a) for a in condition.args]
        if isinstance(condition, sympy.Not):
            return not self.is_true(condition.args[0])
        wanted = _WANTED.get(type(condition))
        if wanted is None:
            raise Open
        return self.sign_of(condition.args[0] - condition.args[1]) in wanted

    def _extreme(self, which: int, *arguments: Expr) -> Expansion:
        best = arguments[0]
        for a in arguments[1:]:
            if self.sign_of(a - best) * which > 0:
                best = a
        return self(best)


_WANTED: dict[type, tuple[int, ...]] = {
    sympy.StrictLessThan: (-1,), sympy.LessThan: (-1, 0), sympy.StrictGreaterThan: (1,),
    sympy.GreaterThan: (1, 0), sympy.Equality: (0,), sympy.Unequality: (1, -1),
}  # fmt: skip
_SMOOTH = (sympy.sin, sympy.cos)


def _binomial(p: arb, k: int) -> arb:
    total = arb(1)
    for i in range(k):
        total = total * (p - i) / (i + 1)
    return total


def _step(self: Expander, u: Expr, at_zero: Expr = S.Half) -> Expansion:
    return self._constant({1: S.One, 0: at_zero, -1: S.Zero}[self.sign_of(u)])


def _absolute(self: Expander, u: Expr) -> Expansion:
    s = self(u)
    if not s.terms and s.rest is not None:
        return Expansion((), replace(s.rest, is_real=True))  # only its absolute value is bounded
    known = self.sign_of(u)
    return NOTHING if known == 0 else self.scaled(s, S(known))


def _floor(self: Expander, u: Expr) -> Expansion:
    """Where u tends to a number, what stands beside that on the side it comes from; else less than one away from u."""
    s = self(u)
    if s.rest is not None and not s.rest.is_real:
        raise Open
    if self.scale.start is None:
        try:
            growing, constant, small = self.split(s)
        except Open:
            growing = s.terms
        else:
            try:
                if not growing:
                    return self._constant(_floor_beside(self, constant, small))
            except Open as error:
                if error.asked is not None and error.asked.free_symbols:
                    raise
    return self.sum([s, Expansion((), Rest(ONE, None if self.scale.start is None else arb(1)))])


def _floor_beside(self: Expander, constant: Expr, small: Expansion) -> Expr:
    """The largest integer not above what tends to a number: at an integer the side decides."""
    if constant.free_symbols:
        side = 0 if small == NOTHING else self.lead(small)[2]
        return sympy.ceiling(constant) - 1 if side < 0 else sympy.floor(constant)
    near = as_integer(ball_of(constant).mid().floor())  # or a neighbour, which is told by signs
    if near is None:
        raise Open
    whole = sympy.Integer(near)
    signs = {n: self.scale.known(constant - n) for n in (whole - 1, whole, whole + 1)}
    if 0 in signs.values():
        place = next(n for n, known in signs.items() if known == 0)
        return place - 1 if small != NOTHING and self.lead(small)[2] < 0 else place
    below = [n for n, known in signs.items() if known > 0]
    if not 0 < len(below) < len(signs):
        raise Open
    return max(below, key=int)


def _angle(self: Expander, v: Expr, u: Expr) -> Expansion:
    """The angle of u + i v."""
    across, up = self.sign_of(u), self.sign_of(v)
    if across == 0:
        if up == 0:
            raise Open
        return self._constant(up * S.Pi / 2)
    angle = self(sympy.atan(v / u))
    return angle if across > 0 else self.sum([angle, self._constant(S.Pi if up >= 0 else -S.Pi)])


def _polygamma(self: Expander, order: Expr, u: Expr) -> Expansion:
    if order != 0:
        raise Open
    return self._analytic(sympy.digamma, u)


def _sinc(self: Expander, u: Expr) -> Expansion:
    if self(u) == NOTHING:
        return self._constant(S.One)
    return self(sympy.sin(u, evaluate=False) / u)


ROWS: dict[type, Callable[..., Expansion]] = {
    sympy.exp: Expander._exp,
    sympy.log: Expander._log,
    sympy.sin: lambda self, u: self._wave(sympy.sin, u),
    sympy.cos: lambda self, u: self._wave(sympy.cos, u),
    sympy.sinc: _sinc,
    sympy.Abs: _absolute,
    sympy.sign: lambda self, u: self._constant(S(self.sign_of(u))),
    sympy.Heaviside: _step,
    sympy.floor: _floor,
    sympy.ceiling: lambda self, u: self.scaled(_floor(self, -u), S.NegativeOne),
    sympy.atan2: _angle,
    sympy.Max: lambda self, *a: self._extreme(1, *a),
    sympy.Min: lambda self, *a: self._extreme(-1, *a),
    Piecewise: Expander._piecewise,
    sympy.polygamma: _polygamma,
}


def _asymptotic(self: Expander, u: Expr, terms: Callable[[Expr, int], Expr]) -> Expansion:
    """The sum of the terms up to the order, and a rest that is no larger than the next: an enveloping series."""
    total = self.sum([self(terms(u, k)) for k in range(self.order)])
    return self.sum([total, Expansion((), self.largest(self(terms(u, self.order))))])


def _stirling(self: Expander, u: Expr, known: int) -> Expansion:
    if known < 0:
        raise Open
    head = self((u - S.Half) * sympy.log(u, evaluate=False) - u + sympy.log(2 * S.Pi) / 2)
    return self.sum(
        [head, _asymptotic(self, u, lambda v, k: _bernoulli(k) / ((2 * k + 2) * (2 * k + 1) * v ** (2 * k + 1)))]
    )


def _bernoulli(k: int) -> Rational:
    return Rational(sympy.bernoulli(2 * k + 2))


def _digamma(self: Expander, u: Expr, known: int) -> Expansion:
    if known < 0:
        raise Open
    head = self(sympy.log(u, evaluate=False) - 1 / (2 * u))
    return self.sum([head, _asymptotic(self, u, lambda v, k: -_bernoulli(k) / ((2 * k + 2) * v ** (2 * k + 2)))])


def _gamma(self: Expander, u: Expr, known: int) -> Expansion:
    return self._exp(sympy.loggamma(u, evaluate=False))


def _erfc(self: Expander, u: Expr, known: int) -> Expansion:
    v = known * u

    def term(w: Expr, k: int) -> Expr:
        return (-1) ** k * sympy.factorial2(2 * k - 1) / (2 * w**2) ** k

    series = _asymptotic(self, v, term)
    small = self.product(self(sympy.exp(-(v**2)) / (v * sympy.sqrt(S.Pi))), series)
    return small if known > 0 else self.sum([self._constant(S(2)), self.scaled(small, S.NegativeOne)])


def _erf(self: Expander, u: Expr, known: int) -> Expansion:
    return self.sum([self._constant(S.One), self.scaled(_erfc(self, u, known), S.NegativeOne)])


def _exponential_integral(self: Expander, u: Expr, known: int) -> Expansion:
    """DLMF 6.12.1 where u falls; where it grows the rest is of the size of a term (6.12.2), how large is not said."""
    if known > 0 and self.scale.start is not None:
        raise Open
    series = _asymptotic(self, u, lambda v, k: sympy.factorial(k) / v**k)
    return self.product(self(sympy.exp(u) / u), series)


def _atan(self: Expander, u: Expr, known: int) -> Expansion:
    return self.sum([self._constant(known * S.Pi / 2), self.scaled(self._analytic(sympy.atan, 1 / u), S.NegativeOne)])


def _asinh(self: Expander, u: Expr, known: int) -> Expansion:
    v = known * u
    return self.scaled(self(sympy.log(v + sympy.sqrt(v**2 + 1), evaluate=False)), S(known))


def _acosh(self: Expander, u: Expr, known: int) -> Expansion:
    if known < 0:
        raise Open
    return self(sympy.log(u + sympy.sqrt(u**2 - 1), evaluate=False))


AT_INFINITY: dict[type, Callable[[Expander, Expr, int], Expansion]] = {
    sympy.Ei: _exponential_integral,
    sympy.loggamma: _stirling, sympy.digamma: _digamma, sympy.gamma: _gamma,
    sympy.factorial: lambda self, u, known: _gamma(self, u + 1, known),
    sympy.erf: _erf, sympy.erfc: _erfc, sympy.atan: _atan, sympy.asinh: _asinh, sympy.acosh: _acosh,
}  # fmt: skip
