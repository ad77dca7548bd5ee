"""The `desmigratif` command: starts a house, and otherwise does what any regency's system could do.

It reads files and calls the services' HTTP APIs with a token. It knows no rule of the list: it posts the cells as they
stand in the file and tells what the services answered.
"""
