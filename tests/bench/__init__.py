"""How fast it is, beside others on the same machine in the same run: ``make bench``. Nothing is asserted about speed.

A figure is one file with a function `measure`; `tests.bench.__main__` runs them and shows what came out. What is
compared takes turns, ours first in one run and the peer first in the next, so that what the machine does meanwhile
falls on both alike; a ratio is the median of the runs' ratios. Caches are warm, and each measurement of writing holds
one checkpoint of PostgreSQL, asked for in its middle. Whatever sends requests or appends is a process of its own
(`tests.bench.worker`).

======================  ===============================================================================================
`append`                an append, beside a bare INSERT and the library `eventsourcing`
`growth`                an append, a stream, a page of a roster and of the feed, as the log grows
`command`               a command over HTTP, beside the same server that does nothing
`load`                  a placement list, beside COPY of what it writes
`propagation`           from a return to the rosters, beside two commits and a message
`rebuild`               a view made anew, a subscription that catches up, beside reading and COPYing, `eventsourcing`
`one_return`            from a return's 201 to the roster that shows it, beside an empty request
`search`                a person by a name with one letter wrong, beside pg_trgm on names in clear
`memory`                each process's, under load beside at rest
`start`                 seconds from ``make up`` to ready, beside PostgreSQL and NATS alone
======================  ===============================================================================================
"""
