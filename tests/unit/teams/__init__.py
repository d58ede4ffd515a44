"""The channel edge: who may come in, what is understood of it, and what leaves."""
