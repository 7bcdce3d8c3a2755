"""Both processes: values, exceptions and objects on the wire between them."""
