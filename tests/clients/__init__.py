"""Official clients that have to be installed first, unmodified, against a running server."""
