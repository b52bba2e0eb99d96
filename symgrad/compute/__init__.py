"""Numbers from formulas, with every digit certain."""
