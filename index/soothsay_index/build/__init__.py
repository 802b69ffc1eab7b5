"""Builds the tables of an index from files and packages, and keeps them up to date."""
