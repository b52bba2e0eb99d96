"""Numbers and anchors of what can be referred to, and the pieces that running text is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import count

from sympy import Basic, Expr
from sympy.matrices import MatrixBase

from symgrad.base.errors import SymgradError
from symgrad.claims.claim import Claim
from symgrad.claims.derivations import Chain, Derivation, Figure, Given, Item, Prose, Ref, Section, Stated, Table
from symgrad.documents.facts import Facts, Piece
from symgrad.language.latex import statement_latex
from symgrad.language.statements import Conjunction, Domain, Extremum, Judged, Relation
from symgrad.symbols.notation import latex


class LabelError(SymgradError):
    """A label that stands for nothing, or for two things.

    Attributes
    ----------
    label : str
    """

    def __init__(self, label: str, reason: str) -> None:
        self.label = label
        super().__init__(reason)


@dataclass(frozen=True)
class Place:
    """Where something numbered stands in its document, and what a reference calls it.

    Examples
    --------
    >>> Place("equation", (2, 3), "slope").name, Place("figure", (1,), "").anchor
    ('(2) to (3)', 'figure-1')
    """

    kind: str
    numbers: tuple[int, ...]
    label: str

    @property
    def anchor(self) -> str:
        return slug(self.label) or self.line_anchor(0)

    def line_anchor(self, index: int) -> str:
        """The anchor of one of several lines, from its number."""
        return f"{self.kind}-{self.numbers[index]}"

    @property
    def anchors(self) -> tuple[str, ...]:
        lines = (self.line_anchor(index) for index in range(len(self.numbers)))
        return tuple(dict.fromkeys((self.anchor, *lines)))

    @property
    def name(self) -> str:
        if self.kind != "equation":
            return f"{self.kind.capitalize()} {self.numbers[0]}"
        first, last = self.numbers[0], self.numbers[-1]
        return f"({first})" if first == last else f"({first}) to ({last})"


def slug(label: str) -> str:
    """A label as an anchor: lower-case letters, digits and hyphens only.

    Examples
    --------
    >>> slug("The slope <b>")
    'the-slope-b'
    """
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


_NUMBERED = {Chain: "equation", Stated: "equation", Given: "equation", Figure: "figure", Table: "table"}


def places(derivation: Derivation) -> tuple[Place, ...]:
    """The places of all numbered things, in the order of the document.

    Raises
    ------
    LabelError
        If two things would have the same anchor.
    """
    counters = {kind: count(1) for kind in _NUMBERED.values()}
    found = []
    for item in _numbered(derivation.items):
        kind = _NUMBERED[type(item)]
        lines = len(item.steps) if isinstance(item, Chain) else len(item.equations) if isinstance(item, Given) else 1
        numbers = tuple(next(counters[kind]) for _ in range(max(1, lines)))
        found.append(Place(kind, numbers, item.label))
    taken: dict[str, Place] = {}
    for place in found:
        for anchor in place.anchors:
            if anchor in taken:
                raise LabelError(place.label, f"the label {place.label or anchor!r} is given twice")
            taken[anchor] = place
    return tuple(found)


def _numbered(items: tuple[Item, ...]) -> Iterator[Chain | Stated | Given | Figure | Table]:
    for item in items:
        if isinstance(item, Section):
            yield from _numbered(item.items)
        elif not isinstance(item, Prose):
            yield item


def pieces(value: object) -> Iterator[Piece]:
    """Running text taken apart: mathematics as LaTeX, references as labels, everything else as text.

    Examples
    --------
    >>> from symgrad.claims.derivations import prose, ref
    >>> from sympy import Rational
    >>> for piece in pieces(prose("By {it}, at most {m}.", it=ref("slope"), m=Rational(1, 4))):
    ...     print(*piece)
    text By
    ref slope
    text , at most
    math \\frac{1}{4}
    text .
    """
    if isinstance(value, Prose):
        for part in value.parts():
            yield from pieces(part)
    elif isinstance(value, Ref):
        yield Piece("ref", value.label)
    elif isinstance(value, Claim):
        yield Piece("math", statement_latex(value.statement, value.domain))
    elif isinstance(value, Relation | Extremum | Conjunction | Judged):
        free = {symbol for expression in value.expressions for symbol in expression.free_symbols}
        yield Piece("math", statement_latex(value, Domain.of(free)))
    elif isinstance(value, Basic | MatrixBase):
        yield Piece("math", latex(value))
    else:
        yield Piece("text", re.sub(r"\s+", " ", str(value)))


def facts_of(derivation: Derivation) -> Facts:
    """What others say of a derivation, before its statements are checked.

    Raises
    ------
    LabelError
        If two things have the same label.
    """
    found = places(derivation)
    labels = {place.label: (place.name, place.anchor) for place in found if place.label}
    return Facts(
        derivation.title,
        derivation.source,
        tuple(_opening(derivation.items, labels)),
        tuple(latex(symbol) for symbol in derivation.meanings),
        labels,
        tuple(dict.fromkeys(label for label in references(derivation.items) if label not in labels)),
    )


_END_OF_SENTENCE = re.compile(r"[.!?](?=\s|$)")


def _opening(items: tuple[Item, ...], labels: Mapping[str, tuple[str, str]]) -> Iterator[Piece]:
    """The first sentence of the first paragraph, in which the document's own equations stand by their names."""
    first = next((item for item in items if isinstance(item, Prose)), None)
    for piece in pieces(first) if first is not None else ():
        if piece.kind == "ref" and piece.content in labels:
            yield Piece("text", labels[piece.content][0])
        elif piece.kind == "text" and (end := _END_OF_SENTENCE.search(piece.content)):
            yield Piece("text", piece.content[: end.end()])
            return
        else:
            yield piece


def references(value: object) -> Iterator[str]:
    """The labels that a value refers to, wherever they stand in it."""
    return (part.label for part in _inside(value) if isinstance(part, Ref))


def expressions_with(value: object, kind: type) -> set[Expr]:
    """The subexpressions of this kind, wherever they stand in a value."""
    return {found for part in _inside(value) if isinstance(part, Basic) for found in part.atoms(kind)}


def _inside(value: object) -> Iterator[object]:
    """A value and all that it is made of, down to references and expressions."""
    yield value
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = (*value.keys(), *value.values())
    elif isinstance(value, tuple | list):
        parts = value
    elif is_dataclass(value) and not isinstance(value, type):
        parts = (getattr(value, part.name) for part in fields(value))
    for part in parts:
        yield from _inside(part)
