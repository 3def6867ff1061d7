"""A recorded run beside MLflow, each tracker in its own environment and in fresh processes."""
