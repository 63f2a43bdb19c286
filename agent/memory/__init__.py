"""What a model call reads of a conversation: the newest turns, and a summary with the facts of the older ones."""
