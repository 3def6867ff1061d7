"""ML Metadata's databases: read into a store (`run`), compared with it (`equality`), written from one (`export`)."""
