"""What is done with verdicts: reports, memory, certificates, audits, explanations."""
