"""Gradients of somebody else: right ones pass, wrong ones are found, and told by their mistake."""

import mpmath
import numpy as np
import pytest
import sympy

import symgrad as sg
from symgrad.compute.checks.mistakes import Mistakes
from symgrad.symbols import declared_shape

SIZES = {"n": 3, "m": 2, "p": 2}
LENGTH = 6


def cell_and_point(name, length=LENGTH):
    row = sg.CELLS[name]
    cell = row.cell(*(SIZES[size] for size in row.sizes))
    grad = sg.bptt(cell, sg.half_squared_error(sg.output_of(cell)), at="every")
    generator = np.random.default_rng(11)
    point = {}
    for argument in grad.arguments:
        shape = tuple(map(int, declared_shape(argument)))
        steps = (length,) if getattr(argument, "time", None) == sg.TIME else ()
        point[grad.name_of(argument)] = 0.8 * generator.standard_normal((*steps, *shape))
    return grad, point


def by_hand(W, U, b, x, target, h0, **slips):
    """Backpropagation through time of a tanh network, as people write it; a slip at a time may be made."""
    length = len(x)
    h = [h0]
    for step in range(length):
        h.append(np.tanh(W @ h[-1] + U @ x[step] + b))
    dW, dU, db, dx, delta = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b), np.zeros_like(x), np.zeros_like(b)
    for step in range(length, 0, -1):
        back = W @ delta if slips.get("transpose") else W.T @ delta
        back = -back if slips.get("back sign") else back
        error = (h[step] - target[step - 1]) * (-1 if slips.get("error sign") else 1)
        hbar = back + error * (2 if slips.get("no half") else 1)
        if slips.get("truncated") and step % 3 == 0:
            hbar = h[step] - target[step - 1]
        slope = 1 + h[step] ** 2 if slips.get("slope sign") else 1 - h[step] ** 2
        delta = hbar if slips.get("no slope") else hbar * slope
        dW += np.outer(delta, h[step] if slips.get("late state") else h[step - 1])
        dU += np.outer(delta, x[step - 1])
        db += delta
        dx[step - 1] = U.T @ delta
    scale = 1 / length if slips.get("mean") else -1 if slips.get("sign") else 1
    return {"W": scale * dW, "U": scale * dU, "b": scale * db, "x": scale * dx, "h0": scale * W.T @ delta}


def test_a_gradient_by_hand_is_supported():
    grad, point = cell_and_point("tanh")
    check = sg.check_gradient(by_hand, grad, **point)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED
    assert check.findings == ()


@pytest.mark.parametrize(
    ("slip", "argument", "hint"),
    [
        ("mean", "W", "the factor is 1/6: a mean in place of a sum over 6 steps"),
        ("sign", "b", "the sign is wrong"),
        ("late state", "W", "index: delta[t] @ h[t-1].T as delta[t] @ h[t].T"),
        ("no slope", "W", "dropped factor: delta[t] = "),
        ("transpose", "b", "W @ delta[t+1]"),
        ("no half", "target", ""),
    ],
)
def test_mistakes_are_told_by_name(slip, argument, hint):
    grad, point = cell_and_point("tanh")

    def spoilt(**arguments):
        return by_hand(**arguments, **{slip: True})

    check = sg.check_gradient(spoilt, grad, **point)
    assert check.verdict.outcome is sg.Outcome.REFUTED
    if argument != "target":
        finding = next(f for f in check.findings if f.argument == argument)
        assert hint in finding.hint, str(check)


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (lambda W, delta: W @ delta, "transpose: W.T @ delta[1] as W @ delta[1]"),
        (lambda W, delta: delta, "dropped factor: W.T @ delta[1] as delta[1]"),
    ],
)
def test_mistakes_in_the_gradient_of_the_initial_state_are_told(slip, hint):
    grad, point = cell_and_point("tanh")

    def spoilt(**a):
        found = by_hand(**a)
        return {**found, "h0": slip(a["W"], np.linalg.solve(a["W"].T, found["h0"]))}

    (finding,) = sg.check_gradient(spoilt, grad, **point).findings
    assert finding.argument == "h0"
    assert hint in finding.hint


