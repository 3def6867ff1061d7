"""One object per database: all that differs between them."""
