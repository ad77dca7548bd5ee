"""What the registry answers when it is read, each view built from its own log and rebuildable from it."""
