"""What has no value somewhere, or another one at a single place, is part of what a line says."""

import pytest

import symgrad as sg
from symgrad.recurrent.judge.line_values import LineValues
from symgrad.symbols.writing import to_text

PROVED = sg.Outcome.PROVED
UNIT = "h[t] = tanh(w*h[t-1] + u*x[t])"
LINEAR = "h[t] = w*h[t-1] + b"
TRUE_DW = "dw = sum(delta[t]*h[t-1], (t, 1, T))"


def judged(cell, line, at="last", loss=None, shapes=None):
    read = sg.read_cell(cell, shapes or {})
    loss = sg.half_squared_error(read.states[0]) if loss is None else read.states[0]
    kind = "gradients" if line.startswith("d") and not line.startswith("delta") else "backward"
    (found,) = sg.check_backward(read, loss, at=at, **{kind: [line]}).lines
    return found


# --- powers of 0 --------------------------------------------------------------------------------------------------

POWERS = [
    (f"{TRUE_DW} + 0**((T-77)**2)", False),
    ("delta[t] = hbar[t]*(1-h[t]**2) + 0**((t-77)**2)", False),
    ("delta[t] = hbar[t]*(1-h[t]**2) + x[t]*0**((t-77)**2)", False),
    ("dw = sum(delta[t]*h[t-1] + 0**((t-77)**2), (t, 1, T))", False),
    (f"{TRUE_DW} + 0**(T+2)", True),
    (f"{TRUE_DW} + 2**(2*T+1) - 2*2**T*2**T", True),
    ("dh0 = w**(T+2) - w**2*w**T + w*delta[1]", True),
    ("hbar[t] = w**(T-t)*product(1-h[i]**2, (i, t+1, T))*(h[T]-target[T])", True),
    ("dw = sum(w**(T-t)*product(1-h[i]**2, (i, t, T))*(h[T]-target[T])*h[t-1], (t, 1, T))", True),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("line", "is_true"), POWERS)
def test_powers_are_split_where_their_base_is_no_zero(line, is_true):
    """0**0 is 1, so that 0**((T - 77)**2) is not 0 for every T."""
    assert (judged(UNIT, line).verdict.outcome is PROVED) is is_true


# --- divisors, roots and logarithms -------------------------------------------------------------------------------

SIGMOID = "h[t] = sigmoid(w*h[t-1] + u*x[t])"
n, m = sg.dims("n m")
SHAPES = {"h": n, "x": m, "W": (n, n), "U": (n, m)}
VECTOR = "h[t] = tanh(W @ h[t-1] + U @ x[t])"

WITHOUT_VALUE = [  # true wherever they have a value; and where one of them has none
    (UNIT, "dw = (T-7)*sum(delta[t]*h[t-1]/(T-7), (t, 1, T))", "at T = 7"),
    (UNIT, "dw = sum(delta[t]*h[t-1], (t, 1, T))*(T**2-4)/(T-2)/(T+2)", "at T = 2"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + 1/(t-2), (t, 1, T)) - sum(1/(t-2), (t, 1, T))", "at t = 2"),
    (UNIT, "dw = w*sum(delta[t]*h[t-1]/w, (t, 1, T))", "at w = 0"),
    (UNIT, "dw = w**T*sum(delta[t]*h[t-1]*w**(-T), (t, 1, T))", "at w = 0"),
    (UNIT, "dw = sum(w**(T-t-1)*w*product(1-h[i]**2, (i, t, T))*(h[T]-target[T])*h[t-1], (t, 1, T))", "at w = 0"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + log(x[t]), (t, 1, T)) - sum(log(x[t]), (t, 1, T))", "at x = 0"),
    (UNIT, "delta[t] = hbar[t]*(x[t] - x[t]*h[t]**2)/x[t]", "at x = 0"),
    (UNIT, "delta[t] = hbar[t]*(h[t] - h[t]**3)/h[t]", "where all arguments are 0"),
    (UNIT, "dw = sum(delta[t]*(h[t-1]**2 + h[t-1])/(h[t-1] + 1), (t, 1, T))", "at h0 = -1"),
    (UNIT, "hbar[t] = w**(T-t)*w**(t+1-T)*delta[t+1]", "at w = 0"),
    (VECTOR, "hbar[t] = W.T @ delta[t+1]*(n**2-4)/(n-2)/(n+2)", "at n = 2"),
    (VECTOR, "delta[t] = hadamard(hbar[t], elementwise(y, (y-y**3)/y, h[t]))", "where all arguments are 0"),
]


