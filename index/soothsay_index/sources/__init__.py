"""What can be indexed, one file a kind."""

from .base import Harvest, OwnerFacts, Release, Source

__all__ = ["Harvest", "OwnerFacts", "Release", "Source"]
