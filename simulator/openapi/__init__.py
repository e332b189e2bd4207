"""OpenAPI 3.1 of the dialects and of the control plane, made from the code that answers."""
