"""HTTP, version 1: each endpoint parses, has one command carried out, and presents what came of it."""
