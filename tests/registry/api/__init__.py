"""The registry as a regency's system meets it: a house, its HTTP API, nothing else."""
