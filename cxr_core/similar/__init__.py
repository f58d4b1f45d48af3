"""Films that a model holds to be alike: their vectors, an index of them on disk, nearest neighbours, a map."""
