"""Turns text into vectors, in a process that ends when idle."""
