"""What is over for long: chosen, written down as lines of a file, and let go of."""
