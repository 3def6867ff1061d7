"""How workers are put together."""

import numpy as np

POWER = 1.0


def weighted(parts):
    """Return the mean of the parts, the first counted most."""
    share = 1 / (1 + np.arange(len(parts))) ** POWER
    return (share[:, None] * parts).sum(axis=0) / share.sum()