@pytest.mark.parametrize(("cell", "line", "where"), WITHOUT_VALUE)
def test_a_line_does_not_hold_where_it_has_no_value(cell, line, where):
    found = judged(cell, line, shapes=SHAPES if cell == VECTOR else None)
    assert found.verdict.outcome is sg.Outcome.REFUTED, found
    assert f"the line has no value {where}" in str(found)


def test_a_geometric_sum_has_no_value_at_a_ratio_of_1():
    found = judged(LINEAR, "hbar[t] = (1-w**(T-t+1))/(1-w)", at="every", loss="h")
    assert found.verdict.outcome is sg.Outcome.REFUTED
    assert "the line has no value at w = 1" in str(found)


MAYBE_WITHOUT = [
    (UNIT, "dw = (T-777)*sum(delta[t]*h[t-1]/(T-777), (t, 1, T))", "where T - 777 = 0 it has no value"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + sqrt(x[t]), (t, 1, T)) - sum(sqrt(x[t]), (t, 1, T))", "no real value"),
]


def twice(part):
    """A line with a part that cancels."""
    return f"db = sum(delta[t] + {part}, (t, 1, T)) - sum({part}, (t, 1, T))"


EMPTY_AT_AN_END = [  # sums of positive terms that have none at the first step, or at the last
    "1/sum(1 + w**2, (i, 1, t-1))", "sum(1, (i, 1, t-1))**(-1/2)", "log(sum(exp(x[i]), (i, t, T-1)))",
    "1/sum(sum(1 + w**2, (k, i, T-1)), (i, 1, t))",
]  # fmt: skip
NEVER_EMPTY = ["1/sum(1 + w**2, (i, 1, t))", "log(sum(exp(x[i]), (i, t, T)))", "1/product(1 + w**2, (i, 1, t-1))"]


@pytest.mark.parametrize("part", EMPTY_AT_AN_END)
def test_an_empty_sum_of_positive_terms_is_0(part):
    assert judged("h[t] = tanh(w*h[t-1] + x[t] + b)", twice(part)).verdict.outcome is not PROVED


@pytest.mark.parametrize("part", NEVER_EMPTY)
def test_a_sum_of_positive_terms_that_has_some_is_positive(part):
    assert judged("h[t] = tanh(w*h[t-1] + x[t] + b)", twice(part)).verdict.outcome is PROVED


ASKED_ELSEWHERE = [  # what an adjoint asks for at steps other than those of the line
    ("h[t] = w*sqrt(h[t-1]) + b", twice("1/h[t-1]").replace("delta", "hbar")),
    ("h[t] = w*sqrt(h[t-1]) + b", twice("1/sqrt(h[t-1])").replace("delta", "hbar")),
    ("h[t] = w*sqrt(h[t-1]) + b", twice("1/h[t]").replace("delta", "hbar")),
    ("h[t] = w*sqrt(h[t-1]) + b", "hbar[t] = w*hbar[t+1]/(2*sqrt(h[t])) + 2*(1/h[t-1]) - sum(1/h[t-1], (k, 1, 2))"),
    ("h[t] = w*sqrt(h[t-2]) + u*h[t-1] + b", twice("1/h[t-2]").replace("delta", "hbar")),
    ("a[t] = w*h[t-1] + x[t] + b; h[t] = sqrt(a[t])", "dx[2] = abar[2] + sum(1/a[1], (k, 1, 2)) - 2*(1/a[1])"),
]


@pytest.mark.parametrize(("cell", "line"), ASKED_ELSEWHERE)
def test_an_adjoint_has_a_value_at_its_own_steps(cell, line):
    assert judged(cell.replace("; ", "\n"), line, loss="h").verdict.outcome is not PROVED


@pytest.mark.parametrize(
    "line",
    [
        "db = sum(hbar[t]/(2*sqrt(a[t])), (t, 1, T))",
        "db = sum(hbar[t]*sqrt(a[t])/(2*a[t]), (t, 1, T-1)) + hbar[T]/(2*sqrt(a[T]))",
        "dx[t] = hbar[t]*a[t]/(2*sqrt(a[t])*a[t])",
        "hbar[t] = w*hbar[t+1]/(2*a[t+1])*sqrt(a[t+1])",
    ],
)
def test_what_a_name_within_its_step_asks_for_is_given(line):
    found = judged("a[t] = w*h[t-1] + x[t] + b\nh[t] = sqrt(a[t])", line, loss="h")
    assert found.verdict.outcome is PROVED


