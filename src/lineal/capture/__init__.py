"""What a run captures by itself: code, environment, hardware, seeds, and the fingerprints of data. Never raises into a run."""
