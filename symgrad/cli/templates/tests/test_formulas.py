"""Every formula of this project is decided: run ``python -m pytest``."""

from pathlib import Path

import pytest

import symgrad as sg

PROJECT = Path(__file__).parents[1]
DERIVED = [
    pytest.param(claim, id=f"{path.stem}.{claim.id}")
    for path in sorted((PROJECT / "derivations").glob("*.py"))
    for claim in sg.load_derivation(path).claims
]
STATED = [pytest.param(claim, id=claim.id) for claim in sg.load_claims(PROJECT / "claims.toml")]


def test_the_slope_of_tanh_is_proved() -> None:
    assert sg.verify("diff(tanh(x), x) == 1 - tanh(x)**2").holds


@pytest.mark.parametrize("claim", [*DERIVED, *STATED])
def test_each_line_is_as_expected(claim: sg.Claim) -> None:
    verdict = sg.verify(claim)
    assert verdict.holds is (claim.expect == "holds"), f"{claim}: {verdict}"
