"""What runs the house: embedded (PostgreSQL, NATS, five services) or in containers; and the ``desmigratif`` command.

``house`` starts all of it from wheels alone, looks after it and ends it; ``postgres``, ``nats``, ``databases`` and
``issuer`` are its parts, each of use by itself. In containers docker-compose does the looking after, with the
``Dockerfile``, ``haproxy.cfg`` before the replicas and ``issuing``. Nothing here holds a rule of the programme, and no
service knows it.
"""

SERVICES = ("registry", "migration_service", "enterprise", "parenting", "cooperative")
"""The five services, in the order in which they are named to people."""
