"""Channels to patients. One file a channel, exporting `CHANNEL`; what they all speak is in `ports`."""

from integrations.channels.ports import Channel, OutgoingText, ProviderText, SendResult, SendState, SmsChannel

__all__ = ["Channel", "OutgoingText", "ProviderText", "SendResult", "SendState", "SmsChannel"]
