"""Recipes and how they are run."""
