"""A derivation as one tree, which every kind of document is written from."""