def test_a_point_that_the_conditions_exclude_refutes_nothing():
    cell = sg.read_cell("h[t] = w*h[t-1] + u*b")
    line = "db = u*sum(hbar[t] + {0}, (t, 1, T)) - u*sum({0}, (t, 1, T))"
    for divisor, where in (("1/(1 - w**(2*t-1))", "w != 1"), ("1/(w**(2*t-1) + w)", "w != 0")):
        for conditions, is_refuted in ((None, True), (where, False)):
            options = {"where": conditions} if conditions else {}
            (found,) = sg.check_backward(cell, cell.states[0], gradients=[line.format(divisor)], **options).lines
            assert (found.verdict.outcome is sg.Outcome.REFUTED) is is_refuted


POWERS_OF_A_SIZE = [  # a cell, and what asks for more than its powers do: w**(n-1) is 1 at n = 1, w = 0
    ("h[t] = w**(n-1)*h[t-1] + b", "b/w"),
    ("h[t] = w**(n-2)*h[t-1] + b", "b*w**(-2)"),
    ("h[t] = w**(1/n)*h[t-1] + b", "b*sqrt(w)"),
    ("h[t] = w**(1/n)*h[t-1] + b", "b*log(w)"),
    ("h[t] = elementwise(y, y**n, h[t-1]) + b", "elementwise(y, 1/y, h[t-1])"),
    ("h[t] = w**c*h[t-1] + b", "b*log(w)"),
    ("h[t] = where(x[t] > 0, 1/x[t], 1)*h[t-1] + b", "b/x[t]"),
]


@pytest.mark.parametrize(("text", "part"), POWERS_OF_A_SIZE)
def test_what_a_power_may_do_without_is_not_given(text, part):
    cell = sg.read_cell(text, {"h": n, "b": n})
    line = twice(part).replace("delta", "hbar")
    (found,) = sg.check_backward(cell, sg.total(cell.states[0]), gradients=[line]).lines
    assert found.verdict.outcome is not PROVED


@pytest.mark.parametrize("text", [text for text, _ in POWERS_OF_A_SIZE])
def test_the_rules_have_a_value_wherever_the_gradient_has_one(text):
    cell = sg.read_cell(text, {"h": n, "b": n})
    grad = sg.bptt(cell, sg.total(cell.states[0]))
    lines = [f"{e.left} = {to_text(e.right)}" for e in map(grad.equation_of, cell.parameters)]
    found = sg.check_backward(cell, sg.total(cell.states[0]), gradients=lines).lines
    assert {str(line): line.verdict.outcome for line in found} == {str(line): PROVED for line in found}


# A number at which each of the functions that are real on a part of the line is real.
INSIDE = {"log": "2 + w**2", "asin": "tanh(w)", "acos": "tanh(w)", "atanh": "tanh(w)/2", "acosh": "2 + w**2"}


@pytest.mark.parametrize("name", INSIDE)
def test_a_function_that_is_real_on_a_part_of_the_line_is_real_there(name):
    cell = "h[t] = tanh(w*h[t-1] + x[t] + b)"
    assert judged(cell, twice(f"{name}(w)")).verdict.outcome is not PROVED
    assert judged(cell, twice(f"{name}({INSIDE[name]})")).verdict.outcome is PROVED


@pytest.mark.parametrize("part", ["1/(1 - h[t])", "log(1 - h[t])", "1/(1 - h[t]**2)", "elementwise(y, 1/log(y), h[t])"])
def test_the_softmax_of_one_entry_is_1(part):
    cell, shapes = "h[t] = softmax(W @ h[t-1] + b)", {"h": n, "W": (n, n), "b": n}
    assert judged(cell, twice(part), shapes=shapes).verdict.outcome is not PROVED
    assert judged(cell, twice("1/(1 + h[t])"), shapes=shapes).verdict.outcome is PROVED


@pytest.mark.parametrize(("cell", "line", "says"), MAYBE_WITHOUT)
def test_where_a_line_may_have_no_value_it_is_not_proved(cell, line, says):
    found = judged(cell, line)
    assert found.holds is None
    assert says in str(found)


