"""The migration service: its rules, its words, its reactions and its views."""
