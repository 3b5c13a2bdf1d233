"""Faults of one line each, put into a copy of the product: the simulation has to find every one of them."""
