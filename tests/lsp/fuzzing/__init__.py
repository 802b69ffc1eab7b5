"""Sessions of generated messages with a real server process, and what must hold of them: `make fuzz`."""
