"""The questions this service answers, one file each."""
