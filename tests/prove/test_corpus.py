"""The prover on the corpus: never wrong, and seldom without an answer.

What stays open is listed, by name, in `claims/open.txt`; what is listed there may have been decided since, and
``bench_prover.py --all`` prints the list as it now is.
"""

import tomllib
from pathlib import Path

import pytest
import sympy

import symgrad as sg

CLAIMS = Path(__file__).parents[1] / "claims"
LEAST_TRUE, LEAST_FALSE = 95, 100  # of a hundred true claims so many are proved or certified, of false ones refuted
AT_A_TIME = 12  # claims of one file that are decided together, so that several processes share the work

# False claims whose sides differ by less than 1e-1000 wherever they are compared.
TOO_NEAR: frozenset[str] = frozenset()

# Plain data: what reads the formulas is the test, not the collecting of tests.
CORPUS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["claim"] for path in sorted(CLAIMS.glob("*.toml"))}
PARTS = [
    pytest.param(entries[start : start + AT_A_TIME], id=f"{name}-{start}")
    for name, entries in CORPUS.items()
    for start in range(0, len(entries), AT_A_TIME)
]
OPEN = frozenset((CLAIMS / "open.txt").read_text(encoding="utf-8").split())


def names(expect):
    return [entry["id"] for entries in CORPUS.values() for entry in entries if entry["expect"] == expect]


@pytest.mark.slow
@pytest.mark.parametrize("entries", PARTS)
def test_no_verdict_is_wrong_and_none_is_open_that_is_not_listed(entries):
    verdicts = [(e, sg.verify(sg.claim(e["says"], where=e.get("where", ())))) for e in entries]
    wrong = [(e["id"], str(v)) for e, v in verdicts if v.holds is (e["expect"] == "refuted")]
    left_open = [(e["id"], str(v)) for e, v in verdicts if v.holds is None and e["id"] not in OPEN]
    assert (wrong, left_open) == ([], [])
    assert [str(v) for v in decided_again(entries)] == [str(v) for _, v in verdicts]


def decided_again(entries):
    """The verdicts once more, in the other order and with nothing remembered by SymPy."""
    sympy.core.cache.clear_cache()
    return [sg.verify(sg.claim(e["says"], where=e.get("where", ()))) for e in reversed(entries)][::-1]


@pytest.mark.parametrize(("expect", "least"), [("holds", LEAST_TRUE), ("refuted", LEAST_FALSE)])
def test_few_claims_are_listed_as_open(expect, least):
    claims = set(names(expect)) - TOO_NEAR
    assert 100 * len(claims - OPEN) >= least * len(claims)


def test_the_corpus_is_large_and_every_name_in_it_stands_for_one_claim():
    known = [*names("holds"), *names("refuted")]
    assert len(known) == len(set(known)) == sum(map(len, CORPUS.values()))
    assert min(len(names("holds")), len(names("refuted"))) >= 150
    assert set(known) >= OPEN | TOO_NEAR
