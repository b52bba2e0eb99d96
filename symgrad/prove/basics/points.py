"""Points of a domain at which to try a claim: simple ones first, then adversarial and random ones, always the same."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy
from flint import acb, arb, fmpq
from sympy import Basic, Expr, I, Rational, S, Symbol
from sympy.core.relational import Relational
from sympy.sets import Set

from symgrad.balls import Ball, Tape, UnsupportedError, as_fraction, precision, rational
from symgrad.base import sized
from symgrad.base.budget import charge, remembered
from symgrad.language.statements import Domain
from symgrad.prove.basics import compared, facts
from symgrad.prove.basics.sets import is_of_integers, is_of_reals

Point = dict[Symbol, Expr]

SIMPLE = tuple(
    Rational(p)
    for p in (
        *("0", "1", "-1", "1/2", "2", "-2", "-1/2", "3", "-3"),
        *("1/3", "3/2", "1/4", "5", "10", "-10", "1/10", "-1/10"),
    )
)
WHOLE = (0, 1, 2, -1, 3, 4, 5, -2)
EXTREME = tuple(
    sign * Rational(p)
    for p in ("40", "100", "1000", "1/1000", "1000000", "1/1000000", "40000000", "10000000000", "1e30")
    for sign in (1, -1)
)
COMPLEX = (
    *(S.Zero, S.One, I, -S.One, -I, 1 + I, 1 - I, -1 + I, -1 - I),
    *(2 + 3 * I, -Rational(1, 2) + 2 * I, -3 - I / 2, 4 * I, -Rational(7, 2) * I),
    *(10**k * unit for k in (2, 4, 7) for unit in (I, -I, 1 + I, -1 + I, -1 - I, 1 - I, S.One, -S.One)),
)
SEED = 20_240_229  # any fixed number: the same claim meets the same points on every machine
MOST_SPECIAL = 400
MOST_MISSED = 20  # draws in a row of which none lies in the domain
MOST_REPEATED = 100  # draws in a row that were all drawn before, as of whole numbers
END_BITS = (192, 1024, 4096)
MOST_HEIGHT = 12_000  # bits of a coordinate; Python prints no number of more than 4300 digits
MOST_DECIMALS = 40  # that are tried one by one, to find a short number between two others
WORK_OF_A_SYMBOL = 1_000  # besides what is counted on the way


def points(domain: Domain, count: int, also: Sequence[Rational] = ()) -> Iterator[Point]:
    """At most about `count` points of the domain, different ones; `also` are places of special interest."""
    symbols = domain.symbols
    if not symbols:
        yield {}
        return
    charge(WORK_OF_A_SYMBOL * len(symbols))
    generator = random.Random(SEED)
    specials = {symbol: _special_values(values, also) for symbol, values in domain.sets}
    seen: set[tuple[Expr, ...]] = set()
    found = 0
    drawn = _alternating(_mixed(specials), _random_points(domain, generator, specials))
    repeated = 0
    for values in itertools.islice(drawn, 20 * count + MOST_SPECIAL):
        if values is None:
            continue
        repeated = repeated + 1 if values in seen else 0
        if repeated > MOST_REPEATED:
            return
        if repeated:
            continue
        seen.add(values)
        point = dict(zip(symbols, values))
        if holds_at(domain, point):
            found += 1
            yield point
            if found == count:
                return


def _alternating(
    simple: Iterator[tuple[Expr, ...]], drawn: Iterator[tuple[Expr, ...] | None]
) -> Iterator[tuple[Expr, ...] | None]:
    """The simple points, three at a time, with a random one after each three; then random ones only."""
    yield from itertools.islice(simple, 30)
    for three in iter(lambda: list(itertools.islice(simple, 3)), []):
        yield from three
        yield next(drawn, None)
    yield from drawn


def holds_at(domain: Domain, point: Point) -> bool:
    """Whether the conditions that tie variables together certainly hold at the point."""
    if not domain.conditions:
        return True
    values = as_balls(point)
    return all(condition(*values) is True for condition in _tests(domain.conditions, tuple(point)))


@remembered
def _tests(conditions: tuple[Relational, ...], variables: tuple[Symbol, ...]) -> tuple[Tape, ...]:
    return tuple(Tape(condition, variables) for condition in conditions)


def is_light_at(expression: Basic, point: Point) -> bool:
    """Whether SymPy may put the point in: 2**n at a large n it would write out, and compare what cancels by noise."""
    try:
        sized.check_point((expression,), point)
    except sized.TooLarge:
        return False
    return compared.is_told_at(expression, point)


def as_balls(point: Point) -> list[Ball]:
    """The coordinates as exact values for evaluation."""
    return [_as_ball(value) for value in point.values()]


def _as_ball(value: Expr) -> Ball:
    if value.is_Rational:
        return rational(value)
    real, imaginary = value.as_real_imag()
    return acb(rational(real), rational(imaginary)) if imaginary else rational(real)


def _mixed(specials: dict[Symbol, list[Expr]]) -> Iterator[tuple[Expr, ...]]:
    """Combinations of special values, those early in the lists first."""
    lists = list(specials.values())
    if len(lists) == 1:
        yield from ((v,) for v in lists[0])
        return
    for total in range(sum(len(values) for values in lists)):
        for places in _places_adding_to(total, [len(values) for values in lists]):
            yield tuple(values[i] for values, i in zip(lists, places))
        if total > 12:
            return


def _places_adding_to(total: int, lengths: list[int]) -> Iterator[tuple[int, ...]]:
    if len(lengths) == 1:
        if total < lengths[0]:
            yield (total,)
        return
    for first in range(min(total + 1, lengths[0])):
        for rest in _places_adding_to(total - first, lengths[1:]):
            yield (first, *rest)


@dataclass(frozen=True)
class Kind:
    """A set of numbers, prepared for many questions about rational numbers; `parts` holds all of these."""

    values: Set
    is_real: bool
    is_integer: bool
    parts: tuple[tuple[Rational, Rational, bool, bool], ...] | None

    @property
    def is_finite(self) -> bool:
        return self.parts is not None and all(low == high for low, high, *_ in self.parts)

    def holds(self, number: Expr) -> bool:
        """Whether the number certainly lies in the set."""
        if self.parts is None or not number.is_Rational:
            return facts.is_in(self.values, number) is True
        if self.is_integer and number.q != 1:
            return False
        return any(
            (low < number or (number == low and not left_open))
            and (number < high or (number == high and not right_open))
            for low, high, left_open, right_open in self.parts
        )


@remembered
def kind_of(values: Set) -> Kind:
    """The set prepared; its parts are known where it is made of intervals."""
    is_real, is_integer = is_of_reals(values), is_of_integers(values)
    parts = []
    for part in values.args if isinstance(values, sympy.Union) else (values,):
        ends = _ends_inside(part) if isinstance(part, sympy.Interval) else None
        if ends is not None:
            parts += [(*ends, part.left_open, part.right_open)] if ends[0] <= ends[1] else []
        elif isinstance(part, sympy.FiniteSet) and all(value.is_number for value in part):
            parts += [(value, value, False, False) for value in part.args if value.is_Rational]
        elif part is S.Reals or part is S.Integers:
            parts.append((-sympy.oo, sympy.oo, True, True))
        elif isinstance(part, sympy.Range) and part.step == 1:
            parts.append((part.inf, part.sup, False, False))
        else:
            return Kind(values, is_real, is_integer, None)
    return Kind(values, is_real, is_integer, tuple(parts))


def _ends_inside(values: sympy.Interval) -> tuple[Expr, Expr] | None:
    """Rational numbers next to both ends, the first the smaller one wherever the interval is wide enough for that."""
    low = high = None
    for bits in END_BITS:
        low, high = _inside(values.start, 1, bits), _inside(values.end, -1, bits)
        if low is None or high is None:
            return None
        if low < high:
            break
    return None if low is None or high is None else (low, high)


def _inside(end: Expr, inward: int, bits: int) -> Expr | None:
    """A rational end as it is, for any other a rational number that lies a little inside."""
    if end.is_Rational or end.is_infinite:
        return end
    try:
        with precision(bits):
            value = Tape(end, ())()
            if not isinstance(value, arb):
                return None
            return to_rational(value.upper() if inward == 1 else value.lower())
    except (UnsupportedError, sized.TooLarge):
        return None


def _special_values(values: Set, also: Sequence[Rational]) -> list[Expr]:
    kind = kind_of(values)
    if not kind.is_real:
        return [c for c in COMPLEX if kind.holds(c)]
    wanted: list[Expr] = [*also, *SIMPLE, *_near_ends(values), *EXTREME]
    if kind.is_integer:
        start = [values.inf + k for k in range(6)] if values.inf.is_finite else []
        wanted = [*map(S, WHOLE), *wanted, *start]
    return [v for v in dict.fromkeys(wanted) if kind.holds(v)]


def _near_ends(values: Set) -> Iterator[Rational]:
    for part in values.args if isinstance(values, sympy.Union) else (values,):
        if isinstance(part, sympy.FiniteSet):
            yield from (value for value in part.args if value.is_Rational)
            continue
        for end, inward in ((part.inf, 1), (part.sup, -1)):
            if end.is_Rational:
                yield end
            near = _inside(end, inward, END_BITS[0]) if end.is_finite else None
            if near is not None:
                yield from (_rounded(near, k + 1) + inward * Rational(1, 10**k) for k in (0, 1, 3, 9))
        if part.inf.is_Rational and part.sup.is_Rational:
            yield from (part.inf + (part.sup - part.inf) * Rational(k, 8) for k in (4, 2, 6, 1, 7))
        elif isinstance(part, sympy.Interval) and part.inf.is_finite and part.sup.is_finite:
            ends = _ends_inside(part)
            if ends is not None and ends[0] < ends[1]:
                yield _between(*ends)


def _between(low: Rational, high: Rational) -> Rational:
    """The shortest decimal near the middle of two numbers that lies between them."""
    middle, gap = (low + high) / 2, high - low
    least = max(MOST_DECIMALS, (gap.q.bit_length() - gap.p.bit_length()) * 3 // 10)
    digits = itertools.chain(range(MOST_DECIMALS), itertools.count(least))
    return next(v for k in digits if low < (v := _rounded(middle, k)) < high)


def _rounded(number: Rational, digits: int) -> Rational:
    """A number that is no short fraction to this many decimal digits, so that people can read it."""
    return number if number.q < 10**12 else Rational(round(number * 10**digits), 10**digits)


def contains(values: Set, number: Expr) -> bool:
    """Whether the number certainly lies in the set."""
    return kind_of(values).holds(number)


def _random_points(
    domain: Domain, generator: random.Random, specials: dict[Symbol, list[Expr]]
) -> Iterator[tuple[Expr, ...] | None]:
    """Points by chance; None in place of one of which a coordinate could not be found."""
    kinds = [(kind_of(values), specials[symbol]) for symbol, values in domain.sets]
    missed = 0
    if all(kind.is_finite for kind, _ in kinds):
        return  # all points are special
    while missed < MOST_MISSED and not any(kind.parts == () and kind.is_real for kind, _ in kinds):
        drawn = [_random_value(kind, generator, known) for kind, known in kinds]
        values = tuple(value for value in drawn if value is not None)
        missed = 0 if len(values) == len(drawn) else missed + 1
        yield None if missed else values


def _random_value(kind: Kind, generator: random.Random, specials: list[Expr]) -> Expr | None:
    for _ in range(12):
        value = _draw(kind, generator)
        if kind.holds(value):
            return value
    return generator.choice(specials) if specials else None


def _draw(kind: Kind, generator: random.Random) -> Expr:
    scale = generator.choice((1, 1, 1, 4, 30))
    number = Rational(generator.randint(-997, 997) * scale, generator.choice((61, 128, 509)))
    if not kind.is_real:
        return number + I * Rational(generator.randint(-997, 997), 128)
    if kind.is_integer:
        return S(generator.randint(-12, 25))
    low, high, *_ = generator.choice(kind.parts or ((-sympy.oo, sympy.oo),))
    if low.is_Rational and high.is_Rational:
        return low + (high - low) * Rational(generator.randint(1, 1021), 1022)
    if low.is_Rational:
        return low + abs(number)
    return high - abs(number) if high.is_Rational else number


def to_rational(value: Ball) -> Rational:
    """An exact ball as a SymPy number."""
    exact = value if isinstance(value, fmpq) else as_fraction(value) if isinstance(value, arb) else None
    if exact is None or exact.height_bits() > MOST_HEIGHT:
        raise sized.TooLarge("a number too long to be written down")
    return Rational(int(exact.p), int(exact.q))
