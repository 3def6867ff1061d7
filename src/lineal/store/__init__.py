"""The store: nodes, edges, decisions and predictions, each write with its ledger entry."""
