"""What goes in and what comes out: arguments, arithmetics, types, scaled numbers."""
