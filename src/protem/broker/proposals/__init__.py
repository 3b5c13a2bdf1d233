"""Commands that two people give: one proposes, another confirms."""
