"""The server under the flags of MLMD's own one, so that a manifest changes only its image."""