WITH_VALUE = [
    (UNIT, "delta[t] = hbar[t]*(1-h[t]**4)/(1+h[t]**2)"),
    (UNIT, "hbar[t] = delta[t]/(1-h[t]**2)"),
    (UNIT, "dh0 = w*hbar[1]*(1-h[1]**4)/(1+h[1]**2)"),
    (UNIT, "dw = T*sum(delta[t]*h[t-1]/T, (t, 1, T))"),
    (UNIT, "dw = (T**2+1)*sum(delta[t]*h[t-1]/(T**2+1), (t, 1, T))"),
    (UNIT, "dw = sum(delta[t]*h[t-1]*(t**2+t)/t/(t+1), (t, 1, T))"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + 1/t, (t, 1, T)) - sum(1/t, (t, 1, T))"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + 1/(T-t+1), (t, 1, T)) - sum(1/(T-t+1), (t, 1, T))"),
    (UNIT, "dw = sum(delta[t]*h[t-1]*(w**2+u**2+1), (t, 1, T))/(1+w**2+u**2)"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + 1/cosh(x[t]), (t, 1, T)) - sum(1/cosh(x[t]), (t, 1, T))"),
    (UNIT, "dw = sum(delta[t]*h[t-1] + log(1+exp(x[t])), (t, 1, T)) - sum(log(1+exp(x[t])), (t, 1, T))"),
    (UNIT, "hbar[t] = w**(T-t-1)*w*product(1-h[i]**2, (i, t+1, T))*(h[T]-target[T])"),
    (SIGMOID, "hbar[t] = delta[t]/(h[t]*(1-h[t]))"),
    (SIGMOID, "delta[t] = hbar[t]*h[t]**2*(1/h[t] - 1)"),
    (VECTOR, "dW = n*sum(outer(delta[t], h[t-1])/n, (t, 1, T))"),
    (VECTOR, "hbar[t] = W.T @ delta[t+1]*(n**2+2*n)/n/(n+2)"),
    # the same divisor stands in the cell
    ("h[t] = h[t-1]/w + x[t]", "hbar[t] = w**(t-T)*hbar[T]"),
    ("h[t] = h[t-1]/w + x[t]", "dw = -sum(hbar[t]*h[t-1], (t, 1, T))/w**2"),
    ("h[t] = h[t-1]*log(1 + x[t])", "hbar[t] = hbar[t+1]*log(1 + x[t+1])"),
    ("h[t] = h[t-1]*sqrt(x[t])", "dx[t] = hbar[t]*h[t-1]/(2*sqrt(x[t]))"),
]


@pytest.mark.parametrize(("cell", "line"), WITH_VALUE)
def test_a_line_that_certainly_has_a_value_is_proved(cell, line):
    assert judged(cell, line, shapes=SHAPES if cell == VECTOR else None).verdict.outcome is PROVED


@pytest.mark.parametrize("at", ["last", "every", "mean"])
@pytest.mark.parametrize("name", sg.CELLS)
def test_the_rules_of_the_zoo_have_values(name, at):
    """What the rules divide by stands in the equations of the cell, or is certain not to be zero."""
    cell = sg.CELLS[name].cell()
    gradients = sg.bptt(cell, sg.half_squared_error(cell.states[-1]), at=at)
    before_the_last = [sg.TIME - 1, sg.LENGTH - 1 - sg.TIME]
    lines = [(line, before_the_last) for line in gradients.backward]
    lines += [(gradients.equation_of(p), [sg.LENGTH - 1]) for p in cell.parameters]
    assert [LineValues(gradients).doubts(line.right, known) for line, known in lines] == [()] * len(lines)


@pytest.mark.parametrize("u", ["x[t]", "Abs(x[t])"])
def test_a_divisor_that_only_a_root_is_left_of_is_lost(u):
    with pytest.raises(sg.ParseError, match="cancels here"):
        judged(UNIT, f"hbar[t] = delta[t]*{u}**(3/2)/{u}")


# --- fractions of steps -------------------------------------------------------------------------------------------

HALVES = [
    ("sqrt(t - 3/2)", False), ("sqrt((T - t)/2 - 1)", False), ("log(t - 3/2)", False), ("acosh(t/4)", False),
    ("sqrt(t - 1/2)", True), ("sqrt(t/2)", True), ("acosh(t/2 + 1/2)", True),
    ("acosh(1/4)", False), ("atanh(5/4)", False), ("asin(9/8)", False), ("acosh(5/4)", True), ("asin(7/8)", True),
]  # fmt: skip


@pytest.mark.parametrize(("part", "has_value"), HALVES)
def test_what_lies_between_minus_1_and_0_is_negative_as_all_that_is(part, has_value):
    """Steps are whole numbers, and halves of them are none."""
    found = judged("h[t] = w*h[t-1]", f"hbar[t] = w*hbar[t+1]*(1 + {part}) - w*hbar[t+1]*{part}", loss="h")
    assert (found.word == "PROVED") == has_value


