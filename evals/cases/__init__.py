"""The cases, suite by suite, in files that a shopkeeper can read; `case.schema.json` beside them is for editors."""
