"""Films and their labels."""
