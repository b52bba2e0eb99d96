"""The table: one call of `define` for a function of our own, of `describe` for one that SymPy has.

Adding an activation is adding a row here. At a kink the slope has the value that PyTorch returns.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Abs, Expr, Interval, Max, Piecewise, Rational, S, Symbol, cos, exp, log, oo, pi, sqrt

from symgrad.activations.functions import define, describe


def _exactly(value: Expr | int, at: Expr | int) -> tuple[Expr | int, Expr | int, Expr | int]:
    return value, value, at


def _stable_sigmoid(m: Any, x: Any) -> Any:
    decay = m.exp(-abs(x))
    return m.where(x < 0, decay, 1) / (1 + decay)


def _stable_sigmoid_slope(m: Any, x: Any) -> Any:
    """The derivative in terms of the input: where the output is nearly 1, y*(1 - y) has lost its digits."""
    decay = m.exp(-abs(x))
    return decay / (1 + decay) ** 2


def _stable_tanh_slope(m: Any, x: Any) -> Any:
    decay = m.exp(-2 * abs(x))
    return 4 * decay / (1 + decay) ** 2


def _stable_softplus(m: Any, x: Any) -> Any:
    return m.maximum(x, 0) + m.log1p(m.exp(-abs(x)))


def _halves(m: Any, x: Any) -> tuple[Any, Any, Any]:
    """Square roots of exp(x) for x < 0, of exp(-x) for x > 0, each 1 on the other side, and 1 + exp(-|x|).

    A product with x then leaves the range of doubles only where its value does.
    """
    half = m.exp(-abs(x) / 2)
    return m.where(x < 0, half, 1), m.where(x < 0, 1, half), 1 + half * half


def _stable_swish(m: object, x: object) -> Any:
    left, _, total = _halves(m, x)
    return x * left * left / total


def _stable_swish_slope(m: object, x: object) -> Any:
    left, right, total = _halves(m, x)
    return left * (left * (1 + x * right * right / total)) / total


def _mish_parts(m: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """Left and right halves, exp(-|x|), and the denominator of tanh(softplus(x))."""
    left, right, _ = _halves(m, x)
    decay = m.exp(-abs(x))
    return left, right, decay, m.where(x < 0, 2 + 2 * decay + decay * decay, 1 + 2 * decay + 2 * decay * decay)


def _stable_mish(m: Any, x: Any) -> Any:
    left, _, decay, below = _mish_parts(m, x)
    return x * left * (left * m.where(x < 0, 2 + decay, 1 + 2 * decay)) / below


def _stable_mish_slope(m: Any, x: Any) -> Any:
    left, right, decay, below = _mish_parts(m, x)
    gate = m.where(x < 0, 2 + decay, 1 + 2 * decay) / below
    rest = (x * right * right * right * right) * (4 * (1 + decay) / (below * below))
    return left * (left * (gate + rest))


def _normal_density(m: Any, x: Any) -> Any:
    return m.exp_of_product(x, -x / 2) / m.sqrt(2 * m.pi)


def _gelu_tail(m: Any, x: Any) -> tuple[Any, Any, Any]:
    """x far below 0, the square root of exp(-x**2/2) there, and the normal distribution function over its square.

    A product then leaves the range of doubles only where its value does.
    """
    place = m.minimum(x, -30)
    return place, m.exp_of_product(place, -place / 4), m.normal_tail(place)


def _stable_gelu(m: Any, x: Any) -> Any:
    place, half, tail = _gelu_tail(m, x)
    return m.where(x < -30, half * (place * tail) * half, x * m.normal_cdf(x))


def _stable_gelu_slope(m: Any, x: Any) -> Any:
    place, half, tail = _gelu_tail(m, x)
    near = m.maximum(x, -30)
    return m.where(
        x < -30,
        half * (tail + place / m.sqrt(2 * m.pi)) * half,
        m.normal_cdf(near) + near * _normal_density(m, near),
    )


def _stable_gaussian_slope(m: Any, x: Any) -> Any:
    half = m.exp_of_product(x, -x / 2)
    return -2 * ((x * half) * half)


def _stable_softsign_slope(m: Any, x: Any) -> Any:
    part = 1 / (1 + abs(x))
    return part * part


def _stable_arctan_slope(m: Any, x: Any) -> Any:
    inside, outside = m.minimum(abs(x), 1), 1 / m.maximum(abs(x), 1)
    return m.where(abs(x) > 1, outside * outside / (1 + outside * outside), 1 / (1 + inside * inside))


_DEEP_LEARNING = "Goodfellow, Bengio, Courville, Deep Learning (2016)"
_HENDRYCKS = "Hendrycks, Gimpel, Gaussian error linear units (2016), arXiv:1606.08415"
_PYTORCH = "PyTorch documentation, torch.nn."
_ALPHA = Symbol("alpha", real=True)
_POSITIVE_ALPHA = Symbol("alpha", positive=True)
_POSITIVE_LAMDA = Symbol("lamda", positive=True)


sigmoid = define(
    "sigmoid",
    r"\sigma",
    "The logistic sigmoid 1/(1 + exp(-x)).",
    definition=lambda x: 1 / (1 + exp(-x)),
    slope_in_output=lambda y: y * (1 - y),
    largest_slope=lambda: _exactly(Rational(1, 4), at=0),
    range=lambda: Interval.open(0, 1),
    limits=lambda: (0, 1),
    inverse=lambda y: log(y / (1 - y)),
    stable=_stable_sigmoid,
    stable_slope=_stable_sigmoid_slope,
    source=f"{_DEEP_LEARNING}, section 3.10",
)

describe(
    "tanh",
    function=sympy.tanh,
    definition=lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    slope_in_output=lambda y: 1 - y**2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-1, 1),
    stable=lambda m, x: m.tanh(x),
    stable_slope=_stable_tanh_slope,
    source=f"{_DEEP_LEARNING}, section 6.3.2",
)

relu = define(
    "relu",
    r"\operatorname{ReLU}",
    "The rectified linear unit max(0, x).",
    linear_pieces=True,
    definition=lambda x: Piecewise((x, x > 0), (0, True)),
    slope=lambda x, y: Piecewise((1, x > 0), (0, True)),
    slope_in_output=lambda y: Piecewise((1, y > 0), (0, True)),
    largest_slope=lambda: _exactly(1, at=1),
    kinks=lambda: (0,),
    range=lambda: Interval(0, oo),
    limits=lambda: (0, oo),
    stable=lambda m, x: m.where(x > 0, x, 0),
    stable_slope=lambda m, x: m.where(x > 0, 1, 0),
    source="Nair, Hinton, Rectified linear units improve restricted Boltzmann machines (2010)",
)

relu6 = define(
    "relu6",
    r"\operatorname{ReLU6}",
    "The rectified linear unit cut off at 6: min(max(0, x), 6).",
    linear_pieces=True,
    definition=lambda x: Piecewise((0, x <= 0), (x, x < 6), (6, True)),
    slope=lambda x, y: Piecewise((0, x <= 0), (1, x < 6), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= 0), (1, y < 6), (0, True)),
    largest_slope=lambda: _exactly(1, at=3),
    kinks=lambda: (0, 6),
    range=lambda: Interval(0, 6),
    limits=lambda: (0, 6),
    stable=lambda m, x: m.minimum(m.maximum(x, 0), 6),
    stable_slope=lambda m, x: m.where(x > 0, m.where(x < 6, 1, 0), 0),
    source=f"Krizhevsky, Convolutional deep belief networks on CIFAR-10 (2010); {_PYTORCH}ReLU6",
)

leaky_relu = define(
    "leaky_relu",
    r"\operatorname{LeakyReLU}",
    "The leaky rectified linear unit: x above 0, alpha*x below; alpha is 1/100 unless given.",
    linear_pieces=True,
    parameters=((_ALPHA, Rational(1, 100)),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * x, True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (alpha, True)),
    largest_slope=lambda alpha: _exactly(Max(1, Abs(alpha)), at=Piecewise((1, Abs(alpha) <= 1), (-1, True))),
    kinks=lambda alpha: () if alpha == 1 else (0,),
    range=lambda alpha: S.Reals if alpha.is_positive else None,
    limits=lambda alpha: (-oo * alpha, oo),
    stable=lambda m, x, alpha: m.where(x > 0, x, alpha * x),
    stable_slope=lambda m, x, alpha: m.where(x > 0, 1, alpha),
    source=f"Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models (2013); "
    f"alpha as in {_PYTORCH}LeakyReLU",
)

elu = define(
    "elu",
    r"\operatorname{ELU}",
    "The exponential linear unit: x above 0, alpha*(exp(x) - 1) below; alpha is 1 unless given.",
    parameters=((_ALPHA, S.One),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * (exp(x) - 1), True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (alpha * exp(x), True)),
    # Below 0, the output has the sign of -alpha.
    slope_in_output=lambda y, alpha: Piecewise((1, y > 0), (y + alpha, True)) if alpha.is_nonnegative else None,
    largest_slope=lambda alpha: _exactly(Max(1, Abs(alpha)), at=Piecewise((1, Abs(alpha) <= 1), (0, True))),
    kinks=lambda alpha: () if alpha == 1 else (0,),
    range=lambda alpha: Interval.open(-alpha, oo) if alpha.is_positive else None,
    limits=lambda alpha: (-alpha, oo),
    stable=lambda m, x, alpha: m.where(x > 0, x, alpha * m.expm1(m.minimum(x, 0))),
    stable_slope=lambda m, x, alpha: m.where(x > 0, 1, alpha * m.exp(m.minimum(x, 0))),
    source="Clevert, Unterthiner, Hochreiter, Fast and accurate deep network learning by exponential linear units "
    "(2016), arXiv:1511.07289",
)


def _selu_constants(m: Any) -> tuple[Any, Any]:
    """Scale and alpha, the fixed point of the paper's equation 14, of which libraries carry 1.0507… and 1.6732…."""
    tail = (1 - m.erf(1 / m.sqrt(2))) * m.sqrt(m.exp(1))
    far_tail = (1 - m.erf(m.sqrt(2))) * m.exp(2)
    scale = (1 - tail) * m.sqrt(2 * m.pi / (2 * far_tail + m.pi * tail**2 - 2 * (2 + m.pi) * tail + m.pi + 2))
    return scale, m.sqrt(2 / m.pi) / (1 - tail)


