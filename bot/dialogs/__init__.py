"""Conversation flows as pure functions: what was said or pressed becomes the next move."""
