"""The registry: its rules, its words, its reactions and its views."""