@pytest.mark.parametrize("at", ["last", "every"])
def test_a_slip_of_every_step_is_told_from_the_gradient_of_the_initial_state_alone(at):
    grad, point = cell_and_point("tanh")
    grad = sg.bptt(grad.cell, grad.loss, at)

    def initial(W, h0, x, target, U, b):
        states = [h0]
        for input_ in x:
            states.append(np.tanh(W @ states[-1] + U @ input_ + b))
        adjoint = np.zeros_like(h0)
        for t in range(len(x), 0, -1):
            adjoint += states[t] - target[t - 1] if at == "every" or t == len(x) else 0
            adjoint = W @ (adjoint * (1 - states[t] ** 2))
        return {"h0": adjoint}

    (finding,) = sg.check_gradient(initial, grad, **point).findings
    assert "transpose: hbar[t] = W.T @ delta[t+1]" in finding.hint


@pytest.mark.parametrize(
    ("slips", "hint"),
    [
        ({"slope sign": True}, "sign: delta[t] = hadamard(hbar[t], 1 - h[t]**2) as hadamard(hbar[t], 1 + h[t]**2)"),
        ({"error sign": True}, "the sign is wrong"),
        ({"back sign": True}, "sign: hbar[t] = W.T @ delta[t+1] + h[t] - target[t] as"),
    ],
)
def test_signs_that_flip_are_told(slips, hint):
    grad, point = cell_and_point("tanh")
    check = sg.check_gradient(lambda **a: by_hand(**a, **slips), grad, **point)
    finding = next(f for f in check.findings if f.argument == "W")
    assert hint in finding.hint, str(check)


def test_truncation_is_told_with_its_window():
    grad, point = cell_and_point("tanh")
    check = sg.check_gradient(lambda **a: by_hand(**a, truncated=True), grad, **point)
    assert {f.argument for f in check.findings} == {"W", "U", "b", "x", "h0"}
    hint = next(f.hint for f in check.findings if f.argument == "W")
    assert hint == "as if by truncation, states that carry no gradient over the borders of windows of 3 steps"


def test_truncation_is_told_under_names_of_the_user():
    grad, point = cell_and_point("tanh")

    def stacked(gradients):
        return {"weights": np.hstack([gradients["W"], gradients["U"]]), "start": gradients["h0"]}

    check = sg.check_gradient(lambda **a: stacked(by_hand(**a, truncated=True)), grad, convert=stacked, **point)
    hints = {finding.argument: finding.hint for finding in check.findings}
    assert hints["weights"].endswith("windows of 3 steps")
    assert "windows" not in hints["start"]


@pytest.mark.parametrize("name", ["lstm", "gru", "leaky"])
def test_hints_are_for_any_cell(name):
    """A program that makes a slip is recognized by the words that made it."""
    grad, point = cell_and_point(name)
    argument = next(iter(grad.cell.parameters)).name
    words, gradients = next(iter(Mistakes(grad, point, {}).of(argument)))
    wrong = gradients[argument]
    check = sg.check_gradient(lambda **_: {argument: wrong}, grad, **point)
    assert check.findings[0].hint in (f"as if by {words}", "the sign is wrong")


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru", "elman"])
def test_every_argument_and_entry_is_looked_at(name):
    """One entry of one gradient off by a thousandth, each argument in turn."""
    grad, point = cell_and_point(name, length=4)
    right = {k: v.to_float() for k, v in grad.compile(scaled=True)(**point).gradients.items()}
    assert sg.check_gradient(lambda **_: right, grad, **point).verdict.outcome is sg.Outcome.SUPPORTED
    for argument, array in right.items():
        wrong = array.copy()
        last = tuple(k - 1 for k in wrong.shape)
        wrong[last] *= 1.001
        check = sg.check_gradient(lambda _a=argument, _w=wrong, **_: {_a: _w}, grad, **point)
        (finding,) = check.findings
        in_time = argument in ("x", "target")
        assert finding.places == ((last[0] + 1, *last[1:]) if in_time else last,)
        assert finding.argument == argument


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda W: W.T, "it is transposed"),
        (lambda W: 2 * W, "a half is missing"),
        (lambda W: 0 * W, "it is 0"),
    ],
)
def test_patterns_in_the_numbers_are_told(change, hint):
    grad, point = cell_and_point("tanh")
    check = sg.check_gradient(lambda **a: {"W": change(by_hand(**a)["W"])}, grad, **point)
    assert hint in check.findings[0].hint


