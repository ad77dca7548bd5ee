"""Pillar 1, *pusat layanan migrasi* (migration service centre): who left for work abroad, and who came home.

It alone decides what is known of a trip (*penempatan*): departure, return with its legal reason (UU 18/2017 Ps 27),
the end of a leave, and what becomes of each of them when it proves wrong. It opens a service file by itself for each
worker that the registry names.

It never stores a name, a NIK or a birth date: those are the registry's. The number of a placement decree is the one
personal field it holds. Legal reason, scheme, sector, procedure and decree never leave it.
"""