def _selu(x: Expr, above: Expr, below: Expr) -> Expr:
    scale, alpha = _selu_constants(sympy)
    return Piecewise((scale * above, x > 0), (scale * alpha * below, True))


def _selu_bottom() -> Expr:
    scale, alpha = _selu_constants(sympy)
    return -scale * alpha


def _stable_selu(m: Any, x: Any) -> Any:
    scale, alpha = _selu_constants(m)
    return scale * m.where(x > 0, x, alpha * m.expm1(m.minimum(x, 0)))


def _stable_selu_slope(m: Any, x: Any) -> Any:
    scale, alpha = _selu_constants(m)
    return scale * m.where(x > 0, 1, alpha * m.exp(m.minimum(x, 0)))


selu = define(
    "selu",
    r"\operatorname{SELU}",
    "The self-normalizing exponential linear unit, a multiple of elu that keeps mean 0 and variance 1.",
    definition=lambda x: _selu(x, x, exp(x) - 1),
    slope=lambda x, y: _selu(x, S.One, exp(x)),
    slope_in_output=lambda y: Piecewise((_selu_constants(sympy)[0], y > 0), (y - _selu_bottom(), True)),
    largest_slope=lambda: _exactly(-_selu_bottom(), at=0),
    kinks=lambda: (0,),
    range=lambda: Interval.open(_selu_bottom(), oo),
    limits=lambda: (_selu_bottom(), oo),
    stable=_stable_selu,
    stable_slope=_stable_selu_slope,
    source="Klambauer, Unterthiner, Mayr, Hochreiter, Self-normalizing neural networks (2017), arXiv:1706.02515, "
    "equation 14",
)

