"""Claims, and derivations made of them."""
