"""Whether an expression of one variable is certainly positive between two ends: by balls, and by expansions at them."""

from __future__ import annotations

from flint import acb, arb
from sympy import Expr, Rational, Symbol

from symgrad.balls.endless.holomorphic import Holomorphic
from symgrad.balls.expansions.expansions import Expander
from symgrad.balls.expansions.growth import Open, Scale
from symgrad.balls.expansions.limits import constant_sign, far_out
from symgrad.balls.expansions.recurring import ball_of
from symgrad.balls.tape import UnsupportedError

STARTS = ((Rational(16), 6), (Rational(256), 4), (Rational(4096), 4))
MOST_HALVINGS = 8
LARGEST = 60  # operations


def is_positive_between(e: Expr, x: Symbol, low: Expr, high: Expr) -> bool:
    """Whether an expression that is real where it has a value is positive at all points strictly between two ends."""
    if e.count_ops() > LARGEST:
        return False
    try:
        f = Holomorphic(e, x)
        left, right = (_beside(f, e, x, end, side) for end, side in ((low, "+"), (high, "-")))
        return _on(f, left, right, MOST_HALVINGS)
    except (Open, UnsupportedError):
        return False


def _beside(f: Holomorphic, e: Expr, x: Symbol, end: Expr, side: str) -> arb:
    """The end, or a place up to which, from the end, the expression is positive; Open if it is not."""
    if end.is_finite and f(acb(ball_of(end)), False).real > 0:
        return ball_of(end)
    moved, t = far_out(e, x, end, "+" if end.is_infinite else side)
    failed = Open()
    for start, order in STARTS:
        try:
            if Expander(t, Scale(constant_sign, start, ball_of), order).sign_of(moved) != 1:
                raise Open
        except Open as error:
            failed = error
            continue
        far = arb(int(start))
        return ball_of(end) + (1 if side == "+" else -1) / far if end.is_finite else -far if side == "+" else far
    raise failed


def _on(f: Holomorphic, left: arb, right: arb, halvings: int) -> bool:
    if left >= right:
        return True  # the neighbourhoods of the ends cover all that is between them
    if f(acb(left.union(right)), False).real > 0:
        return True
    if not halvings:
        return False
    middle = arb(((left + right) / 2).mid())
    return _on(f, left, middle, halvings - 1) and _on(f, middle, right, halvings - 1)
