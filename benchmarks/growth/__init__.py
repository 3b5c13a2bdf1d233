"""How the time of everything grows with the length of the history."""
