"""The HTTP door: is the server well, what does it count, and MLMD's service for browsers (grpc-web)."""
