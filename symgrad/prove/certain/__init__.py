"""What may say REFUTED, and what lets PROVED stand."""
