"""The teacher's process: it judges, and believes nothing that comes through the wire."""