def test_zeros_that_are_right_hide_no_factor():
    """With the loss at the last step, the targets of all others have a gradient of 0."""
    h, w = sg.State("h"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: w * h.prev}), sg.half_squared_error(h))
    point = {"w": 0.5, "h0": 1.0, "target": np.array([1.0, 2.0, 3.0])}
    right = grad.compile()(**point).gradients["target"]
    check = sg.check_gradient(lambda **_: {"target": -right}, grad, **point)
    assert check.findings[0].factor == -1
    assert check.findings[0].hint == "the sign is wrong"


def test_an_input_that_is_off_by_a_step_is_told():
    grad, point = cell_and_point("tanh")
    check = sg.check_gradient(lambda **a: {"x": np.roll(by_hand(**a)["x"], 1, axis=0)}, grad, **point)
    assert check.findings[0].hint == "it is off by one along its first axis"
    assert check.findings[0].places[0][0] == 1


def stacked(x, layers=20):
    for _ in range(layers):
        x = sg.sigmoid(x)
    return x


@pytest.mark.parametrize("wrong", [lambda g: 0.0 * g, lambda g: -g, lambda g: 1e6 * g, lambda g: 1.001 * g])
def test_a_gradient_that_vanished_is_still_seen(wrong):
    """Twenty stacked sigmoids: checkers that compare with differences of doubles pass all of these."""
    e = stacked(sg.real("x"))

    def gradient(x):
        slope = np.ones_like(x)
        for _ in range(20):
            x = 1 / (1 + np.exp(-x))
            slope = slope * x * (1 - x)
        return slope

    point = np.array([0.5, 1.0])
    assert 1e-13 < gradient(point)[0] < 1.3e-13
    assert sg.check_gradient(gradient, e, wrt="x", x=point).verdict.outcome is sg.Outcome.SUPPORTED
    assert sg.check_gradient(lambda x: wrong(gradient(x)), e, wrt="x", x=point).verdict.outcome is sg.Outcome.REFUTED


def test_two_derivatives_of_an_expression():
    x, y = sg.real("x"), sg.real("y")
    pair = sg.check_gradient(lambda x, y: (2 * x * y, x**2), x**2 * y, wrt=("x", "y"), x=1.5, y=2.0)
    assert pair.verdict.outcome is sg.Outcome.SUPPORTED
    f = lambda x, y: {"x": 2 * x * y, "y": x**2 + 0 * y}  # noqa: E731
    assert sg.check_gradient(f, x**2 * y, x=1.5, y=np.array([2.0, 3.0])).verdict.outcome is sg.Outcome.SUPPORTED


def test_where_all_is_zero_the_check_says_so():
    h, w = sg.State("h"), sg.Parameter("w")
    grad = sg.bptt(sg.Cell({h: sg.relu(w * h.prev)}), h)
    check = sg.check_gradient(lambda w, h0: {"w": 0.0, "h0": 0.0}, grad, sizes={sg.LENGTH: 3}, w=1.0, h0=-1.0)
    assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE


def test_arguments_whose_gradient_is_zero_are_named():
    """No factor of a gradient of 0 could have been found wrong; what is not 0 could."""
    grad, point = cell_and_point("tanh")
    point["x"] = 0 * point["x"]
    check = sg.check_gradient(by_hand, grad, **point)
    assert check.verdict.outcome is sg.Outcome.SUPPORTED
    assert "6 arguments compared; U: 0 at this point" in check.verdict.evidence


def test_terms_that_cancel_are_held_to_their_rounding():
    """x to the power 2 less what it is: 1e-16 of it is left, of which doubles know no digit."""
    x, y = sg.real("x"), sg.real("y")
    formula, point = (x - y) ** 2 * 1e8, {"x": 1.0 / 3, "y": 1.0 / 3 + 2.0**-50}
    right = lambda x, y: 2e8 * ((x + 7.0) - (y + 7.0))  # noqa: E731
    assert sg.check_gradient(right, formula, wrt="x", **point).verdict.outcome is not sg.Outcome.REFUTED
    wrong = lambda x, y: 2e8 * (x - y) + 1e-3  # noqa: E731
    assert sg.check_gradient(wrong, formula, wrt="x", **point).verdict.outcome is sg.Outcome.REFUTED


