"""What holds for trips and service files: pure rules, no input or output."""
