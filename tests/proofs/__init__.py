"""Proofs with real processes, private servers and simulated power cuts: python -m tests.proofs --list."""
