"""The steps of a derivative as a student writes them, each line with the rules that lead to it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

import sympy
from sympy import Add, Derivative, Expr, Function, Mul, Piecewise, Pow, S, Symbol, log
from sympy.core.function import AppliedUndef, ArgumentIndexError
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from symgrad.activations import ActivationFunction
from symgrad.base.errors import ClaimError
from symgrad.base.precision import in_turn
from symgrad.claims.claim import Where
from symgrad.claims.derivations import Chain, chain, equals
from symgrad.language.statements import Condition
from symgrad.prove.basics.conditions import conditions
from symgrad.prove.places.kinks import switches

MOST_LINES = 60
MOST_OPERATIONS = 2_000
MOST_OPERATIONS_TO_SIMPLIFY = 150

# A rule takes f and x to the derivative of f by x, in which further derivatives may be left, and its name.
Step = tuple[Expr, str]
Rule = Callable[[Expr, Symbol], Step]


@in_turn
def derivative_steps(expression: Expr, variable: Symbol | None = None, *, where: Where = ()) -> Chain:
    """The derivative of an expression, line by line, each with the rules that lead to it.

    Every line is equal to the one before where all of them have values: the chain is restricted to the points at
    which the expression has a derivative by the rules, away from poles and kinks.

    Parameters
    ----------
    expression : Expr
        The function; or, without a variable, an expression that holds derivatives which are not carried out.
    variable : Symbol, optional
        May be left out if there is only one.
    where : iterable of str or SymPy conditions
        The domain, as for `claim`.

    Raises
    ------
    ClaimError
        If there is nothing to differentiate, no rule for it, or no end to it in sight.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> for step in derivative_steps(x * sg.sigmoid(x)).steps:
    ...     print(step.expression, "by", step.by)
    x*Derivative(sigmoid(x), x) + sigmoid(x)*Derivative(x, x) by product rule
    x*(1 - sigmoid(x))*sigmoid(x) + sigmoid(x) by slope of the sigmoid; identity
    (x*(1 - sigmoid(x)) + 1)*sigmoid(x) by collect
    """
    start = _start(expression, variable)
    steps = tuple(equals(line, by=reason) for line, reason in _lines(start))
    if not steps:
        raise ClaimError(f"nothing to explain: there is no rule for {_shown(start)}")
    return chain(start, *steps, where=(*where, *natural_domain(start)))


def _start(expression: Expr, variable: Symbol | None) -> Expr:
    if not isinstance(expression, Expr) or not expression.is_commutative:
        raise ClaimError(f"steps are shown for the derivative of a scalar expression; got {_shown(expression)}")
    if variable is None and expression.has(Derivative):
        return expression
    x = variable or _only_variable(expression)
    if x not in expression.free_symbols:
        raise ClaimError(f"nothing to explain: {_shown(expression)} does not depend on {x}, its derivative is 0")
    return Derivative(expression, x)


def _only_variable(expression: Expr) -> Symbol:
    names = sorted(expression.free_symbols, key=str)
    if not names:
        raise ClaimError(f"nothing to explain: {_shown(expression)} has no variable")
    if len(names) > 1:
        raise ClaimError(f"say by which of {', '.join(map(str, names))} to differentiate {_shown(expression)}")
    return names[0]


def _lines(line: Expr) -> Iterator[Step]:
    for _ in range(MOST_LINES):
        taken = {d: _one_step(d) for d in _ready(line)}
        if not taken:
            break
        waiting = _is_waiting(line)
        line = line.xreplace({d: new for d, (new, _) in taken.items()})
        if line.count_ops() > MOST_OPERATIONS:
            raise ClaimError(f"a line of this derivative has more than {MOST_OPERATIONS} operations")
        yield line, _joined(reason for _, reason in taken.values())
        if waiting and not _is_waiting(line):
            # The next order starts here, and from the simplest form of the order before.
            tidied = {d: (Derivative(f, *d.variable_count), why) for d in _ready(line) for f, why in _simpler(d.expr)}
            if tidied:
                line = line.xreplace({d: new for d, (new, _) in tidied.items()})
                yield line, _joined(why for _, why in tidied.values())
    else:
        raise ClaimError(f"this derivative takes more than {MOST_LINES} lines")
    yield from _simpler(line)


def _joined(reasons: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(part for reason in reasons for part in reason.split("; ")))


def _is_waiting(line: Expr) -> bool:
    """Whether some derivative has to wait until another one inside it is carried out."""
    return any(d.expr.has(Derivative) for d in line.atoms(Derivative))


def _ready(line: Expr) -> list[Derivative]:
    """The derivatives that can be taken now, in the order in which they are written."""
    return [
        d
        for d in sympy.preorder_traversal(line)
        if isinstance(d, Derivative) and not _is_final(d) and all(map(_is_final, d.expr.atoms(Derivative)))
    ]


def _is_final(d: Derivative) -> bool:
    """Whether this is the derivative of an undefined function by one of its arguments."""
    f = d.expr
    return isinstance(f, AppliedUndef) and all(f.args.count(x) == 1 and _holds_only(f, x) for x in d.variables)


def _holds_only(f: Expr, x: Symbol) -> bool:
    return all(a == x or x not in a.free_symbols for a in f.args)


def _one_step(d: Derivative) -> Step:
    (x, order), *others = d.variable_count
    if not (isinstance(x, Symbol) and order.is_Integer):
        raise ClaimError(f"steps need a symbol and a number of times to differentiate; got {_shown(d)}")
    new, reason = _derivative_once(d.expr, x)
    left = [(x, order - 1), *others] if order > 1 else others
    if left and new.is_number:
        return S.Zero, _joined(iter((reason, "constant")))
    return Derivative(new, *left) if left else new, reason


def _derivative_once(f: Expr, x: Symbol) -> Step:
    if x not in f.free_symbols:
        return S.Zero, "constant"
    for kind, rule in RULES:
        if isinstance(f, kind):
            return rule(f, x)
    return _by_sympy(f, x)


def _identity(f: Expr, x: Symbol) -> Step:
    return S.One, "identity"


def _sum(f: Expr, x: Symbol) -> Step:
    reasons, terms = ["sum rule"], []
    for term in f.args:
        factor, u = term.as_independent(x, as_Add=False)
        if u == 1:
            reasons.append("constant")
            continue
        if factor != 1:
            reasons.append("constant factor")
        terms.append(factor * Derivative(u, x))
    return Add(*terms), _joined(iter(reasons))


def _product(f: Expr, x: Symbol) -> Step:
    factor, u = f.as_independent(x, as_Add=False)
    if u == x:
        return factor, "constant factor; identity"
    if factor != 1:
        return factor * Derivative(u, x), "constant factor"
    below = [a for a in f.args if isinstance(a, Pow) and a.exp.is_number and a.exp.is_negative]
    if below:
        return _quotient(Mul(*(a for a in f.args if a not in below)), Mul(*(1 / a for a in below)), x)
    terms = (Mul(*f.args[:i], Derivative(a, x), *f.args[i + 1 :]) for i, a in enumerate(f.args))
    return Add(*terms), "product rule"


def _quotient(above: Expr, below: Expr, x: Symbol) -> Step:
    if above == 1:
        return -Derivative(below, x) / below**2, "reciprocal rule"
    return (Derivative(above, x) * below - above * Derivative(below, x)) / below**2, "quotient rule"


def _power(f: Expr, x: Symbol) -> Step:
    base, exponent = f.args
    if base == x and x not in exponent.free_symbols:
        return exponent * x ** (exponent - 1), "power rule"
    if exponent == -1:
        return _quotient(S.One, base, x)
    if x not in exponent.free_symbols:
        return exponent * base ** (exponent - 1) * Derivative(base, x), "power rule; chain rule"
    if exponent == x and x not in base.free_symbols:
        return f * log(base), "exponential rule"
    if x not in base.free_symbols:
        return f * log(base) * Derivative(exponent, x), "exponential rule; chain rule"
    return f * Derivative(exponent * log(base), x), "logarithmic differentiation"


def _cases(f: Expr, x: Symbol) -> Step:
    return Piecewise(*((Derivative(value, x), condition) for value, condition in f.args)), "case by case"


def _larger_or_smaller(f: Expr, x: Symbol) -> Step:
    return Derivative(f.rewrite(Piecewise), x), "definition by cases"


def _jump(f: Expr, x: Symbol) -> Step:
    return S.Zero, f"{_name(f)} is constant between its jumps"


def _term_by_term(f: Expr, x: Symbol) -> Step:
    if any(x in limit.free_symbols for limit in f.limits):
        return _by_sympy(f, x)
    return f.func(Derivative(f.function, x), *f.limits), "term by term"


def _integral(f: Expr, x: Symbol) -> Step:
    return f.diff(x), "Leibniz rule"


def _function(f: Expr, x: Symbol) -> Step:
    places = [i for i, a in enumerate(f.args, 1) if x in a.free_symbols]
    try:
        slopes = [f.fdiff(i) for i in places]
    except (ArgumentIndexError, AttributeError):
        return _by_sympy(f, x)
    if not _is_carried_out(Add(*slopes)):
        raise ClaimError(f"no rule for the derivative of {_shown(f)} by {x}")
    if f.args[places[0] - 1] == x and len(places) == 1:
        return slopes[0], _own_slope(f)
    terms = (slope * Derivative(f.args[i - 1], x) for slope, i in zip(slopes, places))
    return Add(*terms), f"chain rule with {_name(f)} outside"


def _own_slope(f: Expr) -> str:
    return f"slope of the {_name(f)}" if isinstance(f, ActivationFunction) else f"derivative of {_name(f)}"


def _by_sympy(f: Expr, x: Symbol) -> Step:
    found = f.diff(x)
    if not _is_carried_out(found):
        raise ClaimError(f"no rule for the derivative of {_shown(f)} by {x}")
    return found, f"derivative of {_name(f)}"


def _shown(expression: object) -> str:
    return textwrap.shorten(str(expression), 80, placeholder=" …")


def _is_carried_out(found: Expr) -> bool:
    return all(map(_is_final, found.atoms(Derivative)))


def _name(f: Expr) -> str:
    return str(f.func.__name__)


RULES: tuple[tuple[type | tuple[type, ...], Rule], ...] = (
    (Symbol, _identity),
    (Add, _sum),
    (Mul, _product),
    (Pow, _power),
    (Piecewise, _cases),
    ((sympy.Max, sympy.Min), _larger_or_smaller),
    ((sympy.sign, sympy.Heaviside), _jump),
    (sympy.Sum, _term_by_term),
    (sympy.Integral, _integral),
    (Function, _function),
)


SIMPLIFICATIONS: tuple[tuple[Callable[[Expr], Expr], str], ...] = (
    (sympy.factor_terms, "collect"),
    (sympy.together, "common denominator"),
    (sympy.factor, "factor"),
    (sympy.cancel, "cancel"),
    (lambda e: sympy.trigsimp(e) if e.has(TrigonometricFunction) else e, "trigonometric identities"),
)


def _simpler(line: Expr) -> Iterator[Step]:
    """The simplest form that a single simplification leads to, if it has fewer operations; else nothing.

    Hyperbolic functions stay: papers write 1 - tanh(x)**2, not a power of cosh.
    """
    if line.count_ops() > MOST_OPERATIONS_TO_SIMPLIFY or line.has(Piecewise):
        return
    forms = [(simplify(line), reason) for simplify, reason in SIMPLIFICATIONS]
    best, reason = min(forms, key=lambda form: _length(form[0]))
    if _length(best) < _length(line):
        yield best, reason


def _length(e: Expr) -> int:
    """The number of operations other than changes of sign: 2/(x - 3) is no shorter than -2/(3 - x)."""
    return int(e.replace(lambda a: a.is_Mul and a.could_extract_minus_sign(), lambda a: -a).count_ops())


def natural_domain(expression: Expr) -> tuple[Condition, ...]:
    """Conditions on the variables under which the expression, and the derivatives in it, exist on the real line.

    Examples
    --------
    >>> import symgrad as sg
    >>> x = sg.real("x")
    >>> natural_domain(Derivative(sg.relu(x - 1) / x, x))
    (Ne(x, 0), Ne(x, 1))
    """
    positive = [e for node in sympy.postorder_traversal(expression) for e in _to_be_positive(node)]
    nonzero = [c.nonzero for c in conditions(expression)] + switches(_without_smooth_activations(expression))
    found = [_positive(e) for e in positive if not e.is_positive]
    found += [c for e in nonzero if e not in positive and not e.is_nonzero for c in _nonzero(e)]
    return tuple(dict.fromkeys(c for c in found if c.free_symbols and c.free_symbols <= expression.free_symbols))


def _to_be_positive(node: Expr) -> Iterator[Expr]:
    is_root = isinstance(node, Pow) and node.exp.is_integer is not True
    if (is_root or isinstance(node, sympy.log)) and node.args[0].free_symbols:
        yield node.args[0]


def _without_smooth_activations(expression: Expr) -> Expr:
    smooth = Function("smooth")
    return expression.replace(
        lambda f: isinstance(f, ActivationFunction) and not f.row.kinks(*f.parameters), lambda f: smooth(f.args[0])
    )


def _positive(e: Expr) -> Condition:
    if len(e.free_symbols) == 1 and e.is_polynomial():
        (x,) = e.free_symbols
        return sympy.Contains(x, (e > 0).as_set(), evaluate=False) if sympy.degree(e, x) > 1 else _solved(e > 0, x)
    return sympy.StrictGreaterThan(e, 0)


def _solved(inequality: sympy.core.relational.Relational, x: Symbol) -> Condition:
    (slope, offset) = sympy.Poly(inequality.lhs, x).all_coeffs()
    return x > -offset / slope if slope > 0 else x < -offset / slope


def _nonzero(e: Expr) -> list[Condition]:
    if len(e.free_symbols) == 1 and e.is_polynomial():
        (x,) = e.free_symbols
        return [sympy.Ne(x, root) for root in dict.fromkeys(sympy.real_roots(e, x))]
    return [sympy.Ne(e, 0)]
