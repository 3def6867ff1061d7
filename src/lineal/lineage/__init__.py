"""Questions about lineage, and their answers as text and pictures."""
