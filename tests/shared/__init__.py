"""The kernel: what every service rests on."""
