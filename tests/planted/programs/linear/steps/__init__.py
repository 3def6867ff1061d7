"""The steps of the line."""
