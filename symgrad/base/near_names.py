"""Names that are nearly the same: what is said where a condition is about no symbol of a claim."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

SHORTEST = 3  # of shorter names, one letter is no slip: x is not y


def remarks(spoken_of: Iterable[str], conditions: Iterable[frozenset[str]], *, alone: bool) -> tuple[str, ...]:
    """What an author may have overlooked.

    Parameters
    ----------
    spoken_of : iterable of str
        The names of the symbols of a statement.
    conditions : iterable of frozenset of str
        For each condition on its domain, the names that are in it.
    alone : bool
        Whether the conditions were written for this statement, so that each must be about it.

    Examples
    --------
    >>> remarks(["lamda", "x"], [frozenset({"lambda"}), frozenset({"x"})], alone=True)
    ('the condition on lambda is about no symbol of the claim; did you mean lamda?',)
    >>> remarks(["x1"], [frozenset({"x2"})], alone=True)
    ('the condition on x2 is about no symbol of the claim',)
    """
    there, conditions = set(spoken_of), list(conditions)
    reached = _reached(there, conditions)
    declared = frozenset().union(*conditions)
    return tuple(_remarks(there, declared, sorted(declared - reached), alone))


def _remarks(there: set[str], declared: frozenset[str], astray: list[str], alone: bool) -> Iterator[str]:
    for name in astray:
        near = [other for other in sorted(there, key=lambda other: (other in declared, other)) if is_near(name, other)]
        if near:
            yield f"the condition on {name} is about no symbol of the claim; did you mean {near[0]}?"
        elif alone:
            yield f"the condition on {name} is about no symbol of the claim"
    for name in sorted(there & declared):
        for other in sorted(there - declared):
            if is_near(name, other) and min(len(name), len(other)) > SHORTEST:
                yield f"{name} and {other} are two symbols; did you mean one?"


def doubts(free: Iterable[str], declared: Iterable[str]) -> tuple[str, ...]:
    """What may be a slip if a claim does not hold: a name that no condition is about, nearly one of those that are.

    Examples
    --------
    >>> doubts(["t", "T", "x"], ["T"])
    ('t is another symbol than T; did you mean T?',)
    """
    there, known = set(free), set(declared)
    pairs = _nearest(there - known, known)
    return tuple(f"{name} is another symbol than {near}; did you mean {near}?" for name, near in pairs)


def undeclared(spoken_of: Iterable[str], declared: Iterable[str]) -> tuple[str, ...]:
    """What may be a slip where some names have been given a meaning: a name without one, nearly that of another.

    Examples
    --------
    >>> undeclared(["alhpa", "x"], ["alpha", "x"])
    ('alhpa is not among the symbols that are declared; did you mean alpha?',)
    >>> undeclared(["t", "T"], ["T"])
    ()
    """
    there, known = set(spoken_of), set(declared)
    pairs = _nearest(there - known, known - there)
    return tuple(f"{name} is not among the symbols that are declared; did you mean {near}?" for name, near in pairs)


def _nearest(names: set[str], among: set[str]) -> Iterator[tuple[str, str]]:
    """Names, each with the first of the others that it is nearly, where there is one."""
    pairs = ((name, next((other for other in sorted(among) if is_near(name, other)), "")) for name in sorted(names))
    return (pair for pair in pairs if pair[1])


def _reached(there: set[str], conditions: list[frozenset[str]]) -> set[str]:
    """The names that a statement is about, be it by way of conditions that tie others to them."""
    reached = set(there)
    while True:
        tied = reached.union(*(names for names in conditions if names & reached))
        if tied == reached:
            return reached
        reached = tied


def is_near(name: str, other: str) -> bool:
    """Whether two names differ by case, by an underscore, by one letter, or as a Greek letter from its name.

    Examples
    --------
    >>> [is_near(*pair) for pair in (("T", "t"), ("alhpa", "alpha"), ("λ", "lambda"), ("h_1", "h1"))]
    [True, True, True, True]
    >>> [is_near(*pair) for pair in (("x", "y"), ("x1", "x2"), ("w_10", "w_11"), ("beta", "theta"))]
    [False, False, False, False]
    """
    one, two = _plain(name), _plain(other)
    if one == two:
        return True
    if min(len(one), len(two)) < SHORTEST or _digits(one) != _digits(two):
        return False
    return _is_one_slip(*sorted((one, two), key=len))


def _plain(name: str) -> str:
    spelled = "".join(
        unicodedata.name(c, "").rpartition(" ")[2] if "GREEK" in unicodedata.name(c, "") else c for c in name
    )
    return spelled.replace("_", "").lower().replace("lambda", "lamda")


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _is_one_slip(short: str, long: str) -> bool:
    """Whether one letter is another, is missing, or has changed places with the next."""
    if len(long) - len(short) > 1:
        return False
    place = next((i for i, (a, b) in enumerate(zip(short, long)) if a != b), len(short))
    if len(short) < len(long):
        return short[place:] == long[place + 1 :]
    swapped = short[place + 1 : place + 2] + short[place : place + 1] + short[place + 2 :]
    return short[place + 1 :] == long[place + 1 :] or swapped == long[place:]
