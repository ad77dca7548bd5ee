"""HTTP: who may enter."""
