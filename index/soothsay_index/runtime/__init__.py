"""Finds what is installed, without running anything of a workspace."""
