"""Counterexamples as sentences in which points and values are set as mathematics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from sympy import Symbol

from symgrad.base.errors import ClaimError, ParseError
from symgrad.documents.facts import Piece
from symgrad.language.verdicts import Witness
from symgrad.reading.text import parse_written
from symgrad.symbols.notation import latex

MOST_DECIMALS = 20
LONGEST_FORMULA = 400  # letters of a text that is read as a formula
ENTRY = "entry"  # what a witness calls the place in a vector or matrix
_DECIMAL = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(r"(?P<whole>-?\d+)(?:\.(?P<decimals>\d+))?(?:[eE](?P<power>[+-]?\d+))?")
_COMPLEX = re.compile(rf"(?:(?P<real>{_DECIMAL}) (?P<sign>[+-]) )?(?P<imaginary>{_DECIMAL})\*I")
_IN_WORDS = re.compile(r"[a-z]+(?: [a-z]+)+|undefined")


def counterexample(witness: Witness, opening: str = "Counterexample: ") -> Iterator[Piece]:
    """The point at which a claim fails, and what stands on both sides there.

    Examples
    --------
    >>> list(counterexample(Witness({"x": "1/2"}, "0.25", "undefined")))  # doctest: +NORMALIZE_WHITESPACE
    [Piece(kind='text', content='Counterexample: at '), Piece(kind='math', content='x = \\\\frac{1}{2}'),
     Piece(kind='text', content=' the left side is '), Piece(kind='math', content='0.25'),
     Piece(kind='text', content=', the right side is undefined')]
    """
    the = "the" if witness.point or not opening.endswith(": ") else "The"
    opening = opening if witness.point or the == "the" else ""
    pieces = [Piece("text", opening), *_place(witness), Piece("text", f"{the} left side is ")]
    pieces += [_value(witness.left), Piece("text", ", the right side is "), _value(witness.right)]
    for kind, run in groupby(pieces, key=lambda piece: piece.kind):
        texts = [piece.content for piece in run]
        yield from [Piece("text", "".join(texts))] if kind == "text" else [Piece(kind, text) for text in texts]


def _place(witness: Witness) -> Iterator[Piece]:
    for number, (name, value) in enumerate(witness.point.items()):
        yield Piece("text", ", " if number else "at ")
        yield _coordinate(name, value)
    if witness.point:
        yield Piece("text", " ")


def _coordinate(name: str, value: str) -> Piece:
    found = None if name == ENTRY else tex_of(value)
    return (
        Piece("text", f"{name} {value}" if name == ENTRY else f"{name} = {value}")
        if found is None
        else Piece("math", f"{latex(Symbol(name))} = {found}")
    )


def _value(text: str) -> Piece:
    found = tex_of(text)
    return Piece("text", text) if found is None else Piece("math", found)


def tex_of(text: str) -> str | None:
    """The number, formula or matrix that a text of a witness is, as LaTeX; None for words.

    Examples
    --------
    >>> tex_of("-1.50e-7"), tex_of("0.5 - 2*I"), tex_of("[1/2, 3]"), tex_of("not known")
    ('-1.50 \\\\cdot 10^{-7}', '0.5 - 2 i', '\\\\begin{pmatrix} \\\\frac{1}{2} \\\\\\\\ 3 \\\\end{pmatrix}', None)
    """
    if number := _NUMBER.fullmatch(text):
        return _decimal(number)
    if both := _COMPLEX.fullmatch(text):
        return _complex(both)
    if text.startswith("["):
        return _matrix(text)
    if _IN_WORDS.fullmatch(text) or len(text) > LONGEST_FORMULA:
        return None
    try:
        return latex(parse_written(text))
    except (ParseError, ClaimError):
        return None


def _decimal(number: re.Match[str]) -> str:
    decimals, power = number["decimals"], number["power"]
    shown = number["whole"]
    if decimals:
        shown += f".{decimals}" if len(decimals) <= MOST_DECIMALS else rf".{decimals[:MOST_DECIMALS]}\ldots"
    return rf"{shown} \cdot 10^{{{int(power)}}}" if power else shown


def _complex(both: re.Match[str]) -> str:
    imaginary = f"{tex_of(both['imaginary'])} i"
    return f"{tex_of(both['real'])} {both['sign']} {imaginary}" if both["real"] else imaginary


def _matrix(text: str) -> str | None:
    """A list of numbers as a column, a list of lists as a matrix; None for lists within these."""
    inside = text[1:-1]
    if "[[" in inside:
        return None
    rows = re.findall(r"\[([^\]]*)\]", inside) or inside.split(", ")
    entries = [[tex_of(entry) for entry in row.split(", ")] for row in rows]
    if any(entry is None for row in entries for entry in row):
        return None
    body = r" \\ ".join(" & ".join(entry or "" for entry in row) for row in entries)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
