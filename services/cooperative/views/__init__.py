"""What cooperative answers, one question a file."""
