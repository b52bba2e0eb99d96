"""The prover on the corpus: never wrong, and seldom without an answer.

What stays open is listed, by name, in `claims/open.txt`; what is listed there may have been decided since, and
``bench_prover.py --all`` prints the list as it now is.
"""

from pathlib import Path

import pytest

import symgrad as sg

CLAIMS = Path(__file__).parent / "claims"
LEAST_TRUE, LEAST_FALSE = 93, 98  # of a hundred true claims so many are proved or certified, of false ones refuted
AT_A_TIME = 12  # claims of one file that are decided together, so that several processes share the work

# False claims whose sides differ by less than 1e-1000 wherever they are compared.
TOO_NEAR: frozenset[str] = frozenset()

CORPUS = {path.stem: sg.load_claims(path) for path in sorted(CLAIMS.glob("*.toml"))}
PARTS = [
    pytest.param(claims[start : start + AT_A_TIME], id=f"{name}-{start}")
    for name, claims in CORPUS.items()
    for start in range(0, len(claims), AT_A_TIME)
]
OPEN = frozenset((CLAIMS / "open.txt").read_text(encoding="utf-8").split())


def claims_that(expect):
    return {claim.id for claims in CORPUS.values() for claim in claims if claim.expect == expect}


@pytest.mark.slow
@pytest.mark.parametrize("claims", PARTS)
def test_no_verdict_is_wrong_and_none_is_open_that_is_not_listed(claims):
    verdicts = {claim: sg.verify(claim) for claim in claims}
    expected = {"holds": True, "refuted": False}
    wrong = [(c.id, str(v)) for c, v in verdicts.items() if v.holds is not None and v.holds is not expected[c.expect]]
    left_open = [(c.id, str(v)) for c, v in verdicts.items() if v.holds is None and c.id not in OPEN]
    assert (wrong, left_open) == ([], [])


@pytest.mark.parametrize(("expect", "least"), [("holds", LEAST_TRUE), ("refuted", LEAST_FALSE)])
def test_few_claims_are_listed_as_open(expect, least):
    claims = claims_that(expect) - TOO_NEAR
    assert 100 * len(claims - OPEN) >= least * len(claims)


def test_the_corpus_is_large_and_every_name_in_it_stands_for_one_claim():
    names = [claim.id for claims in CORPUS.values() for claim in claims]
    assert len(names) == len(set(names))
    assert min(len(claims_that("holds")), len(claims_that("refuted"))) >= 150
    assert set(names) >= OPEN | TOO_NEAR
