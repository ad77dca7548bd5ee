"""What cooperative decides: pure, no input or output."""