celu = define(
    "celu",
    r"\operatorname{CELU}",
    "The continuously differentiable exponential linear unit: x above 0, alpha*(exp(x/alpha) - 1) below.",
    parameters=((_POSITIVE_ALPHA, S.One),),
    definition=lambda x, alpha: Piecewise((x, x > 0), (alpha * (exp(x / alpha) - 1), True)),
    slope=lambda x, y, alpha: Piecewise((1, x > 0), (exp(x / alpha), True)),
    slope_in_output=lambda y, alpha: Piecewise((1, y > 0), (1 + y / alpha, True)),
    largest_slope=lambda alpha: _exactly(1, at=1),
    range=lambda alpha: Interval.open(-alpha, oo),
    limits=lambda alpha: (-alpha, oo),
    stable=lambda m, x, alpha: m.where(x > 0, x, alpha * m.expm1(m.minimum(x, 0) / alpha)),
    stable_slope=lambda m, x, alpha: m.where(x > 0, 1, m.exp_of_quotient(m.minimum(x, 0), alpha)),
    source="Barron, Continuously differentiable exponential linear units (2017), arXiv:1704.07483",
)

softplus = define(
    "softplus",
    r"\operatorname{softplus}",
    "The smooth rectifier log(1 + exp(x)).",
    definition=lambda x: log(1 + exp(x)),
    slope=lambda x, y: sigmoid(x),
    slope_in_output=lambda y: 1 - exp(-y),
    largest_slope=lambda: _exactly(1, at=oo),
    range=lambda: Interval.open(0, oo),
    limits=lambda: (0, oo),
    inverse=lambda y: log(exp(y) - 1),
    stable=_stable_softplus,
    stable_slope=_stable_sigmoid,
    source=f"{_DEEP_LEARNING}, section 3.10",
)

