"""The models that think: which there are, how each kind of endpoint is spoken to, and what goes wrong there."""
