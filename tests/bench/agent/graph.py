"""The graph of LangGraph's own examples: a model node, the ready-made ToolNode and its SQLite saver, one checkpoint thread a
conversation. Served over SSE, without sign-in and limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiosqlite
from fastapi import FastAPI, Request
from langchain_core.messages import AIMessage, AIMessageChunk, SystemMessage
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import SecretStr
from starlette.responses import JSONResponse, StreamingResponse

from agent.models.openai_client import Client
from tests.bench.agent.peer import Peer, run, system_prompt
from tests.bench.agent.plain import sse
from tools import Toolbox
from tools.toolspecs import ToolSpec

OUR_CLIENT = "our client"
"""In place of LangChain's, which spends most of a turn on looking through the schemas of the tools."""


def tool(box: Toolbox, spec: ToolSpec) -> StructuredTool:
    async def call(**arguments: Any) -> tuple[str, dict[str, Any] | None]:
        result = await box.call(spec.name, arguments, uuid4().hex)
        return result.text, result.view

    return StructuredTool(
        name=spec.name,
        description=spec.description,
        args_schema=spec.parameters,
        coroutine=call,
        response_format="content_and_artifact",
    )


def graph(peer: Peer, saver: AsyncSqliteSaver) -> Any:
    ours = peer.option == OUR_CLIENT
    opened = (Client if ours else ChatOpenAI)(
        model="m",
        base_url=peer.model_url,
        api_key=SecretStr("sk-bench"),
        temperature=0,
        stream_usage=True,
        streaming=ours,
    )
    model = opened.bind_tools([spec.as_function() for spec in peer.box.specs])
    system = SystemMessage(system_prompt())

    async def think(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke([system, *state["messages"]])]}

    made = StateGraph(MessagesState)
    made.add_node("think", think)
    made.add_node("tools", ToolNode([tool(peer.box, spec) for spec in peer.box.specs]))
    made.add_edge(START, "think")
    made.add_conditional_edges("think", tools_condition)
    made.add_edge("tools", "think")
    return made.compile(checkpointer=saver)


async def streamed(agent: Any, thread: str, text: str) -> AsyncIterator[tuple[str, Any]]:
    config = {"configurable": {"thread_id": thread}}
    asked = {"messages": [("user", text)]}
    yield "turn.started", {"text": text}
    async for mode, chunk in agent.astream(asked, config, stream_mode=["messages", "updates"]):
        if mode == "messages" and isinstance(chunk[0], AIMessageChunk) and chunk[0].text:
            yield "message.delta", {"text": str(chunk[0].text)}
        for message in _updates(chunk) if mode == "updates" else ():
            for call in message.tool_calls if isinstance(message, AIMessage) else ():
                yield "tool.started", {"operation": call["name"], "arguments": call["args"]}
            if message.type == "tool":
                yield "tool.finished", {"operation": message.name, "view": message.artifact}
    yield "turn.completed", {"thread": thread}


def _updates(chunk: dict[str, Any]) -> list[Any]:
    return [message for update in chunk.values() for message in update["messages"]]


def build(peer: Peer) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aiosqlite.connect(peer.folder / "graph.sqlite") as db:
            app.state.agent = graph(peer, AsyncSqliteSaver(db))
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/chat/threads/{thread}/turns", response_model=None)
    async def turn(request: Request, thread: str) -> JSONResponse | StreamingResponse:
        text, agent = (await request.json())["text"], app.state.agent
        if "event-stream" in request.headers["accept"]:
            return StreamingResponse(sse(streamed(agent, thread, text)), media_type="text/event-stream")
        state = await agent.ainvoke({"messages": [("user", text)]}, {"configurable": {"thread_id": thread}})
        last = max(i for i, m in enumerate(state["messages"]) if m.type == "human")
        views = [m.artifact for m in state["messages"][last:] if m.type == "tool"]
        return JSONResponse({"text": str(state["messages"][-1].text), "views": views})

    return app


if __name__ == "__main__":
    run(build)
