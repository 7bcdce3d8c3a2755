"""Wrong programs that people publish, as data: what the checkers know by name."""
