"""Registry (pendataan desa): who somebody is, lives with, guards, where, and that they died.

This service alone decides who is one person: one human, one id, one history, whatever the roles (worker, spouse,
child, member). It owns NIK, names, birth dates, kinship, villages of residence and deaths, and which villages are
designated for the programme. It never stores a trip: where a worker stands abroad belongs to the migration service,
and of its words it hears only that a trip ended in death.
"""
