"""The services of a cluster on one machine: what they are, how they start, and whether they are well."""
