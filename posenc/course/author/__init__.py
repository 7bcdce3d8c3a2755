"""From sources to notebooks: what the author of a lesson runs."""
