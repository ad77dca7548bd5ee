"""What enterprise answers, one question a file."""
