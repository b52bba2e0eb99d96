"""Differences that lose digits as they stand: 1 - sigmoid(u) is sigmoid(-u), and no 0 where sigmoid(u) rounds to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Expr, S

from symgrad.compute.program.nodes import Node, add, entrywise, multiply, negative, number

Kind = tuple[str, object]  # an operation, and its data


def _sigmoid(u: Node) -> Node:
    return entrywise("call", u, data=("sigmoid", "value"))


def _erfc(u: Node) -> Node:
    return entrywise("erfc", u)


# 1 - f(u) and 1 + f(u), for what f is.
_ONE_LESS: Mapping[Kind, Callable[[Node], Node]] = {
    ("call", ("sigmoid", "value")): lambda u: _sigmoid(negative(u)),
    ("tanh", None): lambda u: multiply(number(2), _sigmoid(multiply(number(-2), u))),
    ("exp", None): lambda u: negative(entrywise("expm1", u)),
    ("erf", None): _erfc,
    ("normal_cdf", None): lambda u: entrywise("normal_cdf", negative(u)),
}
_ONE_MORE: Mapping[Kind, Callable[[Node], Node]] = {
    ("tanh", None): lambda u: multiply(number(2), _sigmoid(multiply(number(2), u))),
    ("erf", None): lambda u: _erfc(negative(u)),
}


def as_it_stands(node: Node) -> Node:
    return node


def with_digits(total: Node, meaning: Callable[[Node], Node] = as_it_stands) -> Node:
    """A sum in which two terms, c and -c*f(u) for a number c, are put together to what keeps its digits.

    Of several terms like that it is the one nearest to -c. While names have no meaning yet, a sum with some is left.

    Parameters
    ----------
    total : Node
    meaning : callable
        What a part of it is, where that is a variable with an equation.

    Examples
    --------
    >>> u = Node("parameter", data="u")
    >>> with_digits(entrywise("exp", u) - 1).op, with_digits(1 - entrywise("erf", u)).op
    ('expm1', 'erfc')
    """
    terms = total.args if total.op == "add" else ()
    if meaning is as_it_stands and any(part.op == "timed" for term in terms for part in (term, *term.args)):
        return total
    for one in terms:
        scale = _number(one)
        if scale is None:
            continue
        found = [(other, _together(one, scale, other, meaning)) for other in terms]
        pairs = [(other, together) for other, together in found if together is not None]
        if pairs:
            kept = (term for term in terms if term is not one and all(term is not other for other, _ in pairs))
            return add(*kept, *_nearest(pairs, bool(scale > 0)))
    return total


def _nearest(pairs: list[tuple[Node, Node]], is_positive: bool) -> list[Node]:
    """A number with the term that leaves least of it, and the other terms; of each term it is given with the number."""
    nearer, farther = ("minimum", "maximum") if is_positive else ("maximum", "minimum")
    (near, left), *more = pairs
    others = []
    for term, together in more:
        others.append(entrywise(farther, near, term))
        near, left = entrywise(nearer, near, term), entrywise(nearer, left, together)
    return [left, *others]


def _together(one: Node, scale: Expr, other: Node, meaning: Callable[[Node], Node]) -> Node | None:
    """scale + factor*value, in a form that keeps its digits; None if none is known."""
    factor, value = _split(other)
    found = meaning(value)
    made = _of_sum(scale, factor, found, meaning) or _of_function(scale, factor, found, meaning)
    if made is None:
        return None
    shape = one.shape or value.shape
    return made if made.shape == shape else multiply(made, Node("ones", shape=shape))


def _of_sum(scale: Expr, factor: Expr, value: Node, meaning: Callable[[Node], Node]) -> Node | None:
    """The same where the value is a sum of a number and a multiple of y: y for 1 - (1 - y)."""
    if value.op != "add" or len(value.args) != 2:
        return None
    for one, other in (value.args, value.args[::-1]):
        known = _number(one)
        if known is not None:
            inner, rest = _split(other)
            left, multiple = scale + factor * known, multiply(number(factor * inner), rest)
            if left == 0:
                return multiple
            total = add(number(left), multiple)
            found = with_digits(total, meaning)
            return None if found is total else found
    return None


def _of_function(scale: Expr, factor: Expr, value: Node, meaning: Callable[[Node], Node]) -> Node | None:
    """The same as a multiple of 1 - f(u) or 1 + f(u)."""
    sign = -factor / scale
    root = _root(value)
    if root is not None:
        inside = meaning(root)
        is_slope = sign == 1 and inside.op == "tanh"
        return multiply(number(scale), entrywise("call", *inside.args, data=("tanh", "slope"))) if is_slope else None
    known = {1: _ONE_LESS, -1: _ONE_MORE}.get(sign, {}).get((value.op, value.data))
    return None if known is None else multiply(number(scale), known(value.args[0]))


def _number(node: Node) -> Expr | None:
    """The number that a node is in each entry."""
    return S.One if node.op == "ones" else node.data if node.op == "number" else None


def _split(term: Node) -> tuple[Expr, Node]:
    """A number and the rest of a product."""
    if term.op == "multiply" and term.args[0].op == "number":
        return term.args[0].data, multiply(*term.args[1:])
    return S.One, term


def _root(value: Node) -> Node | None:
    """u of u**2."""
    if value.op == "power" and value.data == 2:
        return value.args[0]
    is_square = value.op == "multiply" and len(value.args) == 2 and value.args[0] is value.args[1]
    return value.args[0] if is_square else None
