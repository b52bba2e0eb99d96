"""The backend of NumPy: programs as source over arrays."""
