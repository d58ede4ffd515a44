"""Tests: unit, property, contract, conversation, sandbox, golden, faults."""
