"""The Performance page's rooms: what is chosen, the curves, a threshold and its films, the tables, closer looks."""
