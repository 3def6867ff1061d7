"""The gRPC door: MLMD's service, health and reflection."""
