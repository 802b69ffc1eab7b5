"""Answers questions about members, definitions and similar code."""
