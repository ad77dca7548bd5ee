"""What the migration service answers."""
