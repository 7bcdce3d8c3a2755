"""Claims, predictions and the learner's record."""
