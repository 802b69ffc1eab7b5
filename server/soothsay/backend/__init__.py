"""The backend process: sessions, models and indexes for all editor windows of one user, and the client that talks to it."""
