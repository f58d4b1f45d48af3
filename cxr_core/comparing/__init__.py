"""The use case of comparing: one film, several models, several methods; and whether to believe a map."""
