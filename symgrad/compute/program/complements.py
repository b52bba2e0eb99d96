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


def _tanh_slope(u: Node, exponent: Expr) -> Node | None:
    return entrywise("call", u, data=("tanh", "slope")) if exponent == 2 else None


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
# 1 - f(u)**k.
_ONE_LESS_POWER: Mapping[str, Callable[[Node, Expr], Node | None]] = {
    "tanh": _tanh_slope,
    "exp": lambda u, exponent: negative(entrywise("expm1", multiply(number(exponent), u))),
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
    if _has_names_without_meaning(terms, meaning):
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


def logarithm(argument: Node, meaning: Callable[[Node], Node] = as_it_stands) -> Node:
    """The logarithm; of 1 + u the one that keeps the digits of a small u, of exp(u) it is u.

    Examples
    --------
    >>> u = Node("parameter", data="u")
    >>> [logarithm(e).op for e in (1 + u, 1 - u, 2 + u)], logarithm(1 + entrywise("exp", u)).data
    (['log1p', 'log1p', 'log'], ('softplus', 'value'))
    """
    total = meaning(argument)
    if total.op == "exp":
        return _shaped(total.args[0], total)
    terms = total.args if total.op == "add" else ()
    one = next((term for term in terms if _number(term) == 1), None)
    if one is None or _has_names_without_meaning(terms, meaning) or with_digits(total, meaning) is not total:
        return entrywise("log", argument)
    rest = add(*(term for term in terms if term is not one))
    inside = meaning(rest)
    return _shaped(_softplus(inside.args[0]) if inside.op == "exp" else entrywise("log1p", rest), total)


def _softplus(u: Node) -> Node:
    return entrywise("call", u, data=("softplus", "value"))


def _has_names_without_meaning(terms: tuple[Node, ...], meaning: Callable[[Node], Node]) -> bool:
    return meaning is as_it_stands and any(part.op == "timed" for term in terms for part in (term, *term.args))


def _shaped(made: Node, like: Node) -> Node:
    return made if made.shape == like.shape else multiply(made, Node("ones", shape=like.shape))


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
    base, exponent = _power(value)
    if exponent != 1:
        inside = meaning(base)
        left = _ONE_LESS_POWER.get(inside.op) if sign == 1 else None
        made = left and left(inside.args[0], exponent)
        return multiply(number(scale), made) if made else None
    known = {1: _ONE_LESS, -1: _ONE_MORE}.get(sign, {}).get((value.op, value.data))
    return None if known is None else multiply(number(scale), known(value.args[0]))


def _number(node: Node) -> Expr | None:
    """The number that a node is in each entry."""
    factor, rest = _split(node)
    return factor if rest.op == "ones" else rest.data * factor if rest.op == "number" else None


def _split(term: Node) -> tuple[Expr, Node]:
    """A number and the rest of a product."""
    if term.op == "multiply" and term.args[0].op == "number":
        return term.args[0].data, multiply(*term.args[1:])
    return S.One, term


def _power(value: Node) -> tuple[Node, Expr]:
    """u and k of u**k."""
    if value.op == "power":
        return value.args[0], value.data
    is_square = value.op == "multiply" and len(value.args) == 2 and value.args[0] is value.args[1]
    return (value.args[0], S(2)) if is_square else (value, S.One)


# What has a form that keeps its digits, given what names mean.
WITH_DIGITS: Mapping[str, Callable[[Node, Callable[[Node], Node]], Node]] = {
    "add": with_digits,
    "log": lambda node, meaning: logarithm(node.args[0], meaning),
}
