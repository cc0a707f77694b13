"""Forms over a card. Each file builds its view and reads what comes back; neither asks the database."""

from bot.modals.notice import message

__all__ = ["message"]
