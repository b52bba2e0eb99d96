"""A proof can be read, and each of its lines is checked like any other."""

import pytest

import symgrad as sg
from symgrad.claims.derivations import Chain

PROVED = [
    ("diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))", []),
    ("s*(1 - s) <= 1/4", []),
    ("Sum(w**(T - k), (k, 1, T)) == (1 - w**T)/(1 - w)", ["w != 1", "T integer", "T >= 1"]),
    ("diff(Max(0, x), x) == (1 + sign(x))/2", ["x != 0"]),
    ("2*atan(tanh(x/2)) == atan(sinh(x))", []),
    ("maximum(diff(sigmoid(x), x), x) == 1/4", []),
    ("sqrt(x**2) == x", ["x in [0, oo)"]),
    ("diff(x/(1 + exp(-x)), x) <= 11/10", []),
]


@pytest.mark.parametrize(("says", "where"), PROVED, ids=lambda v: v if isinstance(v, str) else "")
def test_every_line_of_a_proof_holds(says, where):
    proof = sg.proof(sg.claim(says, where=where))
    assert proof.claims
    assert [str(c) for c in proof.claims if sg.verify(c).holds is not True] == []


def test_a_proof_by_normal_form_shows_the_form_between_both_sides():
    (shown,) = [
        item for item in sg.proof("diff(sigmoid(x), x) == sigmoid(x)*(1 - sigmoid(x))").items if isinstance(item, Chain)
    ]
    assert [sg.to_text(step.expression) for step in shown.steps] == [
        "exp(x)/(exp(2*x) + 2*exp(x) + 1)",
        "(1 - sigmoid(x))*sigmoid(x)",
    ]


def test_a_proof_of_an_inequality_shows_the_square():
    (shown,) = [item for item in sg.proof("s*(1 - s) <= 1/4").items if isinstance(item, Chain)]
    assert [sg.to_text(step.expression) for step in shown.steps] == ["(2*s - 1)**2/4", "0"]


def test_a_proof_by_induction_shows_the_step():
    proof = sg.proof(sg.claim("Sum(k, (k, 1, T)) == T*(T + 1)/2", where=["T integer", "T >= 1"]))
    assert any("T + 1" in str(c) and "Sum" not in str(c) for c in proof.claims)


def test_what_is_false_has_no_proof():
    with pytest.raises(sg.ClaimError, match="REFUTED"):
        sg.proof("sqrt(x**2) == x")


def test_a_proof_is_a_part_of_a_document():
    derivation = sg.Derivation("A proof", sg.proof("s*(1 - s) <= 1/4"))
    assert len(derivation.claims) == 2
