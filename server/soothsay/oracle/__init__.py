"""Language servers as oracles: asked about a shadow copy of a document, they say what exists and what fits.

`soothsay.oracle.opening` opens them. Nothing is imported here: the frontend needs the types alone, and starts faster so.
"""
