"""The sentences of evidence: what a prover saw, so that a reader of the page can check it.

What is said of a sign is the rest of a sentence about the difference of both sides, turned so that it should be
positive: "is a square, (x - 1)**2". Formulas are text that can be pasted; what has no such text is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import sympy
from sympy import Basic, Dummy, Expr, Symbol

from symgrad.balls import Tape, UnsupportedError, ball, is_real, precision
from symgrad.base.errors import ClaimError
from symgrad.language.statements import Statement
from symgrad.language.verdicts import Outcome
from symgrad.language.written import rebuilt
from symgrad.reading.text import to_text

BITS = (192, 1024, 4096)  # for the first digits of a number
LONGEST = 120  # letters of a formula in a sentence
LONGEST_PLACE = 48
MOST_NAMED, FEW = 5, 2  # formulas in one list; examples of many
MOST_TOLD = 160  # letters of what is said of parts
LONGEST_SENTENCE = 240
ROUNDED = "the sides differ by less than 1e-15 of their size, as if a constant were rounded"
FIRST_DIGITS = "first digits are shown"
SAME_NUMBER = "both sides are the same number"
TIE = "the sides cannot be told apart"
_LETTERS = ("t", "u", "v", "w", "s", "r", "q", "p")
_INTERNAL = re.compile(r"(?<![\w)])_\w|\bOpaque|\bWritten|\bDummy|<class|\bnan\b|\bzoo\b|\bSubs\(|RootOf\(")


def shown(e: Basic, longest: int | None = LONGEST) -> str | None:
    """An expression or condition as text that reads back; None if it holds internal names or is too long.

    Examples
    --------
    >>> x = Symbol("x", real=True)
    >>> shown(sympy.Derivative(sympy.exp(x), x, 2)), shown(Symbol("_w") + 1), shown(x**2, longest=3)
    ('diff(exp(x), x, 2)', None, None)
    """
    try:
        text = to_text(_plain(e) if e.atoms(Dummy) else e)
    except (ClaimError, KeyError):
        return None
    is_too_long = longest is not None and len(text) > longest
    return None if is_too_long or _INTERNAL.search(text) else text


def _plain(e: Basic) -> Basic:
    """The expression with symbols in place of those that nobody else can name."""
    if isinstance(e, Dummy):
        return Symbol(e.name)
    return rebuilt(e, tuple(map(_plain, e.args))) if e.args else e


def place(x: Symbol, value: Expr) -> str:
    """Where a variable has a value: "x = pi/2"; a value that is too long for that is told by its first digits.

    Examples
    --------
    >>> x = Symbol("x", real=True)
    >>> place(x, sympy.pi / 2), place(x, sympy.Integer(10)**60)
    ('x = pi/2', 'x = 1.00000e+60')
    """
    text = shown(value, LONGEST_PLACE)
    if text is not None:
        return f"{x} = {text}"
    digits = number(value, 6)
    return f"{x} = {digits}" if digits else f"a value of {x}"


def near(names: Sequence[str]) -> str:
    """That the point of a witness is not quite the one that is shown."""
    return f"{listed(names)} {'is a number' if len(names) == 1 else 'are numbers'} whose {FIRST_DIGITS}"


def number(value: Expr, digits: int) -> str | None:
    """The first digits of a real constant, all certain; None if it cannot be enclosed."""
    try:
        tape = Tape(value, ())
    except UnsupportedError:
        return None
    for bits in BITS:
        with precision(bits):
            found = tape()
            if not is_real(found):
                return None
            if ball(found).rel_accuracy_bits() > 4 * digits or ball(found).is_exact():
                return str(ball(found).str(digits, radius=False))
    return None


def counted(count: int, noun: str) -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "case"), counted(3, "case"), counted(2, "inequality")
    ('1 case', '3 cases', '2 inequalities')
    """
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else several}"


