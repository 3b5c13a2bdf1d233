"""Statements that have a name, because more than one place or database needs them."""
