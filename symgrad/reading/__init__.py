"""From text to formulas: by a whitelist of words and signs, and never by evaluation."""
