"""The exp-log normal form and its zero test."""
