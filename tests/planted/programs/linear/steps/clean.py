"""What is left out."""


def cleaned(flights, worst=150):
    """Return the flights that are not absurdly late."""
    return flights[flights["delay"] < worst].reset_index(drop=True)
