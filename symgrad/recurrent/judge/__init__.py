"""Somebody else's equations, judged: lines, norms of Jacobians, documents."""
