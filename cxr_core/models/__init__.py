"""Specs, networks, weights, classifiers."""
