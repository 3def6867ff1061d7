"""Locks: fingerprints of packages out of the locks a project has, and our own lock of what is installed."""
