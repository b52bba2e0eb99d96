"""Nodes as text: expressions of Python, and JavaScript."""
