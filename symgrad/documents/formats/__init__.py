"""Kinds of documents, one per file."""
