"""Events on their way out: to webhooks and to a file, at least once and in order."""
