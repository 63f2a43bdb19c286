"""The yes: stored questions to a person, bound to exact terms, answered once."""
