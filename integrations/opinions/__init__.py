"""Language models that give a second opinion, by the shape of their address. One file each, exporting `READER`."""

from integrations.opinions import anthropic, openai_compatible
from integrations.opinions.ports import Account, Later, NoOpinion, Opinion, Question, Reader

KINDS = {kind.name: kind for kind in (openai_compatible.READER, anthropic.READER)}

__all__ = ["KINDS", "Account", "Later", "NoOpinion", "Opinion", "Question", "Reader"]
