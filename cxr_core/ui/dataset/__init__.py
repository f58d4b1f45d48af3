"""The parts of the Dataset page: which data, its counts, its films, its patients, and what is wrong with it."""
