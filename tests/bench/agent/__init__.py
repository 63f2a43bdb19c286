"""What a turn of the chat costs, beside a loop written by hand and LangGraph's ToolNode, in one run: `python -m tests.bench --part agent`."""
