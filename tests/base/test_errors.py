"""Errors are names of the package: so they are printed, imported and caught."""

import pytest

import symgrad as sg
from symgrad.base import errors

KINDS = [made for made in vars(errors).values() if isinstance(made, type) and issubclass(made, Exception)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_is_printed_as_a_name_of_the_package(kind):
    assert kind.__module__ == "symgrad"
    assert getattr(sg, kind.__name__) is kind
    assert kind.__name__ in sg.__all__
