"""What stands on nothing: errors, files, budgets of work, precision, texts as they are shown."""
