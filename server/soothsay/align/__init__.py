"""Adapting the local model on this machine: pairs that the judge has made, adapters trained from them, and their guard."""
