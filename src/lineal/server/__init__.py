"""The server: MLMD's gRPC service, and the same calls for browsers, on any store. `lineal serve` starts it."""
