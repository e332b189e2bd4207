"""A real endpoint behind this server: calls are passed on to it, and what it says is believed."""
