"""Chat completions, as OpenAI and the many servers after its example take them (platform.openai.com/docs/api-reference/chat)."""

import json
from typing import Any

from integrations.opinions import prompt
from integrations.opinions.http import Line
from integrations.opinions.ports import Account, Kind, NoOpinion, Opinion, Question, opinion

MOST_TOKENS = 60


class ChatCompletions:
    """One model at one address; the answer is held to a JSON schema by the server, and checked here again."""

    def __init__(self, account: Account) -> None:
        self._model = account.model
        self._line = Line(account, {"authorization": f"Bearer {account.key}"})

    def ask(self, question: Question) -> Opinion:
        """Ask once. Raises Later and NoOpinion."""
        answer = self._line.post("/chat/completions", self._body(question))
        try:
            choice = answer["choices"][0]
            said = json.loads(choice["message"]["content"])
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            raise NoOpinion("nonsense") from None
        return opinion(said)

    def _body(self, question: Question) -> dict[str, Any]:
        schema = {"name": prompt.NAME, "strict": True, "schema": prompt.SCHEMA}
        return {
            "model": self._model,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "messages": [
                {"role": "system", "content": prompt.INSTRUCTIONS},
                {"role": "user", "content": prompt.words(question)},
            ],
            "response_format": {"type": "json_schema", "json_schema": schema},
        }

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()


READER = Kind("openai-compatible", ChatCompletions)
