"""Which flights are late."""


def late(delays, least=15):
    """Return 1 for each flight that is late."""
    return (delays > least).astype(int)
