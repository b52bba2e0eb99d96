"""One name is one symbol in a claim: whatever letter a size has, the verdict is the same, or the letter is refused."""

import re

import pytest

import symgrad as sg
from symgrad.base.errors import CellError, ClaimError
from symgrad.symbols import TIME, norm

LETTERS = ("i", "j", "k", "t", "T", "m", "N")

OF_SIZES = [
    ("Abs(trace(A)) <= s*spectral_radius(A)", ["A matrix (s, s)"], sg.Outcome.PROVED),
    ("s*norm(x) >= norm(x)", ["x vector (s)"], sg.Outcome.PROVED),
    ("norm(x) <= sqrt(s)*norm(diag(x))", ["x vector (s)"], sg.Outcome.SUPPORTED),
    ("norm(ones(s)) == sqrt(s)", ["x vector (s)"], sg.Outcome.PROVED),
    ("norm(A**s) <= norm(A)**s", ["A matrix (s, s)"], sg.Outcome.PROVED),
    ("norm(A**s) == norm(A)**s", ["A matrix (s, s)"], sg.Outcome.REFUTED),
    ("norm(A) <= 2", ["A matrix (s, s)", "s == 1"], sg.Outcome.REFUTED),
    ("s*norm(x) >= 2*norm(x)", ["x vector (s)", "s >= 2"], sg.Outcome.PROVED),
    ("s*norm(x) >= 2*norm(x)", ["x vector (s)", "s in [0, 3]"], sg.Outcome.REFUTED),
    ("s*norm(x) >= norm(x)", ["x vector (s)", "s in [0, 3]"], sg.Outcome.PROVED),
    ("s*norm(x) >= norm(x)", ["x vector (s)", "s integer"], sg.Outcome.PROVED),
]


def in_letter(text: str, letter: str) -> str:
    """A text in which a size has another letter than s."""
    return re.sub(r"\bs\b", letter, text)


@pytest.mark.parametrize("letter", ["s", *LETTERS])
@pytest.mark.parametrize(("says", "where", "outcome"), OF_SIZES)
def test_the_letter_of_a_size_changes_no_verdict(says, where, outcome, letter):
    """A size called T is a size, too."""
    verdict = sg.verify(sg.claim(in_letter(says, letter), where=[in_letter(c, letter) for c in where]))
    assert verdict.outcome is outcome
    if verdict.witness is not None:
        assert int(verdict.witness.point[letter]) >= 1
    assert "for T >= 1" not in verdict.evidence


IN_CELLS = [
    ("norm(h[1]) <= sqrt(s)", sg.Outcome.PROVED),
    ("norm(dh[1]/dh[0]) <= s*norm(W)", sg.Outcome.PROVED),
    ("norm(dh[1]/dh[0]) <= norm(W)/s", sg.Outcome.REFUTED),
]


@pytest.mark.parametrize("letter", ["s", "i", "j", "k", "N"])
@pytest.mark.parametrize(("says", "outcome"), IN_CELLS)
def test_the_letter_of_a_size_of_a_cell_changes_no_verdict(says, outcome, letter):
    """Nor does that of the states of a cell."""
    where = [in_letter(c, letter) for c in ("h vector (s)", "W matrix (s, s)")]
    claim = sg.cell_claim("h[t] = tanh(W @ h[t-1])", in_letter(says, letter), where=where)
    assert sg.verify(claim).outcome is outcome


def test_a_size_and_a_step_of_one_name_are_refused():
    """In text a size is meant wherever its letter stands; in Python both can be made."""
    (size,) = sg.dims("t")
    matrix = sg.Parameter("A", size, size)
    with pytest.raises(ClaimError, match="t is the name of a size and of another number"):
        sg.claim(norm(matrix) ** TIME, "<=", 1)
    shapes = ["h vector (k)", "W matrix (k, k)"]
    with pytest.raises(ClaimError, match="k is a size of the cell; write another letter for the step"):
        sg.cell_claim("h[t] = tanh(W @ h[t-1])", "norm(dh[t]/dh[k]) <= norm(W)**(t - k)", where=shapes)


