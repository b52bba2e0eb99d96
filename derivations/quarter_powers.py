"""Powers of one quarter, exactly, and a digit of the slide corrected."""

from decimal import Decimal

from sympy import Integer, Pow, Rational

import symgrad as sg

k = sg.integer("k", "number of steps back in time")
quarter, half = Rational(1, 4), Rational(1, 2)
STEPS = (1, 2, 3, 5, 10, 20)
LAST = 537  # 4**-537 = 2**-1074, the least positive double


def power(n):
    return Pow(quarter, Integer(n), evaluate=False)


derivation = sg.Derivation(
    "Powers of one quarter",
    sg.prose(
        "Through {k} sigmoids with weight one a gradient shrinks at least to {bound}. The numbers get small quickly; "
        "here they are without rounding.",
        k=k,
        bound=quarter**k,
    ),
    sg.table(
        "The bound after some steps, exactly.",
        ("steps back", "as a fraction", "as a decimal, all digits"),
        *((str(n), sg.claim(power(n), "==", quarter**n), f"{Decimal(1) / Decimal(4) ** n:f}") for n in STEPS),
        label="powers",
    ),
    sg.erratum(
        "0.25**5 == 0.00097",
        source="slides, 7",
        remark="The slide cuts the digits off where it should round them.",
        label="slide",
    ),
    sg.prose("The first of the two numbers on the slide is right. The second rounds to 0.00098:"),
    sg.statement("0.25**2 == 0.0625", label="first"),
    sg.statement("Abs(0.25**5 - 0.00098) < 0.000005", label="rounded"),
    sg.statement(
        "Abs(0.25**5 - 0.00097) > 0.000005", remark="So 0.00097 is not the nearest number of five digits.", label="cut"
    ),
    sg.section(
        "Where doubles end",
        sg.prose(
            "In double precision the bound becomes zero after {last} steps: that power is the least positive double, "
            "and the next one is below it. A gradient that is zero in the computer is not zero in truth.",
            last=LAST,
        ),
        sg.statement(sg.claim(power(LAST), "==", Pow(half, 1074, evaluate=False)), label="last-double"),
        sg.statement(
            sg.claim(power(LAST + 1), "<", Pow(half, 1075, evaluate=False)),
            remark="Less than half of the least positive double, so it is rounded to zero.",
            label="first-zero",
        ),
    ),
    source="slides, 7",
)
