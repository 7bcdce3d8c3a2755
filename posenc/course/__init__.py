"""The course's own tools: `python -m posenc.course build | check | lab | doctor`."""
