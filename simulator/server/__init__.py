"""A server: the application, its sockets and signals, and its log."""
