"""May this booking be? Pure rules, verdicts with reasons, and the policy file."""
