"""The process that holds the models: one for all editor windows of a user, and how an editor's process talks to it."""
