"""Quayside plans which ship lies where, when, and what it pays."""
