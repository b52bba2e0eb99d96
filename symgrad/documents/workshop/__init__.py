"""From derivation files to documents: what has not changed is not made again."""
