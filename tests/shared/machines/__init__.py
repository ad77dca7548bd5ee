"""Whatever is done in whatever order: rule-based machines that hold the kernel against models of it."""
