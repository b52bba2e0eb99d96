"""Where an expression is positive: one method per file."""
