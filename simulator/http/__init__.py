"""HTTP on its way in and out: addresses, bodies, connections, and the clips behind links."""
