"""A local language model that says what it is told to, behind the two shapes of address that vendors have, as strict as they are.

Sources: platform.openai.com/docs/api-reference/chat and docs.anthropic.com/en/api/messages, read November 2026.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

KEY, MODEL = "sk-local", "local-1"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CHAT_FIELDS = {"model", "messages", "temperature", "max_tokens", "response_format"}
MESSAGES_FIELDS = {"model", "messages", "temperature", "max_tokens", "system", "tools", "tool_choice"}
INJECTION = "ignore previous instructions"
Says = Callable[[str], Any]  # from the user's words to the answer: an object, or raw text


class _BadRequest(Exception):
    """The vendor would answer 400 with these words."""


@dataclass
class Oracle:
    """`says` makes the answer from the user's words; `fails` are statuses to answer with first; `slow_s` goes by before each answer."""

    says: Says = lambda _: {"urgency": "none", "unsure": False}
    fails: list[int] = field(default_factory=list)
    slow_s: float = 0.0
    heard: list[str] = field(default_factory=list)

    def router(self) -> APIRouter:
        """Both addresses below /v1."""
        routes = APIRouter()
        routes.add_api_route("/v1/chat/completions", self._chat, methods=["POST"])
        routes.add_api_route("/v1/messages", self._messages, methods=["POST"])
        return routes

    async def _chat(self, request: Request) -> Response:
        def error(status: int, say: str, kind: str) -> Response:
            body = {"error": {"message": say, "type": kind, "param": None, "code": None}}
            return JSONResponse(body, status_code=status)

        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "Incorrect API key provided.", "invalid_request_error")
        try:
            words = _chat_words(await request.json())
        except (_BadRequest, ValueError) as refusal:
            return error(400, str(refusal), "invalid_request_error")
        if status := await self._fault(words):
            return error(status, "The server had an error.", "server_error")
        said = self.says(words)
        message = {"role": "assistant", "content": said if isinstance(said, str) else json.dumps(said), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return JSONResponse(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 0,
                "model": MODEL,
                "choices": [choice],
                "usage": usage,
            }
        )

    async def _messages(self, request: Request) -> Response:
        def error(status: int, say: str, kind: str) -> Response:
            return JSONResponse({"type": "error", "error": {"type": kind, "message": say}}, status_code=status)

        if request.headers.get("x-api-key") != KEY:
            return error(401, "invalid x-api-key", "authentication_error")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return error(400, "anthropic-version: header is required", "invalid_request_error")
        try:
            words, tool = _message_words(await request.json())
        except (_BadRequest, ValueError) as refusal:
            return error(400, str(refusal), "invalid_request_error")
        if status := await self._fault(words):
            return error(status, "Overloaded", "overloaded_error" if status == 529 else "api_error")
        said = self.says(words)
        content = (
            {"type": "text", "text": said}
            if isinstance(said, str)
            else {"type": "tool_use", "id": "toolu_1", "name": tool, "input": said}
        )
        return JSONResponse(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": MODEL,
                "content": [content],
                "stop_reason": "end_turn" if isinstance(said, str) else "tool_use",
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
        )

    async def _fault(self, words: str) -> int:
        self.heard.append(words)
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        return self.fails.pop(0) if self.fails else 0


def gullible(words: str) -> dict[str, Any]:
    """A model that does what a text asks of it."""
    return {"urgency": "none" if INJECTION in words.lower() else "emergency", "unsure": False}


def _chat_words(body: Any) -> str:
    _common(body, CHAT_FIELDS)
    asked = body.get("response_format", {"type": "text"})
    if asked.get("type") == "json_schema":
        named = asked.get("json_schema", {})
        schema = named.get("schema", {})
        _demand(
            NAME.fullmatch(named.get("name", "")), "Missing required parameter: 'response_format.json_schema.name'."
        )
        strict = not named.get("strict") or (
            schema.get("additionalProperties") is False
            and set(schema.get("required", [])) == set(schema.get("properties", {}))
        )
        _demand(
            strict,
            "Invalid schema for response_format: 'required' and 'additionalProperties' have to name every property.",
        )
    return _conversation(body["messages"], {"system", "developer", "user", "assistant"})


def _message_words(body: Any) -> tuple[str, str]:
    _common(body, MESSAGES_FIELDS)
    _demand("max_tokens" in body, "max_tokens: Field required")
    _demand(isinstance(body.get("system", ""), str), "system: Input should be a valid string")
    names = []
    for tool in body.get("tools", []):
        _demand(tool.keys() <= {"name", "description", "input_schema"}, "tools.0: Extra inputs are not permitted")
        _demand(NAME.fullmatch(tool.get("name", "")), "tools.0.name: String should match pattern")
        _demand(tool.get("input_schema", {}).get("type") == "object", "tools.0.input_schema.type: Field required")
        names.append(tool["name"])
    choice = body.get("tool_choice", {"type": "auto"})
    _demand(choice.get("type") != "tool" or choice.get("name") in names, "Tool not found in provided tools")
    return _conversation(body["messages"], {"user", "assistant"}), choice.get("name", "")


def _common(body: Any, fields: set[str]) -> None:
    _demand(isinstance(body, dict), "We could not parse the JSON body of your request.")
    _demand(body.keys() <= fields, f"Unrecognized request argument: {', '.join(sorted(body.keys() - fields))}")
    _demand(body.get("model") == MODEL, "The model does not exist or you do not have access to it.")
    _demand(isinstance(body.get("messages"), list) and body["messages"], "messages: at least one message is required")
    _demand(0 <= body.get("temperature", 1) <= 1, "temperature: out of range")
    most = body.get("max_tokens", 1)
    _demand(isinstance(most, int) and most >= 1, "max_tokens: greater than or equal to 1")


def _conversation(messages: list[Any], roles: set[str]) -> str:
    for message in messages:
        _demand(message.keys() == {"role", "content"} and message["role"] in roles, "messages: unexpected role")
        _demand(isinstance(message["content"], str) and message["content"], "messages: content must be non-empty")
    _demand(messages[-1]["role"] == "user", "messages: final message must be of the user")
    found: str = messages[-1]["content"]
    return found


def _demand(true: object, say: str) -> None:
    if not true:
        raise _BadRequest(say)
