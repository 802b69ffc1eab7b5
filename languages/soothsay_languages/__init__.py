"""What soothsay knows of programming languages: data and queries, and one folder a language.

``base``, ``registry`` and the modules beside them know no language. A language's folder is found by an entry point of
the group ``soothsay.languages``, so that another distribution can add one.
"""
