"""Cells and losses in mpmath at 60 digits, and gradients of any function of them by central differences."""

from types import SimpleNamespace

import mpmath
import numpy as np
from cells_by_hand import steps

DIGITS = 60
STEP = mpmath.mpf(10) ** -20  # a central difference errs by its square times a third derivative: 1e-40 or so
RELATIVE = mpmath.mpf(10) ** -30  # of the largest entry of a gradient, or of 1 where that is smaller


def each(function):
    return np.vectorize(function, otypes=[object])


sigmoid = each(lambda a: 1 / (1 + mpmath.exp(-a)))
tanh = each(mpmath.tanh)
relu = each(lambda a: a if a > 0 else mpmath.mpf(0))

STEPS = steps(
    SimpleNamespace(
        sigmoid=sigmoid,
        tanh=tanh,
        relu=relu,
        as_complex=lambda re, im: re + 1j * im,
        real=each(mpmath.re),
        imaginary=each(mpmath.im),
    )
)


def half_squared_error(output, target):
    return ((output - target) ** 2).sum() / 2


def softmax_cross_entropy(output, target):
    return mpmath.log(each(mpmath.exp)(output).sum()) - (target * output).sum()


def binary_cross_entropy(output, target):
    probability = sigmoid(output)
    return -(target * each(mpmath.log)(probability) + (1 - target) * each(mpmath.log)(1 - probability)).sum()


def difference_along(function, arguments, name, direction):
    """The derivative of a function along a direction of one argument, by a central difference."""
    ahead, back = (function({**arguments, name: arguments[name] + sign * STEP * direction}) for sign in (1, -1))
    return (ahead - back) / (2 * STEP)


def differences(function, arguments, name):
    """The gradient of a function of arguments by name with respect to one of them, by central differences."""
    value = arguments[name]
    found = np.empty(np.shape(value), dtype=object)
    for place in np.ndindex(np.shape(value)):
        shifted = []
        for sign in (1, -1):
            other = np.array(value, dtype=object)
            other[place] = other[place] + sign * STEP
            shifted.append(function({**arguments, name: other}))
        found[place] = (shifted[0] - shifted[1]) / (2 * STEP)
    return found
