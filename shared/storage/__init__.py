"""Documents of a service: one contract, SQLite and MongoDB behind it."""