# --- cases that are not chosen ------------------------------------------------------------------------------------

(n,) = sg.dims("n")
SCALED = (["s[t] = w*s[t-1]", "h[t] = s[t]*b"], {"h": n, "b": n})
NOT_CHOSEN = [
    "sbar[t] = w*sbar[t+1] + where(Abs(s[t]) > 0, dot(h[t], hbar[t])/s[t], dot(b, hbar[t]))",
    "sbar[t] = w*sbar[t+1] + where(Abs(s[t]) > 0, trace(dot(h[t], hbar[t]))/s[t], trace(dot(b, hbar[t])))",
    "sbar[t] = w*sbar[t+1] + where(s[t] <= 0, dot(b, hbar[t]), dot(h[t], hbar[t])/s[t])",
    "hbar[t] = s[t]*where(Abs(s[t]) > 0, h[t]/s[t], b) - target[t]",
    "hbar[t] = s[t]*where(s[t] != 0, h[t]/s[t], b) - target[t]",
    "hbar[t] = s[t]*where(s[t]**2 > 0, h[t]/s[t], b) - target[t]",
    "hbar[T] = w*where(Abs(w) > 0, h[T]/w, 0) + where(Abs(w) > 0, 0, 1)*h[T] - target[T]",
]
CHOSEN = [
    "sbar[t] = w*sbar[t+1] + where(Abs(s[t]) > 0, dot(b, hbar[t]), dot(h[t], hbar[t])/s[t])",
    "hbar[t] = s[t]*where(s[t] >= 0, h[t]/s[t], b) - target[t]",
    "hbar[t] = where(Abs(s[t]) >= 0, hadamard(h[t], h[t]/h[t]), h[t]) - target[t]",
]


def judged_of_vectors(line):
    cell = sg.read_cell(*SCALED)
    loss = sg.half_squared_error(cell.intermediates[-1])
    return sg.check_backward(cell, loss, at="every", backward=[line]).lines[0].word


@pytest.mark.parametrize("line", NOT_CHOSEN)
def test_what_a_case_of_vectors_does_not_choose_needs_no_value(line):
    assert judged_of_vectors(line) == "PROVED"


@pytest.mark.parametrize("line", CHOSEN)
def test_what_a_case_of_vectors_chooses_needs_one(line):
    assert judged_of_vectors(line) in ("REFUTED", "SUPPORTED")


@pytest.mark.parametrize("factor", ["h[t]/h[t]", "h[t]/s[t]/h[t]*s[t-1]"])
def test_what_cancels_within_a_case_is_still_asked_for(factor):
    """h/h is no 1 where h is 0, whichever of two equal cases is chosen."""
    line = f"hbar[t] = where(s[t] > 0, hadamard(h[t], {factor}), hadamard(h[t], {factor})) - target[t]"
    assert judged_of_vectors(line) != "PROVED"


@pytest.mark.parametrize("part", ["atanh(Max(1/h[t-1], -8))", "Min(1/2, sqrt(x[t]))**(1-t)"])
def test_numbers_that_sympy_cannot_compare_end_no_judgement(part):
    assert judged(UNIT, f"dx[t] = u*delta[t]*(1 + {part}) - u*delta[t]*{part}").word == "REFUTED"


LOST_IN_CASES = [
    "where(b > 0, h[t], hadamard(h[t]/b, b))",
    "where(b > 0, h[t], s[t]/(1/b))",
    "where(b < 0, hadamard(sqrt(b), sqrt(b))*s[t], h[t])",
    "where(b < 0, exp(log(b))*s[t], h[t])",
    "elementwise((y, z), Piecewise((y*z, y > 0), (y*z, True)), hadamard(h[t], b), 1/b)",
]


@pytest.mark.parametrize("right", LOST_IN_CASES)
def test_what_sympy_would_cancel_in_a_case_is_kept(right):
    assert judged_of_vectors(f"hbar[t] = {right} - target[t]") in ("REFUTED", "SUPPORTED")
    cell = sg.read_cell(["s[t] = w*s[t-1]", f"h[t] = {right.replace('h[t]', 'h[t-1]')}"], {"h": n, "b": n})
    assert "b" in {p.name for p in cell.parameters}