@pytest.mark.parametrize("letter", ["t", "T"])
@pytest.mark.parametrize(
    ("line", "shapes"),
    [
        ("h[t] = tanh(h[t-1]/s)", {}),
        ("h[t] = tanh(w*h[t-1]) + s", {}),
        ("s[t] = tanh(w*s[t-1])", {}),
        ("h[t] = w*h[t-1] + s[t]", {}),
        ("h[t] = tanh(s @ h[t-1])", {"h": "n", "s": "n n"}),
        ("h[t] = tanh(W @ h[t-1])", {"h": "s", "W": "s s"}),
    ],
)
def test_t_and_its_end_are_steps_in_cells_and_nothing_else(line, shapes, letter):
    """Beside h[t] a weight t, and beside h[T] a weight T, would be two things of one name."""
    known = {in_letter(name, letter): sg.dims(in_letter(sizes, letter)) for name, sizes in shapes.items()}
    with pytest.raises(CellError, match=f"{letter} is the .*write another letter"):
        sg.read_cell(in_letter(line, letter), known)


@pytest.mark.parametrize("letter", ["t", "T"])
def test_a_claim_about_a_cell_has_no_value_that_is_called_like_a_step(letter):
    """A cell made in Python may have any names; the step and the number of steps themselves are numbers like others."""
    h = sg.State("h")
    assert sg.Cell({h: sg.TIME / sg.LENGTH * h.prev}).states == (h,)
    for value in (sg.Parameter(letter), sg.real(letter), sg.Input(letter)):
        with pytest.raises(CellError, match=f"{letter} is the .*write another letter"):
            sg.cell_claim(sg.Cell({h: sg.tanh(value * h.prev)}), "Abs(dh[1]/dh[0]) <= 1")


STEPS = [
    ("h[t] = w*h[t-1]", "dh[2]/dh[0] == w", 2),
    ("h[t] = w*h[t-1]", "dh[3]/dh[1] == w", 3),
    ("h[t] = w*h[t-1]", "dh[12]/dh[9] == w", 12),
    ("h[t] = w*h[t-1] + x[t]", "dh[2]/dh[0] == w", 2),
    ("h[t] = w*h[t-1]", "dh[t+1]/dh[t-1] == w", 2),
    ("h[t] = w*h[t-1]", "h[3] == w", 3),
]


@pytest.mark.parametrize(("cell", "says", "least"), STEPS)
def test_a_witness_has_all_steps_that_a_claim_names(cell, says, least):
    """There is no step 2 in a run of one step."""
    verdict = sg.verify(sg.cell_claim(cell, says))
    assert verdict.outcome is sg.Outcome.REFUTED
    assert int(verdict.witness.point["T"]) >= least


OF_LARGE_SIZES = [
    ("norm(ones(n)) <= 3", []),
    ("sqrt(n) <= 10*norm(eye(n))", []),
    ("(n - 7)**2*norm(eye(n)) > 0", []),
    ("norm(ones(n)) <= 3", ["n <= 50"]),
    ("norm(ones(n)) <= 3*m", ["n <= 12*m"]),
    ("trace(eye(n)) <= 50", []),
]


@pytest.mark.parametrize(("says", "where"), OF_LARGE_SIZES)
def test_constants_are_compared_at_all_sizes_and_not_at_small_ones_alone(says, where):
    """What is said of sizes alone is a claim on numbers."""
    assert sg.verify(sg.claim(says, where=["x vector (n)", "B matrix (n, m)", *where])).outcome is sg.Outcome.REFUTED


def test_sizes_that_conditions_leave_out_refute_nothing():
    """At n = 10 it is false."""
    assert sg.verify(sg.claim("norm(ones(n)) <= 3", where=["x vector (n)", "n <= 9"])).holds is True


def test_the_trace_of_an_identity_is_its_size():
    """The sum of n ones."""
    verdict = sg.verify(sg.claim("trace(2*eye(n)) == 2*n", where=["x vector (n)", "norm(x) >= 0"]))
    assert (verdict.outcome, verdict.evidence) == (sg.Outcome.PROVED, "trace(2*eye(n)) is 2*n")
