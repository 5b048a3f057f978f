"""The services of a cluster on one machine: definitions, start and health."""
