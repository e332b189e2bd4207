"""Real gateways before the simulator, judged by the suite, each with what is known of it."""
