"""One writer at a time: leases on files and in a database."""
