"""Limits: exactly, from expansions; what decides whether a sum or an integral has an end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy
from sympy import Dummy, Expr, S, Symbol

from symgrad import activations
from symgrad.balls.expansions.expansions import NOTHING, Expander, Expansion
from symgrad.balls.expansions.growth import LOG, Monomial, Open, Scale, Sign
from symgrad.balls.tape import Tape, UnsupportedError
from symgrad.balls.values import NoValue, is_exactly_zero, is_real, sign
from symgrad.base import sized
from symgrad.base.precision import precision

ORDERS = (2, 4, 8, 14)
SIGN_BITS = (64, 256, 1024)
MOST_POWER, MOST_WAVES = 6, 64  # of sines and cosines


@dataclass(frozen=True)
class Found:
    """A limit, a sum or an integral: its value, or the reason why there is none.

    Attributes
    ----------
    value : Expr or None
        None if there certainly is no value.
    why : str
        Why there is none, or how the value was found.
    constants : tuple of Expr
        What must have a value for this to be true.
    grown : Expr or None
        Of what grows without bound, infinity or minus infinity.
    """

    value: Expr | None
    why: str = ""
    constants: tuple[Expr, ...] = ()
    grown: Expr | None = None


def constant_sign(e: Expr) -> int | None:
    """The sign of a number by enclosures; zero where it is seen when it is multiplied out."""
    try:
        tape = Tape(e, ())
    except UnsupportedError:
        return None
    for bits in SIGN_BITS:
        with precision(bits):
            value = tape()
        if isinstance(value, NoValue) or not is_real(value):
            return None
        if is_exactly_zero(value):
            return 0
        known = sign(value)
        if known is not None:
            return known
        if bits == SIGN_BITS[0] and sympy.expand(e) == 0:
            return 0
    return None


def limit(e: Expr, x: Symbol, place: Expr, side: str, known: Sign) -> Found:
    """The limit of an expression; Open if it cannot be told."""
    e = activations.expand(e)
    if not e.has(x):
        return Found(e)
    if place.is_infinite or side != "+-":
        return _one_sided(e, x, place, side, known)
    left, right = (_one_sided(e, x, place, one, known) for one in "-+")
    for found in (left, right):
        if found.value is None:
            return found
    assert left.value is not None
    assert right.value is not None
    difference = sympy.expand(left.value - right.value)
    apart = 0 if difference == 0 else known(difference)
    if apart is None:
        raise Open(difference)
    if apart:
        return Found(None, f"it tends to {left.value} from the left and to {right.value} from the right")
    return Found(right.value, right.why, (*left.constants, *right.constants))


def far_out(e: Expr, x: Symbol, place: Expr, side: str) -> tuple[Expr, Dummy]:
    """The expression in a variable that grows without bound as x tends to its place."""
    t = Dummy("t", real=True, integer=True if x.is_integer else None)
    inside = t if place is S.Infinity else -t if place is S.NegativeInfinity else place + (-1 if side == "-" else 1) / t
    return e.xreplace({x: inside}), t


def _one_sided(e: Expr, x: Symbol, place: Expr, side: str, known: Sign) -> Found:
    moved, t = far_out(e, x, place, side)
    return at_infinity(moved, t, known)


def at_infinity(e: Expr, t: Symbol, known: Sign) -> Found:
    """The limit of an expression as its variable grows without bound."""
    if e.has(S.NaN, S.ComplexInfinity):
        raise Open
    failed = Open()
    for order in ORDERS:
        expander = Expander(t, Scale(known), order)
        try:
            return _read(expander, expander(e))
        except Open as error:
            failed = error if failed.asked is None else failed
    for swinging in (_swings(e, t, known), None if t.is_integer else swings_together(e, t, known)):
        if swinging is not None:
            return swinging
    raise failed


def _read(expander: Expander, s: Expansion) -> Found:
    constants = tuple(expander.constants)
    scale = expander.scale
    if s == NOTHING:
        return Found(S.Zero, "", constants)
    if not s.terms and s.rest is not None and scale.growth(s.rest.monomial) < 0:
        return Found(S.Zero, "", constants)
    if s.rest is not None and scale.growth(s.rest.monomial) >= 0:
        first = s.terms[0] if s.terms else None
        if first is None or scale.growth(first[1]) <= 0:
            raise Open
    for c, m in s.terms:
        grows = scale.growth(m)
        if grows < 0:
            return Found(S.Zero, "", constants)
        if grows == 0:
            return Found(c, "", constants)
        towards = scale.known(c)
        if towards:
            return Found(None, "it grows without bound", constants, towards * S.Infinity)
    if s.rest is not None and scale.growth(s.rest.monomial) >= 0:
        raise Open
    return Found(S.Zero, "", constants)


def _swings(e: Expr, t: Symbol, known: Sign) -> Found | None:
    """That there is no limit because of a wave whose argument grows, in front of which stands what does not vanish."""
    waves = [w for w in e.atoms(sympy.sin, sympy.cos) if w.has(t)]
    if t.is_integer:
        waves = [w for w in e.atoms(sympy.Pow) if w.base == -1 and w.exp == t]
    if len(waves) != 1:
        return None
    (wave,) = waves
    if not t.is_integer and at_infinity(wave.args[0], t, known).value is not None:
        return None
    s = Dummy("s", real=True)
    held = e.xreplace({wave: s})
    if held.has(wave) or not held.is_polynomial(s) or sympy.degree(held, s) != 1:
        return None
    height, rest = sympy.diff(held, s), held.subs(s, 0)
    if height.has(s):
        return None
    aside = at_infinity(rest, t, known) if rest.has(t) else Found(rest)
    tall = at_infinity(height, t, known) if height.has(t) else Found(height)
    if aside.value is None or (tall.value is not None and known(tall.value) in (0, None)):
        return None
    return Found(None, "it swings without end", (*aside.constants, *tall.constants))


def swings_together(e: Expr, t: Symbol, known: Sign) -> Found | None:
    """That there is no limit, because waves of constant frequencies add up to one that does not vanish.

    After division by the largest height all heights tend to numbers, and what is left is a sum of exp(i w t) with
    constant coefficients and a rest that tends to zero. Such a sum has a limit only where it is a constant: its
    coefficients are means over the whole line. Where the height grows, any but zero does.
    Reference: H. Bohr, Fastperiodische Funktionen (Springer 1932), on the uniqueness of the coefficients.
    """
    waves = spectrum(e, t)
    if waves is None or not any(w.frequency != 0 for w in waves):
        return None
    constants: list[Expr] = []
    for reference in dict.fromkeys(w.height for w in waves):
        heights = [_limit_of_ratio(w.height, reference, t, known, constants) for w in waves]
        if None not in heights:
            break
    else:
        return None
    shrunk = at_infinity(1 / reference, t, known) if reference.has(t) else Found(S.One)
    if shrunk.value is None:
        return None  # what tends to zero may do so whatever the waves are
    pairs = [(w.frequency, sized.expand(h * w.phase)) for w, h in zip(waves, heights) if h is not None]
    if not any(_turns(pair, pairs, known) for pair in pairs):
        return None
    return Found(None, "it swings without end", (*shrunk.constants, *constants))


def _turns(pair: tuple[Expr, Expr], pairs: list[tuple[Expr, Expr]], known: Sign) -> bool:
    """Whether the waves of this frequency, which is not zero, certainly do not cancel."""
    frequency, _ = pair
    if not known(frequency):
        return False
    total = S.Zero
    for other, c in pairs:
        apart = sized.expand(frequency - other)
        same = 0 if apart == 0 else known(apart)
        if same is None:
            return False
        total += c if same == 0 else 0
    real, imaginary = sized.expand(total).as_real_imag()
    return bool(known(real) or known(imaginary))


def _limit_of_ratio(height: Expr, reference: Expr, t: Symbol, known: Sign, constants: list[Expr]) -> Expr | None:
    if height == reference:
        return S.One
    ratio = height / reference
    try:
        found = at_infinity(ratio, t, known) if ratio.has(t) else Found(ratio)
    except Open:
        return None
    constants += found.constants
    return found.value


@dataclass(frozen=True)
class Wave:
    """height * phase * exp(i frequency t), the phase a complex number."""

    frequency: Expr
    phase: Expr
    height: Expr


def spectrum(e: Expr, t: Symbol) -> list[Wave] | None:
    """The expression as a sum of waves; None where sines and cosines in it are no powers or have other arguments."""
    found = []
    for term in sympy.Add.make_args(sized.expand(e)):
        waves = [Wave(S.Zero, S.One, S.One)]
        for factor in sympy.Mul.make_args(term):
            base, exponent = factor.as_base_exp() if isinstance(factor, sympy.Pow) else (factor, S.One)
            if not isinstance(base, sympy.sin | sympy.cos) or not base.has(t):
                if factor.has(sympy.sin, sympy.cos) and factor.has(t):
                    return None
                waves = [replace(w, height=w.height * factor) for w in waves]
                continue
            halves = _halves(base, t)
            if halves is None or not exponent.is_Integer or not 0 < exponent <= MOST_POWER:
                return None
            for _ in range(int(exponent)):
                waves = [Wave(w.frequency + f, w.phase * p, w.height) for w in waves for f, p in halves]
        found += waves
        if len(found) > MOST_WAVES:
            return None
    return found


def _halves(wave: Expr, t: Symbol) -> list[tuple[Expr, Expr]] | None:
    """A sine or cosine of a t + b as two exponentials: their frequencies and phases."""
    (u,) = wave.args
    rate = sympy.diff(u, t) if u.is_polynomial(t) else u
    if rate.has(t):
        return None
    ground = u.subs(t, 0)
    phase = sympy.cos(ground) + S.ImaginaryUnit * sympy.sin(ground)
    back = sympy.cos(ground) - S.ImaginaryUnit * sympy.sin(ground)
    if isinstance(wave, sympy.cos):
        return [(rate, phase / 2), (-rate, back / 2)]
    return [(rate, phase / (2 * S.ImaginaryUnit)), (-rate, -back / (2 * S.ImaginaryUnit))]


# What adds up


def expansions(e: Expr, t: Symbol, known: Sign) -> Iterator[tuple[Expander, Expansion]]:
    """Expansions of rising order; Open if there is none."""
    failed = Open()
    some = False
    for order in ORDERS:
        expander = Expander(t, Scale(known), order)
        try:
            found = expander(e)
        except Open as error:
            failed = error if failed.asked is None else failed
            continue
        some = True
        yield expander, found
    if not some:
        raise failed


def adds_up(scale: Scale, m: Monomial) -> bool:
    """Whether the integral of a monomial from some place on is finite."""
    if m.exponent:
        c, e = m.exponent[0]
        if scale.compare(e, LOG) > 0:
            return scale.known(c) < 0
        beyond = scale.known(m.power + 1)
        if not beyond:
            raise Open
        return beyond < 0
    beyond = scale.known(m.power + 1)
    return beyond < 0 if beyond else scale.known(m.logs + 1) < 0


def has_end(e: Expr, t: Symbol, known: Sign, *, alternating: bool = False) -> tuple[bool, tuple[Expr, ...]]:
    """Whether the integral of an expression that is smooth far out is finite there, or the sum; what must be defined.

    With `alternating`, the sum of the expression times (-1)**t.
    """
    failed = Open()
    for expander, s in expansions(e, t, known):
        scale, constants = expander.scale, tuple(expander.constants)
        try:
            if s == NOTHING:
                return True, constants
            if not s.terms:
                assert s.rest is not None
                if adds_up(scale, s.rest.monomial):
                    return True, constants
                continue
            if adds_up(scale, s.terms[0][1]):
                return True, constants  # whatever the sign of its coefficient
            _, m, _ = expander.lead(s)
            if adds_up(scale, m):
                return True, constants
            if not alternating:
                return False, constants
            if scale.growth(m) >= 0:
                return False, constants
            if s.rest is None or adds_up(scale, s.rest.monomial):
                return True, constants
        except Open as error:
            failed = error if failed.asked is None else failed
    raise failed