def test_bfloat16_of_jax_is_held_to_its_digits():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    grad, point = cell_and_point("tanh")
    rounded = lambda **a: {"b": by_hand(**a)["b"].astype(ml_dtypes.bfloat16)}  # noqa: E731
    assert sg.check_gradient(rounded, grad, **point).verdict.outcome is sg.Outcome.SUPPORTED
    wrong = lambda **a: {"b": (2 * by_hand(**a)["b"]).astype(ml_dtypes.bfloat16)}  # noqa: E731
    assert sg.check_gradient(wrong, grad, **point).verdict.outcome is sg.Outcome.REFUTED


def test_single_precision_is_held_to_its_own_error():
    grad, point = cell_and_point("tanh")
    rounded = lambda **a: {k: v.astype(np.float32) for k, v in by_hand(**a).items()}  # noqa: E731
    assert sg.check_gradient(rounded, grad, **point).verdict.outcome is sg.Outcome.SUPPORTED
    wrong = lambda **a: {k: (1.01 * v).astype(np.float32) for k, v in by_hand(**a).items()}  # noqa: E731
    assert sg.check_gradient(wrong, grad, **point).verdict.outcome is sg.Outcome.REFUTED


def test_other_names_are_converted():
    grad, point = cell_and_point("tanh")
    theirs = lambda **a: {"layer": {"kernel": by_hand(**a)["W"].T}, "rest": [by_hand(**a)["b"]]}  # noqa: E731
    ours = lambda g: {"layer": {"kernel": g["W"].T}, "rest": [g["b"]]}  # noqa: E731
    assert sg.check_gradient(theirs, grad, convert=ours, **point).verdict.outcome is sg.Outcome.SUPPORTED
    wrong = lambda **a: {"layer": {"kernel": by_hand(**a)["W"]}, "rest": [by_hand(**a)["b"]]}  # noqa: E731
    check = sg.check_gradient(wrong, grad, convert=ours, **point)
    assert [f.argument for f in check.findings] == ["layer.kernel"]


def test_a_check_has_no_truth_value():
    with pytest.raises(sg.VerdictTruthError):
        bool(sg.check_gradient(lambda x: 2 * x, sg.real("x") ** 2, wrt="x", x=1.0))


@pytest.mark.parametrize(
    ("f", "options", "message"),
    [
        (lambda **a: {"V": 0}, {}, "f gives a gradient named V; known are"),
        (lambda **a: np.zeros(3), {}, "f must give a mapping of gradients by name"),
        (lambda **a: {"W": np.zeros(4)}, {}, r"the gradient of W must have the shape \(3, 3\); got \(4,\)"),
        (lambda **a: {"W": np.full((3, 3), "a")}, {}, "a gradient must be real numbers"),
    ],
)
def test_bad_gradients_are_named(f, options, message):
    grad, point = cell_and_point("tanh")
    with pytest.raises(sg.CellError, match=message):
        sg.check_gradient(f, grad, **options, **point)


@pytest.mark.parametrize(
    ("what", "message"),
    [(3, "takes a cell, gradients or an expression; got int"), (sg.CELLS["tanh"].cell(2, 2), "is that of a loss")],
)
def test_what_is_checked_must_be_known(what, message):
    with pytest.raises(sg.CellError, match=message):
        sg.check_gradient(dict, what)


KINKS = {
    "relu": (sg.relu, 0.0, (0, 1)),
    "hard swish": (sg.activations.ACTIVATIONS["hard_swish"].function, 3.0, (1, 1.5)),
    "modulus": (abs, 0.0, (-1, 1)),
    "leaky relu": (sg.leaky_relu, 0.0, (0.01, 1)),
    "larger of two": (lambda x: sympy.Max(x, 2 * x - 1), 1.0, (1, 2)),
    "by cases": (lambda x: sympy.Piecewise((x, x < 2), (3 * x - 4, True)), 2.0, (1, 3)),
}


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_any_slope_between_those_of_both_sides_is_right_and_says_nothing(name):
    f, at, (low, high) = KINKS[name]
    x = sg.real("x")
    for slope in (low, (low + high) / 2, high):
        check = sg.check_gradient(lambda x, slope=slope: slope, f(x), wrt="x", x=at)
        assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE, str(check)
        assert "at a kink of" in check.verdict.evidence
        assert f"= {at:g}" in check.verdict.evidence or "= 0" in check.verdict.evidence
    for slope in (low - 0.1, high + 0.1):
        check = sg.check_gradient(lambda x, slope=slope: slope, f(x), wrt="x", x=at)
        assert check.verdict.outcome is sg.Outcome.REFUTED
        assert f"between {low:g} and {high:g}" in str(check)


