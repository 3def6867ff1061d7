"""The tamper-evident log as pure functions: canonical bytes, the Merkle tree, entries."""
