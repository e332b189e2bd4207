"""What talks to a running server: the control plane of an account, for tests and commands."""
