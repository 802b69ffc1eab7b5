"""Helpers that all packages share: processes, threads, deadlines, caches. Imports no other package of soothsay."""
