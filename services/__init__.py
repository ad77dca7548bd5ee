"""The five services of Desmigratif. Each has its own database, role and port; they meet only on the bus.

registry            who somebody is, where and with whom they live, that they died
migration_service   pillar 1, pusat layanan migrasi: trips abroad and home
enterprise          pillar 2, usaha produktif: training
parenting           pillar 3, community parenting: children with a parent abroad
cooperative         pillar 4, koperasi: groups and their members
"""
