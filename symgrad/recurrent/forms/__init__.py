"""The forms of a gradient through time, Jacobians, and proofs that they are equal."""