@pytest.mark.parametrize("end", ["2", "1000", "1", "1/3"])
def test_a_number_less_than_an_entry_is_no_obstacle(end):
    """SymPy would factor the sum of matrices within an entry as a sum of numbers."""
    assert judged_of_vectors(f"hbar[t] = h[t] - target[t] + Max(b - {end}, 0)") != "PROVED"


@pytest.mark.parametrize("condition", ["1/s[t] > 0", "log(s[t]) > 0", "log(b) > 0", "1/b > 0"])
def test_a_condition_between_equal_cases_needs_its_value(condition):
    line = f"hbar[t] = where({condition}, h[t], h[t]) - target[t]"
    if "s[t]" in condition:  # what is decided by numbers alone is not kept
        with pytest.raises(sg.ParseError, match="cancels here, and it has no value everywhere"):
            judged_of_vectors(line)
    else:
        assert judged_of_vectors(line) == "REFUTED"


def test_an_entry_beside_one_without_a_value_has_its_own():
    """A vector that is put together is asked for as a whole, and may have values where they are chosen."""
    cell = sg.read_cell(["s[t] = w*s[t-1]", "h[t] = s[t]*concatenate(b, c)"], {"h": 2 * n, "b": n, "c": n})
    line = "hbar[t] = where(concatenate(b, c) != 0, concatenate(s[t]*hadamard(b, b)/b, s[t]*hadamard(c, c)/c), h[t])"
    loss = sg.half_squared_error(cell.intermediates[-1])
    (found,) = sg.check_backward(cell, loss, at="every", backward=[f"{line} - target[t]"]).lines
    assert found.word != "REFUTED"


CAPTURED = [
    "hbar[k] = h[k] - target[k] + where(x[k] != 0, sum(h[k]/x[k] - b, (k, 1, T)), 0)",
    "hbar[t] = h[t] - target[t] + where(x[t] != 0, sum(h[t]/x[t] - b, (t, 1, T)), 0)",
    "hbar[t] = h[t] - target[t] + where(x[t] != 0, sum(h[j]/x[j] - b, (j, 1, T)), 0)",
]
NOT_CAPTURED = [
    "hbar[k] = h[k] - target[k] + where(x[k] != 0, h[k]/x[k] - b, 0)",
    "hbar[t] = h[t] - target[t] + where(x[t] != 0, sum(h[t]/x[t] - b, (j, 1, T)), 0)",
    "hbar[t] = h[t] - target[t] + sum(where(x[j] != 0, h[j]/x[j] - b, 0), (j, 1, T))",
]


@pytest.mark.parametrize("line", CAPTURED)
def test_a_condition_says_nothing_of_the_index_of_a_sum_within(line):
    cell = sg.read_cell("h[t] = x[t]*b")
    (found,) = sg.check_backward(cell, sg.half_squared_error(cell.intermediates[0]), at="every", backward=[line]).lines
    assert found.word != "PROVED"


@pytest.mark.parametrize("line", NOT_CAPTURED)
def test_a_condition_says_what_it_says_within_its_case(line):
    cell = sg.read_cell("h[t] = x[t]*b")
    (found,) = sg.check_backward(cell, sg.half_squared_error(cell.intermediates[0]), at="every", backward=[line]).lines
    assert found.word == "PROVED"


def test_a_condition_counts_for_what_is_no_function_of_entries_as_well():
    """b*(h/b) is a product that is kept as a whole, since b cancels in it."""
    line = "hbar[t] = where(b != 0, hadamard(b, h[t]/b), h[t]) - target[t]"
    assert judged_of_vectors(line) == "PROVED"
    assert judged_of_vectors(line.replace("b != 0", "b >= 0")) != "PROVED"


ROOTS_THAT_CANCEL = [
    "g[t]/sqrt(b)/sqrt(b)",
    "hadamard(g[t], b**(-1/3), b**(-2/3))",
    "hadamard(g[t], sqrt(b)**(-2))",
    "hadamard(g[t], b**(-1/2), b**(-3/2), b)",
]


@pytest.mark.parametrize("root", ROOTS_THAT_CANCEL)
def test_a_root_is_not_kept_by_a_whole_power(root):
    cell = sg.read_cell("h[t] = g[t]/b", {"h": n, "g": n, "b": n})
    loss = sg.half_squared_error(cell.intermediates[0])
    lines = [f"hbar[t] = where(g[t] > 0, {part}, g[t]/b) - target[t]" for part in (root, "g[t]/b")]
    found = sg.check_backward(cell, loss, at="every", backward=lines).lines
    assert [line.word == "PROVED" for line in found] == [False, True]
