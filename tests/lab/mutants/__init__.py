"""How much of the code its tests would miss: `make mutants`."""
