"""Points at which functions of one number are compared with balls, and how errors are counted where digits cancel."""

import math

import numpy as np
from flint import arb

from symgrad.activations import ACTIVATIONS
from symgrad.activations.rows import ROWS
from symgrad.balls import precision
from symgrad.compute.numbers.arithmetic import BALLS, DOUBLES, ONE
from symgrad.compute.numbers.runtime import Algebra
from symgrad.compute.program.lowering import SLOPE, VALUE, call
from symgrad.compute.program.nodes import Node
from symgrad.compute.text.sources import functions_of
from symgrad.compute.text.writing import Names, definitions, function_name

# Where a difference of two terms is small, around a zero, digits are lost in it; the error is then counted in units of
# the larger term. Farther from 0 than this it is not.
AROUND = 3.0
LARGER_TERM = {
    ("swish", SLOPE): 1.0,
    ("mish", SLOPE): 1.0,
    ("gelu", SLOPE): 1.0,
    ("gelu_tanh", SLOPE): 1.0,
    ("hard_swish", SLOPE): 1.0,
    ("tanhshrink", VALUE): None,  # x itself
    ("softshrink", VALUE): None,
    ("hard_sigmoid", VALUE): 1.0,
    ("hard_swish", VALUE): None,
    ("sin", VALUE): 1.0,
    ("sin", SLOPE): 1.0,
}


LEAST = 2.0**-1074


def is_near_a_zero(name, x):
    return abs(x) <= AROUND or name == "sin"  # of which every turn has zeros


def unit(name, which, x, true):
    """What an error at x is counted in, where the value is this one: units of the last place, or of the larger term."""
    larger = LARGER_TERM.get((ROWS[name].name, which), 0.0) if is_near_a_zero(name, x) else 0.0
    return max(math.ulp(max(abs(true), abs(x) if larger is None else larger)), LEAST)


def grid(name, logarithmic, linear, chance):
    """Both signs, logarithmic over all doubles, denser where activations bend; the kinks and their neighbours."""
    sizes = np.concatenate(
        [
            10.0 ** np.linspace(-307, 307, logarithmic),
            np.linspace(0.01, 760, linear),
            np.random.default_rng(8).uniform(0.0, 40.0, chance),
            [5e-324, 1.7e308],
        ]
    )
    kinks = np.array([float(k) for k in ACTIVATIONS[name].kinks])
    near = np.concatenate([kinks, np.nextafter(kinks, -np.inf), np.nextafter(kinks, np.inf)])
    return np.unique(np.concatenate([-sizes, [0.0], sizes, near]))


BITS = 4000  # enough for differences of numbers of the sizes 1e308 and 1e-308
NAMES = Names({}, {}, {}, {})

# In units of the last place of the value, or of the least subnormal number where that is larger. A few operations
# make at most 6; more has a reason.
ULPS = {
    ("gelu_tanh", which): (
        1500,
        "four roundings of half a unit in an exponent up to 745, which the exponential magnifies",
    )
    for which in (VALUE, SLOPE)
}


def function(name, which, arithmetic, single=False):
    """The generated function of an activation or its slope."""
    source = (
        "\n".join(definitions([call(name, which, Node("argument", data=0))], NAMES, single, arithmetic is DOUBLES))
        + "\n"
    )
    algebra = Algebra(arithmetic.dtype, (), arithmetic.number, arithmetic.functions())
    return functions_of(source, algebra.namespace())[(ONE if single else "") + function_name(name, which)]


def in_balls(name, which, points):
    with precision(BITS):
        f = function(name, which, BALLS, single=True)
        return [arb(f(arb(x))) for x in points]


def errors(name, which, found, points):
    """Errors in units of the last place."""
    with precision(BITS):
        for x, value, true in zip(points, found, in_balls(name, which, points)):
            yield float(abs(arb(float(value)) - true) / unit(name, which, x, float(true))), x


def measured(name, which, f=None):
    points = grid(name, logarithmic=400, linear=1500, chance=1000)
    points = points[np.abs(points) < 1e15] if name == "sin" else points  # beyond, an ulp of x is more than a turn
    with np.errstate(all="ignore"):
        found = (f or function(name, which, DOUBLES))(points)
    found = np.broadcast_to(found, points.shape)
    assert not np.isnan(found).any()
    return max(errors(name, which, found, points))
