"""Half a year of a modelled clinic, played through the real services on a clock that is moved: for the demo and for tests.

What is decided outside of Careloop is modelled: what the EHR says, what the carrier and patients do, when staff claim and how they
close. All else is the code that runs for real; no result is written. docs/simulate.md.
"""

from handlers.history.player import play
from handlers.history.script import Script

__all__ = ["Script", "play"]
