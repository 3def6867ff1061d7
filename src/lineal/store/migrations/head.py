"""Which schema this Lineal speaks. Read by `open` before anything else, so it imports nothing."""

HEAD = "0005"
"""The newest migration."""

KNOWN = ("0001", "0002", "0003", "0004", "0005")
"""Every migration, oldest first: a store at an older one can be upgraded."""
