"""The course's own tools: `python -m posenc.course --help` names them."""
