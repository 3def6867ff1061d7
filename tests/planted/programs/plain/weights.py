"""How much a row counts."""


def weight(row):
    """Return what a row is multiplied by."""
    return 1.5 if row["hour"] == "8" else 1.0
