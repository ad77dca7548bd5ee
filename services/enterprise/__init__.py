"""Enterprise: the pillar of productive enterprise (usaha produktif).

It alone decides which courses a village offers, who is enrolled and who came. Who may be enrolled it works out from
what the registry and the migration service say: workers who are home for good, and the spouses of workers abroad.
It never stores who somebody is: persons are ids here, and a screen that shows a name asks the registry.
"""
