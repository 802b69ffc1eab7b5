"""The process that holds one workspace's index, and the client that talks to it."""
