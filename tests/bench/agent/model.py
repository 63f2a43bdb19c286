"""The fake endpoint as a process of its own: a model that takes no time. What it does is named in what the shopper says."""

import asyncio
import json
import sys
from typing import Any

from tests.agent.openai_server import Answer, Endpoint, called, chunk, said, text_chunks, usage

AFTER_ANOTHER, PARALLEL, TALK, WAIT, RELEASE = "three after another", "three at once", "only talk", "wait", "release"
Call = tuple[str, dict[str, Any]]
CALLS: list[Call] = [
    ("search_products", {"query": "mug", "limit": 10}),
    ("get_product", {"product": "red-enamel-mug"}),
    ("view_cart", {}),
]
ANSWER = (
    "I looked through our mugs for you. The red enamel mug is $12.99, and it comes in white too. "
    "Your cart is as you left it. Shall I put one into it?"
)
"""Some forty pieces, as models of this kind cut them, with an amount that the shop holds."""
HELLO = "Hello! I can look for things, keep your cart and quote it with a coupon. What would you like to see today, and for whom?"
released = asyncio.Event()


def answer(asked: dict[str, Any]) -> Answer:
    last = max(i for i, m in enumerate(asked["messages"]) if m["role"] == "user")
    words, done = str(asked["messages"][last]["content"]), len(asked["messages"]) - last - 1
    if words.startswith(WAIT):
        ended = text_chunks(" There.") + chunk({}, "stop") + usage(100, 10) + b"data: [DONE]\n\n"
        return Answer(text_chunks("Let me look."), gate=released, rest=ended)
    if words.startswith(RELEASE):
        released.set()
        released.clear()
    text, calls = _meant(words, done) if "tools" in asked else (HELLO, [])
    if not asked.get("stream"):
        return _whole(text, calls)
    return called(f"c{done}", *calls) if calls else said(text)


def _meant(words: str, done: int) -> tuple[str, list[Call]]:
    """What comes next when so many messages of this turn are there: words, or calls."""
    if words.startswith(AFTER_ANOTHER) and done < 2 * len(CALLS):
        return "", [CALLS[done // 2]]
    if words.startswith(PARALLEL) and not done:
        return "", CALLS
    return HELLO if words.startswith(TALK) else ANSWER, []


def _whole(text: str, calls: list[Call]) -> Answer:
    """In one piece."""
    made = [
        {"id": f"c_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for i, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text} | ({"tool_calls": made} if made else {})
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if made else "stop"}
    used = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": used}
    return Answer(json.dumps(body).encode(), kind="application/json")


async def serve(port: int) -> None:
    async with await asyncio.start_server(Forgetful([answer]).serve, "127.0.0.1", port, backlog=1024) as server:
        await server.serve_forever()


class Forgetful(Endpoint):
    """Keeps nothing of what it was asked."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await super().serve(reader, writer)
        for kept in (self.requests, self.bodies, self.heads):
            kept.clear()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
