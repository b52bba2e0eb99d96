"""What has no value somewhere, or another one at a single place, is part of what a line says."""

import pytest

import symgrad as sg

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
    (f"{TRUE_DW} + w**(2*T+1) - w*w**T*w**T", True),
    ("dh0 = w**(T+2) - w**2*w**T + w*delta[1]", True),
    ("hbar[t] = w**(T-t)*product(1-h[i]**2, (i, t+1, T))*(h[T]-target[T])", True),
    ("dw = sum(w**(T-t)*product(1-h[i]**2, (i, t, T))*(h[T]-target[T])*h[t-1], (t, 1, T))", True),
]


@pytest.mark.parametrize(("line", "is_true"), POWERS)
def test_powers_are_split_where_their_base_is_no_zero(line, is_true):
    """0**0 is 1, so that 0**((T - 77)**2) is not 0 for every T."""
    assert (judged(UNIT, line).verdict.outcome is PROVED) is is_true