softsign = define(
    "softsign",
    r"\operatorname{softsign}",
    "The algebraic sigmoid x/(1 + abs(x)).",
    definition=lambda x: x / (1 + Abs(x)),
    slope=lambda x, y: 1 / (1 + Abs(x)) ** 2,
    slope_in_output=lambda y: (1 - Abs(y)) ** 2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-1, 1),
    limits=lambda: (-1, 1),
    inverse=lambda y: y / (1 - Abs(y)),
    stable=lambda m, x: x / (1 + abs(x)),
    stable_slope=_stable_softsign_slope,
    source="Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks (2010)",
)

swish = define(
    "swish",
    r"\operatorname{swish}",
    "The sigmoid-weighted linear unit x*sigmoid(x), also called silu.",
    also_called="silu",
    definition=lambda x: x / (1 + exp(-x)),
    slope=lambda x, y: y + sigmoid(x) * (1 - y),
    # Largest where x*tanh(x/2) = 2, which has no solution in closed form.
    largest_slope=lambda: (Rational("1.099839"), Rational("1.099840"), Rational("2.3994")),
    range=lambda: Interval(-sympy.LambertW(exp(-1)), oo),
    limits=lambda: (0, oo),
    stable=_stable_swish,
    stable_slope=_stable_swish_slope,
    source="Ramachandran, Zoph, Le, Searching for activation functions (2017), arXiv:1710.05941; "
    "Elfwing, Uchibe, Doya, Sigmoid-weighted linear units (2017), arXiv:1702.03118",
)

mish = define(
    "mish",
    r"\operatorname{mish}",
    "The self-gated unit x*tanh(softplus(x)).",
    definition=lambda x: x * sympy.tanh(log(1 + exp(x))),
    slope=lambda x, y: sympy.tanh(softplus(x)) + x * sigmoid(x) * (1 - sympy.tanh(softplus(x)) ** 2),
    largest_slope=lambda: (Rational("1.088498"), Rational("1.088499"), Rational("1.4906")),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=_stable_mish,
    stable_slope=_stable_mish_slope,
    source="Misra, Mish: a self regularized non-monotonic activation function (2019), arXiv:1908.08681",
)

gelu = define(
    "gelu",
    r"\operatorname{GELU}",
    "The Gaussian error linear unit: x times the normal distribution function at x.",
    definition=lambda x: x * (1 + sympy.erf(x / sqrt(2))) / 2,
    slope=lambda x, y: (1 + sympy.erf(x / sqrt(2))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * pi),
    largest_slope=lambda: _exactly((1 + sympy.erf(1)) / 2 + exp(-1) / sqrt(pi), at=sqrt(2)),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=_stable_gelu,
    stable_slope=_stable_gelu_slope,
    source=_HENDRYCKS,
)


def _gelu_tanh_inside(m: Any, x: Any) -> Any:
    return m.sqrt(2 / m.pi) * (x + 44715 * (x * x * x) / 1000000)


def _gelu_exponent(m: object, x: object) -> Any:
    """Twice the argument of the hyperbolic tangent."""
    return 2 * _gelu_tanh_inside(m, x)


def _stable_gelu_tanh(m: object, x: object) -> Any:
    left, _, total = _halves(m, _gelu_exponent(m, x))
    return x * left * left / total


