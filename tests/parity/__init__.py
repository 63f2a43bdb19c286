"""The cases of both doors: for each operation of an agent what is there before, what is asked, and what is refused."""
