"""What the forest is told of a flight."""

SHORTEST = 0.05


def prepared(flights, columns):
    """Return the named columns of flights that are long enough."""
    return flights.loc[flights["distance"] > SHORTEST, [*columns, "delay"]].copy()
