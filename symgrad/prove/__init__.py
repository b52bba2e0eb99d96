"""The prover: `verify` turns a claim into a verdict; one prover per file."""

from symgrad.prove.ladder import verify

__all__ = ["verify"]
