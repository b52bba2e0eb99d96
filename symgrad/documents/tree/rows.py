"""How wide formulas are, and in which rows those stand that are too wide for a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

DEEPEST = 3  # brackets within which a formula is broken
_NOT_SEEN = re.compile(r"\\(left|right|frac|text|operatorname|mathrm|quad|begin\{\w+\}|end\{\w+\})|[{}\s_^&]")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
# Commands that are set as their names; others are one sign.
_WORDS = (
    *("log", "exp", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth"),
    *("arg", "lim", "max", "min", "sup", "inf"),
)
_TOKEN = re.compile(r"\\left\b|\\right\b|\\begin\b|\\end\b|[{}]|\\.| [+-] |.", re.DOTALL)


def width(tex: str) -> int:
    """About how many letters wide a formula is.

    Examples
    --------
    >>> width(r"\\frac{1}{4} \\sigma\\left(x\\right)")
    6
    """
    return len(_NOT_SEEN.sub("", _COMMAND.sub(_shown, tex)))


def _shown(command: re.Match[str]) -> str:
    if _NOT_SEEN.match(command[0]) or command[1] in ("begin", "end"):
        return command[0]
    return command[1] if command[1] in _WORDS else "x"


def rows(tex: str, most: int) -> list[str]:
    """A formula in rows of at most so many letters, each beginning with a sign, within as few brackets as will do.

    Where signs are too far apart, rows are wider. Brackets that are open at the end of a row are closed there by
    nothing to be seen, and opened in the next.

    Examples
    --------
    >>> rows("= aaaa + bbbb - cccc", 12)
    ['= aaaa + bbbb', '- cccc']
    """
    found = [tex]
    for deepest in range(DEEPEST + 1):
        found = _broken(tex, most, deepest)
        if all(width(row) <= most for row in found):
            break
    return found


def _broken(tex: str, most: int, deepest: int) -> list[str]:
    found, start, last = [], (0, 0), (0, 0)
    for place in [*_places(tex, deepest), (len(tex), 0)]:
        if last > start and width(tex[start[0] : place[0]]) > most:
            found.append((start, last))
            start = last
        last = place
    found.append((start, last))
    return [r"\left." * a[1] + tex[a[0] : b[0]].strip() + r"\right." * b[1] for a, b in found]


def _places(tex: str, deepest: int) -> Iterator[tuple[int, int]]:
    """Where a formula may be broken, and within how many brackets that is."""
    place = inside = brackets = 0
    for token in _TOKEN.findall(tex):
        inside += (token in ("{", r"\begin")) - (token in ("}", r"\end"))
        brackets += (token == r"\left") - (token == r"\right")
        if token in (" + ", " - ") and not inside and brackets <= deepest:
            yield place, brackets
        place += len(token)
