"""Python's environments: which one a folder uses, and what is installed in it."""
