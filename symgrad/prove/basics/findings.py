"""What is found of a sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sympy import Expr

from symgrad.language.statements import Domain


@dataclass(frozen=True)
class Finding:
    """That an expression has this sign on a domain: everywhere if strict, else zero somewhere at most.

    Attributes
    ----------
    sign : {1, -1}
    strict : bool
        Whether zero is excluded as well.
    exact : bool
        Whether algebra and calculus were enough; otherwise enclosures certify it.
    how : str
        The evidence, for a reader.
    """

    sign: int
    strict: bool
    exact: bool
    how: str


class Look(Protocol):
    """How a method asks for the sign of another expression, and how deep it stands in such questions."""

    @property
    def depth(self) -> int: ...

    def __call__(self, expression: Expr, domain: Domain) -> Finding | None: ...
