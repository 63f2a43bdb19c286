"""What models cost, and the hard limits that it is held to."""
