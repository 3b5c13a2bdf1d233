"""Bring AWS into line with what is owed, and never stop until it is."""
