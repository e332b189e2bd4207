"""Reference media: what is known of it, and how it is found out without trusting it."""
