"""The provers of the ladder, one per file."""