def test_beside_a_kink_there_is_one_slope():
    x = sg.real("x")
    check = sg.check_gradient(lambda x: 0.5, sg.relu(x), wrt="x", x=1e-300)
    assert check.verdict.outcome is sg.Outcome.REFUTED
    assert sg.check_gradient(lambda x: 1.0, sg.relu(x), wrt="x", x=1e-12).verdict.outcome is sg.Outcome.SUPPORTED


def test_a_cell_at_a_kink_names_it_and_judges_the_other_entries():
    h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    grad = sg.bptt(sg.Cell({h: sg.relu(w * h.prev + x)}), h)
    point = {"w": 2.0, "x": np.array([1.0, -2.0]), "h0": 0.0}
    for slope in (0.0, 0.3, 1.0):
        theirs = lambda w, x, h0, s=slope: {"w": s * 1.0, "x": np.array([s * 2.0, s])}  # noqa: E731
        check = sg.check_gradient(theirs, grad, **point)
        assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE, str(check)
        assert "relu at a[t] = 0, step 2" in str(check)
    check = sg.check_gradient(lambda w, x, h0: {"w": 1.5}, grad, **point)
    assert check.verdict.outcome is sg.Outcome.REFUTED
    assert "between 0 and 1" in str(check)


OF_VECTORS = {  # of u and v, which are equal
    "larger": (lambda u, v: sg.Max(u, v), "Max at u - v = 0"),
    "larger of three": (lambda u, v: sg.Max(u, v, -3), "Max at u - v = 0"),
    "cases": (lambda u, v: sg.where(u >= v, 2 * u, u + v), "Piecewise at u - v = 0"),
    "of a matrix times a vector": (lambda u, v: sg.Min(2 * u - v, u), "Min at u - v = 0"),
    "within a function": (lambda u, v: sg.elementwise(lambda y, z: sg.relu(sympy.sin(y - z)), u, v), "relu at"),
}


@pytest.mark.parametrize("name", OF_VECTORS)
def test_a_tie_of_vectors_is_named_and_says_nothing(name):
    function, told = OF_VECTORS[name]
    h, u, v = sg.State("h", 2), sg.Parameter("u", 2), sg.Parameter("v", 2)
    grad = sg.bptt(sg.Cell({h: function(u, v) + h.prev / 2}), sg.half_squared_error(h))
    point = {"u": np.ones(2), "v": np.ones(2), "h0": np.zeros(2), "target": -np.ones((1, 2))}
    right = grad.compile()(**point).gradients["u"]
    check = sg.check_gradient(lambda **_: {"u": right}, grad, **point)
    assert check.verdict.outcome is sg.Outcome.UNINFORMATIVE, str(check)
    assert told in str(check)
    check = sg.check_gradient(lambda **_: {"u": right + 9}, grad, **point)
    assert check.verdict.outcome is sg.Outcome.REFUTED


SPECIAL = {
    "digamma": (sympy.digamma, lambda x: mpmath.polygamma(1, x)),
    "loggamma": (sympy.loggamma, mpmath.digamma),
    "gamma": (sympy.gamma, lambda x: mpmath.gamma(x) * mpmath.digamma(x)),
    "erfinv": (sympy.erfinv, lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(x) ** 2)),
    "besselj": (lambda x: sympy.besselj(0, x), lambda x: -mpmath.besselj(1, x)),
    "LambertW": (sympy.LambertW, lambda x: mpmath.lambertw(x).real / (x * (1 + mpmath.lambertw(x).real))),
    "airyai": (sympy.airyai, lambda x: mpmath.airyai(x, derivative=1)),
    "hyper": (lambda x: sympy.hyper([1, 2], [3], x / 4), lambda x: mpmath.hyp2f1(2, 3, 4, x / 4) / 6),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_functions_that_programs_do_not_have_are_compared_in_balls(name):
    f, slope = SPECIAL[name]
    points = np.array([0.25, 0.5])
    right = lambda x: np.array([float(slope(v)) for v in x])  # noqa: E731
    assert sg.check_gradient(right, f(sg.real("x")), wrt="x", x=points).verdict.outcome is sg.Outcome.SUPPORTED
    wrong = sg.check_gradient(lambda x: 1.0001 * right(x), f(sg.real("x")), wrt="x", x=points)
    assert wrong.verdict.outcome is sg.Outcome.REFUTED


