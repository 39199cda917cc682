"""Everything at once, with everything going wrong: clients, carriers and processes under a seeded series of faults."""
