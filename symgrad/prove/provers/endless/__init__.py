"""Values of limits, integrals, infinite sums and products."""
