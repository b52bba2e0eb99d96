"""Vector formulas from text: times, matrices, and the operations on them."""
