"""The web book: the course as pages that are read in a browser, without a kernel or a network."""
