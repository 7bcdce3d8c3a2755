"""The learner's process: it runs sealed off, and judges nothing."""
