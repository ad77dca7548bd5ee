"""What enterprise decides: pure, no input or output."""
