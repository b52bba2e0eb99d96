"""Powers of sums of entries with negative or fractional exponents: rules for their products, and common denominators.

A power b**(p/q) is a product of roots b**(1/q) or of inverses b**(-1/q). Wherever these have values, a root times
its inverse is 1, the q-th power of a root is b, and the inverse times b is b**((q - 1)/q). The last rule is read from
the largest entry of b to the rest, f/(f + i) = 1 - i/(f + i), and so it holds under sums as well. Where an inverse
stands under no sum, a whole form is multiplied with what it is the inverse of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Dummy, Expr, Rational, S, Symbol

from symgrad.base.budget import charge
from symgrad.recurrent.forms.monomials import (
    COLUMN,
    FUNCTION,
    ONE,
    ROW,
    WORK_OF_A_PRODUCT,
    Atom,
    Form,
    Index,
    Monomial,
    indexed,
    repeated,
    single,
    sum_of,
)
from symgrad.symbols import ENTRY

MOST_ROOTS = 6
MOST_FACTORS = 12  # of a power that is written as a product
MOST_ROUNDS = 200  # rules used on one form
_ROOTS = tuple(Rational(sign, q) for q in range(1, MOST_ROOTS + 1) for sign in (1, -1))
_EXPONENTS = {head: r for r in _ROOTS for head in (f"{FUNCTION} {ENTRY**r}", f"power {r}")}
Placed = tuple[Atom, tuple[Index, ...]]


def raised(base: Form, exponent: Expr, i: Index, j: Index, is_entry: bool) -> Form:
    """A power of the entry at (i, j) of a form, or of a scalar: as a product of roots or of their inverses."""
    if exponent.is_Integer and (within := _power_within(base)) is not None:
        base, exponent = within[0], within[1] * exponent
        if exponent.is_Integer and exponent > 0:
            names: dict[Index, Index] = {ROW: i, COLUMN: j}
            return repeated(Form(tuple((c, indexed(m, names)) for c, m in base.terms)), int(exponent))
    root, times = exponent, 1
    if exponent.is_Rational and exponent.q <= MOST_ROOTS and abs(exponent.p) <= MOST_FACTORS:
        root, times = Rational(1 if exponent > 0 else -1, exponent.q), abs(int(exponent.p))
    return repeated(single(Atom(_head(root, is_entry), (), (base,)), i, j), times)


def _power_within(form: Form) -> tuple[Form, Expr] | None:
    """The base and the exponent of a form that is a root or an inverse itself."""
    if len(form.terms) != 1 or form.terms[0][0] != 1 or len(form.terms[0][1].factors) != 1:
        return None
    ((_, monomial),) = form.terms
    ((atom, indices),) = monomial.factors
    is_plain = (
        atom.head in _EXPONENTS and indices in ((), (ROW,), (ROW, COLUMN)) and not (monomial.sizes or monomial.times)
    )
    return (atom.inner[0], _EXPONENTS[atom.head]) if is_plain else None


def _head(exponent: Expr, is_entry: bool) -> str:
    return f"{FUNCTION} {ENTRY**exponent}" if is_entry else f"power {exponent}"


def reduced(form: Form) -> Form:
    """A form with the rules for roots and their inverses used wherever they can be; the form itself if that is long."""
    if not any(atom.head in _EXPONENTS for _, m in form.terms for atom, _ in m.factors):
        return form
    form = _with_one_of_each(form)
    waiting = list(form.terms)
    done: list[tuple[Expr, Monomial]] = []
    for _ in range(MOST_ROUNDS + len(waiting)):
        if not waiting:
            return Form(tuple(done))
        coefficient, monomial = waiting.pop()
        charge(WORK_OF_A_PRODUCT)
        found = next(_used(monomial), None)
        if found is None:
            done.append((coefficient, monomial))
        else:
            waiting += found.scaled(coefficient).terms
    return form


def _with_one_of_each(form: Form) -> Form:
    """A form in which functions of equal sums are the same, however these are written."""
    known: dict[tuple[str, ...], tuple[Form, ...]] = {}

    def one(atom: Atom) -> Atom:
        if not atom.inner:
            return atom
        own = {time: Symbol(f"{time.name}.{time.dummy_index}", integer=True) for time in _free_times(atom)}
        return replace(atom, inner=known.setdefault(tuple(inner.key(own) for inner in atom.inner), atom.inner))

    atoms = {id(atom): atom for _, m in form.terms for atom, _ in m.factors}
    ones = {key: one(atom) for key, atom in atoms.items()}
    factors = (tuple((ones[id(atom)], indices) for atom, indices in m.factors) for _, m in form.terms)
    return Form(tuple((c, replace(m, factors=found)) for (c, m), found in zip(form.terms, factors)))


def _free_times(atom: Atom) -> set[Dummy]:
    """The summed steps in a function, those of sums around it."""
    inside = [(m, (c, *m.conditions)) for form in atom.inner for c, m in form.terms]
    within = [_free_times(inner) - set(m.times) for m, _ in inside for inner, _ in m.factors]
    here = [{s for e in parts for s in e.free_symbols} - set(m.times) for m, parts in inside]
    found = set().union(*(time.free_symbols for time in atom.times), *within, *here)
    return {s for s in found if isinstance(s, Dummy)}


def _used(monomial: Monomial) -> Iterator[Form]:
    """What a product is by each rule that can be used on it."""
    for placed in dict.fromkeys(f for f in monomial.factors if f[0].head in _EXPONENTS):
        exponent, base, root = _EXPONENTS[placed[0].head], _base(placed), _root(placed)
        if exponent > 0 and (rest := _without(monomial, [placed] * int(1 / exponent))) is not None:
            yield _times(rest, base)
        if exponent > 0:
            continue
        if exponent != -1 and (rest := _without(monomial, [placed, *root.terms[0][1].factors])) is not None:
            yield _times(rest, ONE)
        number, lead = _lead(base)
        if lead is not None and (rest := _without(monomial, [placed, *lead.factors])) is not None:
            others = Form(tuple((c, m) for c, m in base.terms if m is not lead))
            inverse = Form(((S.One, Monomial((placed,))),))
            whole = repeated(root, int(-1 / exponent) - 1) + (others * inverse).scaled(S.NegativeOne)
            yield _times(rest, whole.scaled(1 / number))


def _base(placed: Placed) -> Form:
    """What a root or an inverse at its place is one of."""
    (form,), names = placed[0].inner, _names(placed)
    return Form(tuple((c, indexed(m, names)) for c, m in form.terms))


def _root(placed: Placed) -> Form:
    """The root at the place of its inverse: of exponent 1 what it is the inverse of."""
    atom, indices = placed
    exponent = _EXPONENTS[atom.head]
    if exponent == -1:
        return _base(placed)
    root = replace(atom, head=_head(abs(exponent), atom.head.startswith(FUNCTION)))
    return Form(((S.One, Monomial(((root, indices),))),))


def _names(placed: Placed) -> dict[Index, Index]:
    """The indices in the base of a power, each with its index where the power stands."""
    atom, indices = placed
    used = {index for form in atom.inner for _, m in form.terms for _, ix in m.factors for index in ix}
    names = (ROW, COLUMN) if len(indices) == 2 else (ROW,) if ROW in used else (COLUMN,)
    return dict(zip(names, indices))


def _lead(base: Form) -> tuple[Expr, Monomial | None]:
    """The largest product of entries in a sum, with its number; None where it is no such product alone."""
    plain = [(c, m) for c, m in base.terms if c.is_Rational and c != 0 and m.factors and not (m.sizes or m.times)]
    if not plain:
        return S.One, None
    number, lead = max(plain, key=lambda term: (len(term[1].factors), str(term[1].factors)))
    is_once = sum(Counter(m.factors) == Counter(lead.factors) for _, m in base.terms) == 1
    return (number, lead) if is_once else (S.One, None)


def _without(monomial: Monomial, gone: Sequence[Placed]) -> Monomial | None:
    """A product without some of its factors; None where it has not all of them."""
    left = list(monomial.factors)
    for factor in gone:
        if factor not in left:
            return None
        left.remove(factor)
    return replace(monomial, factors=tuple(left))


def _times(monomial: Monomial, form: Form) -> Form:
    return Form(((S.One, monomial),)) * form


# --- common denominators ------------------------------------------------------------------------------------------


def without_denominators(form: Form) -> Form:
    """A form times what its inverses under no sum are inverses of, so that none is left: it is zero where this is."""
    for _ in range(MOST_FACTORS):
        found = next(_inverses(form), None)
        if found is None:
            break
        most = max(m.factors.count(found) for _, m in form.terms)
        root = _root(found)
        powers = [repeated(root, k) for k in range(most + 1)]
        form = reduced(sum_of(_cleared(c, m, found, powers) for c, m in form.terms))
    return form


def _cleared(coefficient: Expr, monomial: Monomial, inverse: Placed, powers: Sequence[Form]) -> Form:
    count = monomial.factors.count(inverse)
    rest = replace(monomial, factors=tuple(f for f in monomial.factors if f != inverse))
    return _times(rest, powers[len(powers) - 1 - count]).scaled(coefficient)


def _inverses(form: Form) -> Iterator[Placed]:
    """The inverses that stand somewhere under no sum, neither over entries nor over steps, and so have values."""
    for _, m in form.terms:
        for atom, indices in m.factors if not m.times else ():
            is_inverse = _EXPONENTS.get(atom.head, S.One) < 0 and set(indices) <= {ROW, COLUMN}
            if is_inverse and _base((atom, indices)).collected():
                yield atom, indices
