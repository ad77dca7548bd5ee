"""A history checker: many clients, three processes a service, and a nemesis (`make chaos`, `make soak`)."""
