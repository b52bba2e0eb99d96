"""A derivation with one of everything that needs no drawing, for the tests of rendering."""

from sympy import Derivative, Rational, exp

import symgrad as sg

x = sg.real("x", "pre-activation")
n = sg.integer("n", "number of steps")
s = sg.sigmoid(x)

derivation = sg.Derivation(
    "A small derivation",
    sg.prose("The sigmoid {s} has a slope. By {chain} it is at most {q}, see {table}.",
             s=s, q=Rational(1, 4), chain=sg.ref("slope"), table=sg.ref("values")),
    sg.chain(
        Derivative(s, x),
        sg.equals(s * (1 - s), by="quotient rule"),
        sg.at_most(Rational(1, 4), by=sg.prose("a square, as {e} shows", e=sg.ref("slip")), equality_at={x: 0}),
        label="slope",
    ),
    sg.section(
        "More",
        sg.statement(sg.maximum(s * (1 - s), x, Rational(1, 4), at=0), remark="It is attained."),
        sg.statement("0 < x*n", where=["x > 0", "n integer", "n >= 1"]),
        sg.erratum(
            "1/(1 - exp(-x)) == sigmoid(x)", source="slides, 4", remark=sg.prose("Not {e}.", e=-exp(-x)), label="slip"
        ),
        sg.table("Values", ("where", "claim"), (x, sg.claim("sigmoid(x) < 1")), label="values"),
    ),
    source="slides, 4 to 6",
)  # fmt: skip
