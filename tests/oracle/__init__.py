"""Every formula of the package again, in plain Python loops: what the tensors are held against.

Nothing here is vectorised and nothing is imported from the package, so that a slip there
cannot repeat itself here. Vectors are lists, matrices lists of rows. The modules bear the
names of those that they are held against.
"""