def test_a_cell_of_a_function_that_programs_do_not_have_is_compared_in_balls():
    h, w, x = sg.State("h"), sg.Parameter("w"), sg.Input("x")
    grad = sg.bptt(sg.Cell({h: sympy.loggamma(2 + w * x)}), h)
    right = lambda w, x, h0=0: {"w": x[-1] * float(mpmath.digamma(2 + w * x[-1]))}  # noqa: E731
    point = {"w": 0.5, "x": np.array([0.3, 0.7])}
    assert sg.check_gradient(right, grad, **point).verdict.outcome is sg.Outcome.SUPPORTED
    assert sg.check_gradient(lambda **a: {"w": -right(**a)["w"]}, grad, **point).verdict.outcome is sg.Outcome.REFUTED


BY_ORDER = {
    "zeta": lambda s, x: sympy.zeta(s) * x,
    "besselj": sympy.besselj,
    "polylog": sympy.polylog,
    "legendre": sympy.legendre,
    "expint": sympy.expint,
    "uppergamma": sympy.uppergamma,
    "elliptic_pi": sympy.elliptic_pi,
}


@pytest.mark.parametrize("name", BY_ORDER)
def test_a_function_without_a_derivative_by_its_order_is_told_in_one_line(name):
    """An integral that the derivative of expint holds had no value in balls, and that ended in a TypeError."""
    formula = BY_ORDER[name](sg.real("s"), sg.real("x"))
    with pytest.raises(sg.CellError, match=r"no rule to differentiate|no certain value") as told:
        sg.check_gradient(lambda s, x: {"s": 0.0, "x": 0.0}, formula, s=1.25, x=0.5)
    assert "\n" not in str(told.value)


# --- masks as data ----------------------------------------------------------------------------------------------------

MASKED = "h[t] = where(zz[t] > 0, h[t-1], relu(W @ h[t-1] + U @ x[t] + b))"
MASK_SHAPES = {"h": 3, "zz": 3, "x": 2, "W": (3, 3), "U": (3, 2), "b": 3}


@pytest.mark.parametrize("factor", [1.0, 0.5, 1.05])
def test_a_mask_at_its_threshold_is_a_kink_of_no_other_argument(factor):
    """A slope by one argument is that of the way on which it alone moves: 0 > 0 is false, however W moves."""
    cell = sg.read_cell(MASKED, MASK_SHAPES)
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]), at="every")
    generator = np.random.default_rng(3)
    shapes = {"W": (3, 3), "U": (3, 2), "b": 3, "x": (3, 2), "target": (3, 3), "h0": 3}
    point = {name: generator.standard_normal(shape) for name, shape in shapes.items()} | {"zz": np.eye(3)}
    right = grad.compile()(**point).gradients

    def gradients(**arguments):
        return {k: v * (factor if k in ("W", "b", "h0") else 1) for k, v in right.items()}

    check = sg.check_gradient(gradients, grad, point=point)
    assert check.verdict.outcome is (sg.Outcome.SUPPORTED if factor == 1 else sg.Outcome.REFUTED)
    assert "relu" not in check.verdict.evidence  # no pre-activation is 0


@pytest.mark.parametrize(("slope", "outcome"), [(-4.0, "SUPPORTED"), (-1.0, "REFUTED"), (0.0, "REFUTED")])
def test_a_mask_of_0_leaves_a_weight_one_slope(slope, outcome):
    cell = sg.read_cell("h[t] = where(zz[t] > 0, h[t-1], w*h[t-1])")
    grad = sg.bptt(cell, sg.half_squared_error(cell.states[0]))
    point = {"w": 0.5, "h0": 2.0, "zz": [0.0], "target": [3.0]}
    assert sg.check_gradient(lambda **arguments: {"w": slope}, grad, point=point).verdict.outcome.name == outcome