def _stable_gelu_tanh_slope(m: Any, x: Any) -> Any:
    """Powers of x only beside the exponentials that make them small, so that none overflows."""
    left, right, total = _halves(m, _gelu_exponent(m, x))
    side = left * right
    lowered = x * side
    more = 2 * m.sqrt(2 / m.pi) * (lowered * side + 134145 * (lowered * lowered * x) / 1000000)
    return left * left / total + more / (total * total)


def _gelu_tanh_slope(x: Expr) -> Expr:
    gate = sympy.tanh(_gelu_tanh_inside(sympy, x))
    return (1 + gate) / 2 + x * (1 - gate**2) * sqrt(2 / pi) * (1 + Rational(3 * 44715, 1000000) * x**2) / 2


gelu_tanh = define(
    "gelu_tanh",
    r"\operatorname{GELU}_{\tanh}",
    "The approximation of gelu by a hyperbolic tangent.",
    definition=lambda x: x * (1 + sympy.tanh(_gelu_tanh_inside(sympy, x))) / 2,
    slope=lambda x, y: _gelu_tanh_slope(x),
    largest_slope=lambda: (Rational("1.128993"), Rational("1.128994"), Rational("1.4185")),
    range=lambda: None,
    limits=lambda: (0, oo),
    stable=_stable_gelu_tanh,
    stable_slope=_stable_gelu_tanh_slope,
    source=_HENDRYCKS,
)

describe(
    "arctan",
    function=sympy.atan,
    definition=sympy.atan,
    slope=lambda x, y: 1 / (1 + x**2),
    slope_in_output=lambda y: cos(y) ** 2,
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval.open(-pi / 2, pi / 2),
    stable=lambda m, x: m.atan(x),
    stable_slope=_stable_arctan_slope,
    source="NIST Digital Library of Mathematical Functions, sections 4.23 and 4.24",
)

hard_sigmoid = define(
    "hard_sigmoid",
    r"\operatorname{hardsigmoid}",
    "The sigmoid from three straight lines as in PyTorch: relu6(x + 3)/6.",
    linear_pieces=True,
    definition=lambda x: Piecewise((0, x <= -3), (x / 6 + S.Half, x < 3), (1, True)),
    slope=lambda x, y: Piecewise((0, x <= -3), (Rational(1, 6), x < 3), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= 0), (Rational(1, 6), y < 1), (0, True)),
    largest_slope=lambda: _exactly(Rational(1, 6), at=0),
    kinks=lambda: (-3, 3),
    range=lambda: Interval(0, 1),
    limits=lambda: (0, 1),
    stable=lambda m, x: m.minimum(m.maximum((x + 3) / 6, 0), 1),
    stable_slope=lambda m, x: m.where(x > -3, m.where(x < 3, 1, 0), 0) / 6,
    source=f"{_PYTORCH}Hardsigmoid",
)

hard_tanh = define(
    "hard_tanh",
    r"\operatorname{hardtanh}",
    "The hyperbolic tangent from three straight lines: min(max(-1, x), 1).",
    linear_pieces=True,
    definition=lambda x: Piecewise((-1, x <= -1), (x, x < 1), (1, True)),
    slope=lambda x, y: Piecewise((0, x <= -1), (1, x < 1), (0, True)),
    slope_in_output=lambda y: Piecewise((0, y <= -1), (1, y < 1), (0, True)),
    largest_slope=lambda: _exactly(1, at=0),
    kinks=lambda: (-1, 1),
    range=lambda: Interval(-1, 1),
    limits=lambda: (-1, 1),
    stable=lambda m, x: m.minimum(m.maximum(x, -1), 1),
    stable_slope=lambda m, x: m.where(x > -1, m.where(x < 1, 1, 0), 0),
    source=f"{_PYTORCH}Hardtanh",
)

hard_swish = define(
    "hard_swish",
    r"\operatorname{hardswish}",
    "The swish from a parabola between two straight lines: x*relu6(x + 3)/6.",
    also_called="hardswish",
    linear_pieces=True,
    definition=lambda x: Piecewise((0, x <= -3), (x * (x + 3) / 6, x < 3), (x, True)),
    slope=lambda x, y: Piecewise((0, x <= -3), (x / 3 + S.Half, x < 3), (1, True)),
    largest_slope=lambda: _exactly(Rational(3, 2), at=3),
    kinks=lambda: (-3, 3),
    range=lambda: Interval(Rational(-3, 8), oo),
    limits=lambda: (0, oo),
    stable=lambda m, x: m.where(x < 3, m.where(x > -3, x * (x + 3) / 6, 0), x),
    stable_slope=lambda m, x: m.where(x < 3, m.where(x > -3, (2 * x + 3) / 6, 0), 1),
    source=f"Howard et al., Searching for MobileNetV3 (2019), arXiv:1905.02244; {_PYTORCH}Hardswish",
)

