"""Points at which functions of one number are compared with balls, and how errors are counted where digits cancel."""

import math

import numpy as np

from symgrad.activations import ACTIVATIONS
from symgrad.activations.rows import ROWS
from symgrad.compute.lowering import SLOPE, VALUE

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
