"""An offline simulator of the HTTP APIs that sell Seedance 2.0 video generation."""

__version__ = "0.1.0"
