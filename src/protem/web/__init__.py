"""Pages for people: who is here, and logging in."""
