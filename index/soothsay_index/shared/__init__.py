"""Indexes that several people share: published once, read by all."""
