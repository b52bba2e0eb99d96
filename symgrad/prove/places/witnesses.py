"""Witnesses: the point at which a goal fails, and what stands on both sides there, as text that reads back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import sympy
from flint import acb, arb, fmpq
from sympy import Derivative, Expr, Float, Rational, S, Symbol

from symgrad.balls import (
    UNDEFINED,
    Ball,
    NoValue,
    Tape,
    UnsupportedError,
    Value,
    as_fraction,
    ball,
    precision,
    rational,
)
from symgrad.base import sized
from symgrad.base.errors import ClaimError, ParseError
from symgrad.language.statements import free_symbols
from symgrad.language.verdicts import Verdict, Witness
from symgrad.language.written import substituted
from symgrad.prove.basics import compared, facts, sentences
from symgrad.prove.basics.derivatives import NotSmooth, enclosable
from symgrad.prove.basics.goals import Goal
from symgrad.reading.text import parse

NO_VALUE = "undefined"
NOT_KNOWN = "not known"
_DECIMAL = re.compile(r"-?\d+\.\d+(?:[eE][+-]?\d+)?")
BITS = 192
DIGITS = 15
NARROW = Rational(1, 10**40)  # how far a root of a polynomial may be from its enclosure
ABOUT = "about "
LOG10_OF_2 = 0.30103
NEXT_TO_NOTHING = arb(2) ** -160  # of a number that is not shown as a fraction, though its centre may be one
FEWEST_BITS, FEW_ABOUT = 4, 2  # that are certain, for a digit; digits of what is shown only roughly
LONGEST_FRACTION = 12  # letters; a longer one is shown as a decimal where that ends
LONGEST = 24  # letters of an exact value
LONGEST_COORDINATE = 48  # letters that are read at a glance
MOST_TERMS = 3  # of a fraction that is shown as a sum
LONGEST_HEIGHT = 10_000  # bits of a fraction that is taken apart
SHORT = 10**6  # numerators and denominators that are written out beside powers of ten
MOST_DECIMALS = 48


def coordinates(point: Mapping[Symbol, Expr]) -> dict[str, str]:
    """A point as texts; a float among its values is an approximation of a place that is not known exactly."""
    return {str(s): coordinate(v) for s, v in sorted(point.items(), key=lambda item: str(item[0]))}


def coordinate(value: Expr) -> str:
    """A coordinate as a text that reads back, long fractions with powers of ten in them."""
    if isinstance(value, Float):
        return str(value)
    exact = sentences.shown(value, LONGEST_COORDINATE) or _in_powers_of_ten(value) or sentences.shown(value)
    return exact or str(value if value.is_Rational or not value.is_number else sympy.N(value, DIGITS))


def _in_powers_of_ten(value: Expr) -> str | None:
    """A number with the long fractions in it as a short one and a few units of a power of ten: 1 + 10**(-400)."""
    terms = [_short_sum(term) if term.is_Rational else sentences.shown(term) for term in sympy.Add.make_args(value)]
    return _added(term for term in terms if term) if None not in terms else None


def _short_sum(value: Rational) -> str | None:
    """A fraction as a sum of a few short ones and units of powers of ten; nothing for any other."""
    terms: list[str] = []
    if max(value.p.bit_length(), value.q.bit_length()) > LONGEST_HEIGHT:
        return None
    while value and len(terms) < MOST_TERMS:
        part = value if _unit(value) else _nearest(value)
        terms.append(_unit(part))
        value -= part
    return _added(terms) if all(terms) and not value else None


def _added(terms: Iterable[str]) -> str:
    return " + ".join(terms).replace("+ -", "- ")


def _nearest(value: Rational) -> Rational:
    """The nearest short fraction, of a large or small number the nearest unit of a power of ten."""
    near = value.limit_denominator(SHORT) if abs(value) < SHORT else S.Zero
    if near:
        return near
    size = abs(value)
    unit = (
        sympy.Integer(10) ** (len(str(int(size))) - 1)
        if size >= 1
        else 1 / sympy.Integer(10) ** len(str(int(1 / size)))
    )
    return Rational(round(value / unit)) * unit


def _unit(value: Rational) -> str:
    """A short fraction as it is, or few units of a power of ten; nothing for any other number."""
    if abs(value.p) < SHORT and value.q < SHORT:
        return str(value)
    exponent = len(str(abs(value.p))) - 1 if value.is_Integer else 1 - len(str(value.q))
    count = value / sympy.Integer(10) ** exponent
    if not (count.is_Integer and abs(count) < SHORT):
        return ""
    power = f"10**{exponent}" if exponent > 0 else f"10**({exponent})"
    return power if count == 1 else f"-{power}" if count == -1 else f"{count}*{power}"


def completed(witness: Witness, goal: Goal) -> Witness:
    """The witness in the variables of the goal, with the value of a side that has one where neither is said to."""
    names = {s.name for s in goal.variables}
    witness = replace(witness, point={name: value for name, value in witness.point.items() if name in names})
    is_open = bool(goal.written) and witness.left == witness.right == NO_VALUE
    point = point_of(witness, goal.variables) if is_open else None
    if point is None:
        return witness
    left, right = (_value_beside(side, point) for side in goal.said)
    return witness if left == right == NOT_KNOWN else replace(witness, left=left, right=right)


def sides_have_values(witness: Witness, goal: Goal) -> bool:
    """Whether both sides, as they were written, certainly have values at the exact point of a witness."""
    point = point_of(witness, goal.variables) if goal.written else None
    if point is None or any(isinstance(value, Float) for value in point.values()):
        return False
    if any(side.has(Derivative) or free_symbols(side) - set(point) for side in goal.written):
        return False
    try:
        with precision(BITS):
            return all(isinstance(Tape(substituted(side, point), ())(), Ball) for side in goal.written)
    except UnsupportedError:
        return False


def is_outside(witness: Witness, goal: Goal) -> bool:
    """Whether the exact point of a witness certainly is none of the domain."""
    point = point_of(witness, goal.variables)
    if point is None or any(isinstance(value, Float) or free_symbols(value) for value in point.values()):
        return False
    sets = ((point[s], values) for s, values in goal.domain.sets if s in point)
    whole = [c for c in goal.domain.conditions if free_symbols(c) <= set(point)]
    return any(facts.is_in(values, v) is False for v, values in sets) or any(_fails(c, point) for c in whole)


def _fails(condition: sympy.Basic, point: Mapping[Symbol, Expr]) -> bool:
    """Whether a condition certainly does not hold at a point."""
    try:
        sized.check_point((condition,), point)
        if compared.put_in(condition, dict(point)) == sympy.false:
            return True
        with precision(BITS):
            return Tape(substituted(condition, point), ())() is False
    except (UnsupportedError, sized.TooLarge):
        return False


def read(text: str) -> Expr | None:
    """A coordinate of a witness as a number, a float if it is an approximation; None if it cannot be read.

    Examples
    --------
    >>> read("pi/2"), str(read("0.25")), read("about 3")
    (pi/2, '0.25', None)
    """
    try:
        found = Float(text, "") if _DECIMAL.fullmatch(text) else parse(text)
    except (ParseError, ClaimError):
        return None
    return found if isinstance(found, Expr) else None


def point_of(witness: Witness, variables: Sequence[Symbol]) -> dict[Symbol, Expr] | None:
    """The point of a witness as numbers; None if a coordinate of it cannot be read."""
    named = {s.name: s for s in variables}
    found = {named[name]: read(text) for name, text in witness.point.items() if name in named}
    known = {s: value for s, value in found.items() if value is not None}
    return known if len(known) == len(found) else None


def _value_beside(side: Expr, point: Mapping[Symbol, Expr]) -> str:
    """The value of a side that certainly has one at a point where another part has none."""
    if _is_near(side, point) or free_symbols(side) - set(point) or side.has(Derivative):
        return NO_VALUE
    found = value_at(side, point)
    return NO_VALUE if found == NOT_KNOWN else found


def of_equal_sides(goal: Goal, point: Mapping[Symbol, Expr]) -> Witness:
    """The witness at a point where both sides are known to be one number, shown exactly where that is short."""
    sides = [side for side in (goal.rhs, goal.lhs) if not side.has(Derivative)]
    exact = (sentences.shown(side.subs(point), LONGEST) for side in sides if not _is_near(side, point))
    value = next((text for text in exact if text is not None), None) or _sharpest(goal, point)
    return Witness(coordinates(point), value, value)


def _sharpest(goal: Goal, point: Mapping[Symbol, Expr]) -> str:
    """The value of both sides by that of which more digits are certain."""
    found = [text for text in (value_at(side, point) for side in (goal.rhs, goal.lhs)) if text != NOT_KNOWN]
    certain = [text for text in found if not text.startswith(ABOUT)]
    return max(certain or found, key=len, default=NOT_KNOWN)


def _is_near(side: Expr, point: Mapping[Symbol, Expr]) -> bool:
    """Whether a side depends on a coordinate that is an approximation."""
    return any(isinstance(point.get(s), Float) for s in free_symbols(side))


def value_at(side: Expr, point: Mapping[Symbol, Expr]) -> str:
    """The value of a side at a point: a short exact one, or digits.

    A coordinate that is an approximation stands for all numbers that it may be: the digits are those of the value at
    the place itself, whichever of these it is.

    Examples
    --------
    >>> x = Symbol("x", real=True)
    >>> value_at(x**2, {x: Rational(2, 3)}), value_at(x**2, {x: Float("0.66667", "")})
    ('4/9', '0.4444')
    """
    try:
        with precision(BITS):
            return _shown_at(enclosable(side), point)
    except (UnsupportedError, NotSmooth):
        return NOT_KNOWN


def _shown_at(e: Expr, point: Mapping[Symbol, Expr]) -> str:
    """The value at a point, of so many digits as are the same at all places that it may stand for."""
    found = _value_within(e, point)
    if not _is_near(e, point) or not isinstance(found, Ball):
        return show(found)
    centre = _value_within(e, {s: Rational(str(v)) if isinstance(v, Float) else v for s, v in point.items()})
    digits = int(acb(ball(found)).rel_accuracy_bits() * LOG10_OF_2)
    if digits < 1 or not isinstance(centre, Ball):
        return show(found)
    return show(ball(centre) + arb(0, ball(centre).abs_upper() * NEXT_TO_NOTHING), min(digits, DIGITS))


def _value_within(e: Expr, point: Mapping[Symbol, Expr]) -> Value:
    """The enclosure of an expression at a point, whose coordinates may be approximations or roots of polynomials."""
    wide = {s: v for s, v in point.items() if v.has(Float, sympy.CRootOf)}
    moved = substituted(e, {s: v for s, v in point.items() if s not in wide})
    return Tape(moved, tuple(wide))(*map(_enclosed, wide.values()))


def _enclosed(value: Expr) -> Value:
    """A number in a ball; of an approximation only the digits that it shows are known, but for one of the last."""
    if isinstance(value, Float):
        last = Decimal(str(value)).as_tuple().exponent
        return arb(ball(rational(Rational(str(value)))), arb(10) ** int(last))
    roots = sorted(value.atoms(sympy.CRootOf), key=sympy.default_sort_key)
    stand_ins = {root: sympy.Dummy() for root in roots}
    boxes = [arb(ball(rational(root.eval_rational(NARROW))), ball(rational(NARROW))) for root in roots]
    return Tape(value.xreplace(stand_ins), tuple(stand_ins.values()))(*boxes)


def carried(e: Expr, point: Mapping[Symbol, Expr]) -> str:
    """A coordinate that an expression gives at a point: exact where the point is, else digits that are certain."""
    if not free_symbols(e) <= set(point):
        return NOT_KNOWN
    if not _is_near(e, point):
        return coordinate(e.xreplace(dict(point)))
    found = value_at(e, point)
    return NOT_KNOWN if found.startswith(ABOUT) else found


def moved(verdict: Verdict, place: Mapping[Symbol, Expr]) -> Verdict:
    """The verdict on a goal at a place, with the place in its witness."""
    if verdict.witness is None:
        return verdict
    point = dict(sorted({**verdict.witness.point, **coordinates(place)}.items()))
    return replace(verdict, witness=replace(verdict.witness, point=point))


# --- numbers --------------------------------------------------------------------------------------------------------


def show(value: Value, digits: int = DIGITS) -> str:
    """An exact number as it is, a ball by digits that are all certain; text that reads back.

    Examples
    --------
    >>> with precision(64):
    ...     show(fmpq(1, 3)), show(fmpq(3 * 10**17 + 1, 10**18)), show(acb(0, 1) / 3, 5)
    ('1/3', '0.300000000000000001', '0.33333*I')
    """
    if isinstance(value, NoValue):
        return NO_VALUE if value is UNDEFINED else NOT_KNOWN
    if not isinstance(value, Ball):
        return str(value)
    if isinstance(value, fmpq):
        return _rational(value, digits)
    if is_vague(value):
        return _about(acb(ball(value)))
    return _complex(value, digits) if isinstance(value, acb) else _real(ball(value), digits)


def is_vague(value: Value) -> bool:
    """Whether a part of a number has no digit that is certain, and is not next to zero beside the other."""
    if isinstance(value, NoValue) or not isinstance(value, Ball):
        return False
    whole = acb(ball(value))
    return any(
        not part.is_exact() and _part(part, whole, DIGITS) and _is_wide(part) for part in (whole.real, whole.imag)
    )


def _is_wide(part: arb) -> bool:
    is_next_to_zero = part.contains(0) and bool(part.abs_upper() < arb(10) ** (-2 * DIGITS))
    return not is_next_to_zero and part.rel_accuracy_bits() < FEWEST_BITS


def _about(value: acb) -> str:
    """The centre of an enclosure without digits that are certain."""
    centre = acb(arb(value.real.mid()), arb(value.imag.mid()))
    return f"{ABOUT}{_complex(centre, FEW_ABOUT)}"


def _rational(value: fmpq, digits: int) -> str:
    if is_shown_exactly(value, digits):
        return _exact(value)
    with precision(4 * digits + BITS):
        return str(arb(value).str(digits, radius=False))


def is_shown_exactly(value: Value, digits: int) -> bool:
    """Whether a number is a fraction that is shown as it is, and not by its first digits."""
    return isinstance(value, fmpq) and len(_exact(value)) <= max(2 * DIGITS, digits)


def _exact(value: fmpq) -> str:
    text = str(value)
    if len(text) > LONGEST_FRACTION and value.q != 1:
        text = _decimal(value) or text
    return text if len(text) <= 2 * DIGITS else _short_sum(Rational(int(value.p), int(value.q))) or text


def _decimal(value: fmpq) -> str:
    """The decimals of a fraction, if they end soon."""
    for places in range(1, MOST_DECIMALS):
        scaled = abs(value) * 10**places
        if scaled.q == 1:
            whole = str(scaled.p).zfill(places + 1)
            return f"{'-' if value < 0 else ''}{whole[:-places]}.{whole[-places:]}"
    return ""


def _real(value: arb, digits: int) -> str:
    fraction = as_fraction(value) if value.abs_upper() < 10**LONGEST_FRACTION else None
    exact = "" if fraction is None else str(fraction)
    if 0 < len(exact) <= LONGEST_FRACTION:
        return exact
    is_next_to_zero = value.contains(0) and bool(value.abs_upper() < arb(10) ** (-2 * digits))
    return "0" if is_next_to_zero else str(value.str(digits, radius=False))


def _complex(value: acb, digits: int) -> str:
    """Both parts; one of which nothing is known but that it is next to zero is left out."""
    real, imaginary = _part(value.real, value, digits), _part(value.imag, value, digits)
    if imaginary is None:
        return real or "0"
    whole = {"1": "I", "-1": "-I"}.get(imaginary, f"{imaginary}*I")
    if real is None:
        return whole
    return f"{real} - {whole[1:]}" if whole.startswith("-") else f"{real} + {whole}"


def _part(part: arb, whole: acb, digits: int) -> str | None:
    if part.is_zero() or (part.contains(0) and bool(arb(part).abs_upper() < whole.abs_upper() * arb(10) ** -digits)):
        return None
    return _real(part, digits)


def differ_by_rounding(left: Value, right: Value) -> bool:
    """Whether two numbers certainly differ, but by less than 1e-15 of their size."""
    sizes = _gap_and_size(left, right)
    return sizes is not None and not sizes[0].contains(0) and bool(sizes[0].abs_upper() < sizes[1])


def differ_by_more(left: Value, right: Value) -> bool:
    """Whether two numbers certainly differ by more than 1e-15 of their size."""
    sizes = _gap_and_size(left, right)
    return sizes is not None and bool(sizes[0].abs_lower() > sizes[1])


def _gap_and_size(left: Value, right: Value) -> tuple[acb, arb] | None:
    """The difference of two numbers, and 1e-15 of the size of the first."""
    if not (isinstance(left, Ball) and isinstance(right, Ball)):
        return None
    return acb(ball(left)) - acb(ball(right)), arb(acb(ball(left)).abs_lower()) * arb("1e-15")
