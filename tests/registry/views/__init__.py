"""What each view makes of the facts it follows."""
