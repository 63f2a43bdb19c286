"""Dialogues with the built-in planner, played on fresh shops: what it calls for what people say."""
