"""Rebuilding: a run is executed again from its record alone, and what it makes is compared with what it made."""
