"""The registry's rules: pure, no clock, no input or output."""
