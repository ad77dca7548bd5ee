"""Cooperative: the pillar of cooperatives (koperasi).

It alone decides which groups (kelompok, the first form of a cooperative) a village has and who belongs to them. Who
may join it works out from what the registry and the migration service say: workers who are home for good and in no
group yet. It never stores who somebody is: persons are ids here, and a screen that shows a name asks the registry.
"""
