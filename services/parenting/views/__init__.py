"""What parenting answers, one question a file."""
