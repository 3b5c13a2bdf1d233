"""From rows to what is shown of them, with what many rows need read at once."""
