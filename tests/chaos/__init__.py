"""Real processes under steady load, and what can happen to them: `make chaos` (docs/reliability.md)."""
