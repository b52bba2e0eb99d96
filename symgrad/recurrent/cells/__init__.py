"""What a cell is: equations, shapes, losses, cells made of cells, and the zoo."""
