"""Identities of functions, as tables; and the ring in which normal forms are computed."""