logsigmoid = define(
    "logsigmoid",
    r"\operatorname{logsigmoid}",
    "The logarithm of the sigmoid, -log(1 + exp(-x)).",
    definition=lambda x: -log(1 + exp(-x)),
    slope=lambda x, y: sigmoid(-x),
    slope_in_output=lambda y: 1 - exp(y),
    largest_slope=lambda: _exactly(1, at=-oo),
    range=lambda: Interval.open(-oo, 0),
    limits=lambda: (-oo, 0),
    inverse=lambda y: -log(exp(-y) - 1),
    stable=lambda m, x: -_stable_softplus(m, -x),
    stable_slope=lambda m, x: _stable_sigmoid(m, -x),
    source=f"{_PYTORCH}LogSigmoid",
)

softshrink = define(
    "softshrink",
    r"\operatorname{softshrink}",
    "Soft thresholding: x moved towards 0 by lamda, which is 1/2 unless given.",
    linear_pieces=True,
    parameters=((_POSITIVE_LAMDA, S.Half),),
    definition=lambda x, lamda: Piecewise((x + lamda, x < -lamda), (0, x <= lamda), (x - lamda, True)),
    slope=lambda x, y, lamda: Piecewise((1, x < -lamda), (0, x <= lamda), (1, True)),
    slope_in_output=lambda y, lamda: Piecewise((1, sympy.Ne(y, 0)), (0, True)),
    largest_slope=lambda lamda: _exactly(1, at=2 * lamda),
    kinks=lambda lamda: (-lamda, lamda),
    stable=lambda m, x, lamda: x - m.minimum(m.maximum(x, -lamda), lamda),
    stable_slope=lambda m, x, lamda: m.where(abs(x) > lamda, 1, 0),
    source=f"Donoho, De-noising by soft-thresholding (1995); lamda as in {_PYTORCH}Softshrink",
)

tanhshrink = define(
    "tanhshrink",
    r"\operatorname{tanhshrink}",
    "What the hyperbolic tangent takes away, x - tanh(x).",
    definition=lambda x: x - sympy.tanh(x),
    slope=lambda x, y: sympy.tanh(x) ** 2,
    largest_slope=lambda: _exactly(1, at=oo),
    stable=lambda m, x: x - m.tanh(x),
    stable_slope=lambda m, x: m.tanh(x) ** 2,
    source=f"{_PYTORCH}Tanhshrink",
)

gaussian = define(
    "gaussian",
    r"\operatorname{gaussian}",
    "The radial basis function exp(-x**2).",
    definition=lambda x: exp(-(x**2)),
    slope=lambda x, y: -2 * x * y,
    largest_slope=lambda: _exactly(sqrt(2) * exp(-S.Half), at=sqrt(2) / 2),
    range=lambda: Interval.Lopen(0, 1),
    limits=lambda: (0, 0),
    stable=lambda m, x: m.exp_of_product(x, -x),
    stable_slope=_stable_gaussian_slope,
    source="Broomhead, Lowe, Multivariable functional interpolation and adaptive networks (1988)",
)

describe(
    "sin",
    function=sympy.sin,
    definition=sympy.sin,
    slope=lambda x, y: cos(x),
    largest_slope=lambda: _exactly(1, at=0),
    range=lambda: Interval(-1, 1),
    stable=lambda m, x: m.sin(x),
    stable_slope=lambda m, x: m.cos(x),
    source="Sitzmann, Martel, Bergman, Lindell, Wetzstein, Implicit neural representations with periodic activation "
    "functions (2020), arXiv:2006.09661",
)

identity = define(
    "identity",
    r"\operatorname{id}",
    "The identity, the activation of a linear unit; it evaluates to its argument at once.",
    linear_pieces=True,
    definition=lambda x: x,
    slope_in_output=lambda y: S.One,
    largest_slope=lambda: _exactly(1, at=0),
    inverse=lambda y: y,
    stable=lambda m, x: x,
    stable_slope=lambda m, x: 1,
    source=f"{_PYTORCH}Identity",
)