def listed(texts: Sequence[str]) -> str:
    """Texts with commas, and "and" before the last.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def fresh_letter(taken: Iterable[Symbol]) -> str:
    """A letter that names none of the symbols, for what is put in the place of an expression."""
    names = {s.name for s in taken}
    return next((letter for letter in _LETTERS if letter not in names), "_w")


def fresh(name: str, *taken: Basic | Iterable[Symbol]) -> Symbol:
    """A real variable of this name, or of a longer one where that is taken.

    Examples
    --------
    >>> fresh("v", [Symbol("v"), Symbol("v_")]), fresh("v", Symbol("x"))
    (v__, v)
    """
    names = {s.name for part in taken for s in (part.free_symbols if isinstance(part, Basic) else part)}
    while name in names:
        name += "_"
    return Symbol(name, real=True)


# --- equalities -----------------------------------------------------------------------------------------------------


def same_normal_form(generators: Iterable[Expr]) -> str:
    """That both sides become one quotient of polynomials in these."""
    generators = sorted((g for g in generators if not g.is_Rational), key=_by_size)
    named = _named(generators) or _some_of(generators)
    if not any(g.free_symbols for g in generators):
        return f"{SAME_NUMBER}, written in {named}" if generators else SAME_NUMBER
    return f"both sides have the same normal form in {named}"


def undone(g: Expr, value: Expr) -> str:
    """That the value of an inverse function is this one: it is in its range, and has the right image."""
    text, name = shown(value) or "the other side", g.func.__name__
    return f"{text} lies in the range of {name}, and undoing {name} on both sides gives the same"


def _by_size(e: Expr) -> tuple[bool, int, str]:
    return not e.is_Symbol, e.count_ops(), str(e)


def _named(expressions: Collection[Expr]) -> str:
    """A list of the expressions, if all can be shown and they are few."""
    texts = list(dict.fromkeys(shown(e, LONGEST_PLACE) for e in expressions))  # stand-ins may have one name
    known = [text for text in texts if text is not None]
    return listed(known) if len(known) == len(texts) <= MOST_NAMED else ""


def _some_of(expressions: Sequence[Expr]) -> str:
    """How many there are, and the shortest functions among them."""
    texts = (shown(e, LONGEST_PLACE) for e in expressions if e.free_symbols and e.args)
    shortest = sorted({text for text in texts if text is not None}, key=lambda text: (len(text), text))[:FEW]
    number_ = counted(len(expressions), "function")
    return f"{number_} such as {listed(shortest)}" if shortest else number_


# --- signs ----------------------------------------------------------------------------------------------------------


def of_difference(how: str) -> str:
    """The whole sentence from what is said of the difference of both sides."""
    return f"the difference {how}"


Factors = list[tuple[Expr, int]]


def product(
    constant: sympy.Rational,
    above: Factors,
    below: Factors,
    told: Sequence[tuple[Expr, str]] = (),
    *,
    strict: bool,
    is_plain: bool = False,
) -> str:
    """That what is not negative is a number times factors over others, with their powers.

    Parameters
    ----------
    constant : Rational
    above, below : list of (Expr, int)
    told : sequence of (Expr, str)
        Of factors whose sign is not plain to see, how it is known.
    strict, is_plain : bool
        Whether zero is excluded, and whether all factors are plainly positive.
    """
    if constant.p < 0 and (turned := _turned(above, below)) is not None:
        constant, above, below = -constant, *turned
    if not below and len(above) == 1 and above[0][1] % 2 == 0:
        text = shown(_multiplied([constant, sympy.Pow(*above[0], evaluate=False)]))
        kind = "a square" if constant == 1 else "a multiple of a square"
        return f"is {kind}, {text}" if text else f"is {kind}"
    text = shown(_multiplied([constant, *_powers(above, 1), *_powers(below, -1)]))
    if text is None:
        return _by_factors(told) or "has this sign by the signs of its factors"
    if told and len(above) + len(below) > 1:
        return f"is {text}{_where(told)}"
    if len(above) + len(below) > 1 and not is_plain:
        return f"is {text}, a product of factors of known sign"
    return f"is {text}, which is {'positive' if strict else 'never negative'}"


def plain_product(factors: Sequence[Expr], told: Sequence[tuple[Expr, str]]) -> str:
    """That something is the product of factors that stand apart, and how the signs of these are known."""
    named = _named(factors)
    if len(factors) > 1 and named:
        return f"is a product of {named}{_where(told)}"
    return _by_factors(told) or "has this sign by the signs of its factors"


def _by_factors(told: Sequence[tuple[Expr, str]]) -> str:
    return f"is a product of factors{_where(told)}" if _where(told) else ""


def _where(told: Sequence[tuple[Expr, str]]) -> str:
    """How the signs of factors are known, as far as that is short, for the end of a sentence."""
    texts = [(shown(factor, LONGEST_PLACE), how) for factor, how in told]
    parts = [_which(text, how) for text, how in texts if text is not None]
    whole = f", where {listed(parts)}" if parts else ""
    return whole if len(parts) == len(told) and len(whole) <= MOST_TOLD else ""


def _which(text: str, how: str) -> str:
    """What is said of one factor; not its own formula once more."""
    repeated = f"is {text}, which "
    return f"{text} {how.removeprefix(repeated)}"


def _turned(above: Factors, below: Factors) -> tuple[Factors, Factors] | None:
    """The factors with the sign of one turned, a sum to an odd power; None if there is none."""
    for factors in (above, below):
        for k, (base, power) in enumerate(factors):
            if power % 2 and base.is_Add:
                turned = [*factors[:k], (-base, power), *factors[k + 1 :]]
                return (turned, below) if factors is above else (above, turned)
    return None


def _powers(factors: Factors, direction: int) -> Iterator[Expr]:
    for base, power in factors:
        yield base if power * direction == 1 else sympy.Pow(base, power * direction, evaluate=False)


def _multiplied(factors: Sequence[Expr]) -> Expr:
    kept = [f for f in factors if f != 1]
    return sympy.Mul(*kept, evaluate=False) if len(kept) > 1 else kept[0] if kept else sympy.S.One


def on_parts(hows: Sequence[str]) -> str:
    """What is said of an expression on each of the intervals that make a domain."""
    different = list(dict.fromkeys(hows))
    if len(different) == 1:
        return different[0]
    joined = " and ".join(f"on one part of the domain {how}" for how in different)
    return joined if len(joined) <= MOST_TOLD else f"has this sign on {counted(len(hows), 'part')} that make the domain"


# --- parts ----------------------------------------------------------------------------------------------------------

_EACH = ", each "
_DONE = {Outcome.PROVED: "proved", Outcome.CERTIFIED: "certified by enclosures"}


def each(noun: str, evidences: Sequence[str], outcome: Outcome, before: str = "") -> str:
    """That each of several parts holds, with what was said of them where that is short."""
    if len(evidences) == 1:
        return evidences[0]
    told = "" if any(_EACH in e for e in evidences) else "; ".join(dict.fromkeys(e for e in evidences if e))
    begin = f"{before}{counted(len(evidences), noun)}{_EACH}{_DONE.get(outcome, 'decided')}"
    return f"{begin}: {told}" if told and len(told) <= MOST_TOLD else begin


def with_places(old: Mapping[Symbol, Expr], evidence: str) -> str:
    """What was said of a goal in which expressions stand in the places of variables."""
    texts = [(s, shown(e, LONGEST_PLACE)) for s, e in old.items() if e != s]
    if not texts or not evidence:
        return evidence
    if any(text is None for _, text in texts):
        return f"with other variables, {evidence}"
    fixed = listed([f"{s} = {text}" for (s, text) in texts if not old[s].free_symbols])
    moved = listed([f"{text} in the place of {s}" for (s, text) in texts if old[s].free_symbols])
    places = " and ".join(filter(None, (f"at {fixed}" if fixed else "", f"with {moved}" if moved else "")))
    whole = f"{places}, {evidence}"
    return whole if len(whole) <= LONGEST_SENTENCE or not moved else f"with other variables, {evidence}"


def statement(part: Statement) -> str | None:
    """A statement as text that reads back, if it is short."""
    try:
        text = to_text(part)
    except (ClaimError, KeyError):
        return None
    return text if len(text) <= LONGEST and not _INTERNAL.search(text) else None


def too_little(points: int, fewest: int) -> str:
    """That a search saw too little to say anything; of claims without variables there is one point only."""
    if points and fewest > 1:
        return f"enclosures at {counted(points, 'point')} say too little"
    if points:
        return "the enclosures are too wide to say anything"
    return "no point could be computed" if fewest > 1 else "no value could be computed"


def seen(op: str, points: int, digits: int) -> str:
    """What a search for a counterexample saw that found none."""
    where = counted(points, "point")
    if op == "==":
        return f"both sides agree at {where} to at least {counted(digits, 'digit')}"
    return f"both sides differ at {where}" if op == "!=" else f"the inequality holds at {where}"
