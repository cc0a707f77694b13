"""Anthropic's Messages, with one tool that must be called (docs.anthropic.com/en/api/messages)."""

from typing import Any

from integrations.opinions import prompt
from integrations.opinions.http import Line
from integrations.opinions.ports import Account, Kind, NoOpinion, Opinion, Question, opinion

API = "2023-06-01"
MOST_TOKENS = 120


class Messages:
    """One model at one address; its answer is the input of the tool that it has to call."""

    def __init__(self, account: Account) -> None:
        self._model = account.model
        self._line = Line(account, {"x-api-key": account.key, "anthropic-version": API})

    def ask(self, question: Question) -> Opinion:
        """Ask once. Raises Later and NoOpinion."""
        answer = self._line.post("/messages", self._body(question))
        try:
            calls = [
                part["input"]
                for part in answer["content"]
                if part["type"] == "tool_use" and part["name"] == prompt.NAME
            ]
        except (KeyError, TypeError):
            raise NoOpinion("nonsense") from None
        if len(calls) != 1:
            raise NoOpinion("nonsense")
        return opinion(calls[0])

    def _body(self, question: Question) -> dict[str, Any]:
        tool = {"name": prompt.NAME, "description": "Say how urgent the message is.", "input_schema": prompt.SCHEMA}
        return {
            "model": self._model,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "system": prompt.INSTRUCTIONS,
            "messages": [{"role": "user", "content": prompt.words(question)}],
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": prompt.NAME},
        }

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()


READER = Kind("anthropic", Messages)
