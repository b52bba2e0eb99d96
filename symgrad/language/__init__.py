"""What can be said: formulas as their authors wrote them, and the expressions that provers make of them."""
