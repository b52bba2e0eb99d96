"""Limits, integrals, infinite sums and products in balls."""
