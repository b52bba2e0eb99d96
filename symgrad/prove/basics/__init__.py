"""What every prover stands on: goals, plain facts, conditions, points, sets, sentences."""
