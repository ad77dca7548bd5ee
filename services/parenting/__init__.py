"""Parenting: the pillar of community parenting (komunitas pembangunan keluarga).

It alone answers which children of a village have a parent abroad, from what the registry says of families and the
migration service of trips. So far it records nothing of its own. It never stores a child's name or birth date: of
children only the year of birth travels.
"""
