"""The backend of machine code, by LLVM."""
