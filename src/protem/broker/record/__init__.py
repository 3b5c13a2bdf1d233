"""The record as something that can be proved: one form of each event, a chain over them, signatures."""
