"""Local phones: the Twilio messaging API as Careloop uses it, and the patients' phones behind it."""

from sandbox.phones.carrier import Carrier, CarrierConfig

__all__ = ["Carrier", "CarrierConfig"]
