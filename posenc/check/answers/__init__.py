"""A learner's own answers, kept so that later lessons can use them."""
