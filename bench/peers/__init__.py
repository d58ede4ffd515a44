"""Clients of Microsoft Graph side by side, each in a process of its own, and the servers that they read from."""
