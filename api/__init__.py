"""The outside: REST, chat, the web page, the command line."""
