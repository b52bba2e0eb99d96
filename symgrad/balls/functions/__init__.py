"""How each function is enclosed, as tables."""
