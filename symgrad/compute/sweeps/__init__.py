"""Programs over grids of arguments, in blocks, into stores that survive."""
