"""Claims about spectral norms and spectral radii of matrices: read, refuted in numbers, proved by bounds."""

from typing import TYPE_CHECKING

from symgrad.norms.mentioned import is_about_norms, is_of_matrices

if TYPE_CHECKING:
    from symgrad.norms.reading import read_claim
else:

    def __getattr__(name: str) -> object:
        # Only who makes such claims needs their prover, and importing symgrad must stay fast.
        if name != "read_claim":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from symgrad.norms import reading

        return reading.read_claim


__all__ = ["is_about_norms", "is_of_matrices", "read_claim"]
