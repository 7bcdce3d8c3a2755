"""Mutants by the thousand: which small changes of the package do its own tests not notice?"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: a forked child has no thread but its own
