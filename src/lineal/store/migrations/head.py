"""Which schema this Lineal speaks. Read by `open` before anything else, so it imports nothing."""

HEAD = "0001"
"""The newest migration."""

KNOWN = ("0001",)
"""Every migration, oldest first: a store at an older one can be upgraded."""
