"""Pictures under a message in Slack: all of them once, whatever is lost on the way, and a sentence when Slack takes none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bot.blocks import Message, section
from bot.pictures import native as charts
from bot.pictures.paper import Picture
from bot.pictures.points import Stage
from core.errors import Misconfigured, Permanent, Temporary
from handlers.effects import gallery
from handlers.effects.gallery import Place
from sandbox.slack import rooms
from storage import outbox
from storage.outbox import Lane, Leased, Topic
from tests.world import FRANK, World
from workflows import native_charts

pytestmark = pytest.mark.phi("any")
PICTURES = [
    Picture("Reached 31 %", "Reached 31 %. Nov 16: 31 %.", b"\x89PNG one"),
    Picture("Most are lost at Replied", "A funnel.", b"\x89PNG two"),
]
ABOUT = "dig_1"


class Show:
    """A message with its promise to show pictures below it, tried as often as asked."""

    def __init__(self, world: World, channel: str = "") -> None:
        self.world, self.drawn = world, 0
        slack = world.deps.vendors.slack(world.org)
        channel = channel or world.channel("front_office")
        ts = slack.post(channel, Message("Figures", (section("31 %"),)), metadata={"case_id": ABOUT})
        self.place = Place(channel, ts, ABOUT)
        with world.begin() as session:
            outbox.put(session, Topic.HALT_LIFTED, "pictures", lane=Lane.REPORTS)
            self.row = self._claimed(outbox.claim(session, Lane.REPORTS, most=1))

    def go(self) -> None:
        gallery.show(self.world.deps, self.world.org, self.row, self.place, draw=self._draw)

    def again(self) -> None:
        """The promise comes back, as the lane brings it."""
        with self.world.begin() as session:
            outbox.again(session, self.row, wait_s=0, problem="temporary")
            self.row = self._claimed(outbox.claim(session, Lane.REPORTS, most=1))
        self.go()

    def settle(self) -> None:
        with self.world.begin() as session:
            outbox.done(session, self.row)

    def shown(self) -> list[rooms.Message]:
        """What stands in the thread."""
        return [
            one
            for one in self.world.slack.rooms.all[self.place.channel].messages
            if one.thread_ts == self.place.thread_ts
        ]

    def titles(self) -> list[list[str]]:
        return [[file["title"] for file in one.files] for one in self.shown()]

    def _draw(self) -> Sequence[Picture]:
        self.drawn += 1
        return PICTURES

    @staticmethod
    def _claimed(rows: list[Leased]) -> Leased:
        assert len(rows) == 1
        return rows[0]


BOTH = ["Reached 31 %", "Most are lost at Replied"]


def test_pictures_stand_below_the_message_in_one_go_and_are_not_shown_twice(world: World) -> None:
    show = Show(world)

    with pytest.raises(Temporary):
        show.go()
    show.again()
    show.settle()

    assert show.titles() == [BOTH]
    assert [file["alt_txt"] for file in show.shown()[0].files] == [one.alt for one in PICTURES]
    assert show.drawn == 1


@pytest.mark.parametrize(("method", "how"), [
    ("files.completeUploadExternal", {"drop": "answer"}),
    ("files.completeUploadExternal", {"drop": "request"}),
    ("files.completeUploadExternal", {"error": "internal_error"}),
    ("files.completeUploadExternal", {"error": "ratelimited", "retry_after": 1}),
    ("files.getUploadURLExternal", {"drop": "answer"}),
    ("files.upload", {"status": 503}),
])  # fmt: skip
def test_whatever_is_lost_on_the_way_they_are_shown_once(world: World, method: str, how: dict[str, object]) -> None:
    show = Show(world)
    world.fault("slack", method=method, **how)

    with pytest.raises(Temporary):
        show.go()
    for _ in range(3):
        try:
            show.again()
            break
        except Temporary:
            continue
    show.settle()

    assert show.titles() == [BOTH]


def test_a_direct_message_takes_pictures_too(world: World) -> None:
    show = Show(world, world.deps.vendors.slack(world.org).direct(FRANK))

    with pytest.raises(Temporary):
        show.go()
    show.again()
    show.settle()

    assert show.titles() == [BOTH]


@pytest.mark.parametrize("code", ["file_uploads_disabled", "missing_scope", "some_new_word"])
def test_where_slack_takes_no_pictures_the_thread_says_so_once(world: World, code: str) -> None:
    show = Show(world)
    world.fault("slack", method="files.getUploadURLExternal", error=code, times=2)

    show.go()
    show.again()
    show.settle()

    said = [one.text for one in show.shown()]
    assert said == [gallery.SORRY.format(why=gallery.WHY.get(code, "Slack does not take them"))]


@pytest.mark.parametrize(("code", "kind"), [("not_in_channel", Permanent), ("token_revoked", Misconfigured)])
def test_a_channel_or_token_that_is_gone_is_the_lanes_matter(world: World, code: str, kind: type[Exception]) -> None:
    show = Show(world)
    world.fault("slack", method="files.getUploadURLExternal", error=code)

    with pytest.raises(kind):
        show.go()
    show.settle()

    assert show.shown() == []


def test_pictures_that_slack_never_finishes_are_left_to_it_after_some_looks(world: World) -> None:
    show = Show(world)
    with pytest.raises(Temporary):
        show.go()
    for file in show.shown()[0].files:
        kept = world.slack.files.find(file["id"])
        assert kept is not None
        kept.ready, kept.shares = False, {}

    looks = 0
    for _ in range(20):
        try:
            show.again()
            break
        except Temporary:
            looks += 1
    show.settle()

    assert looks == gallery.LOOKS - 1
    assert show.drawn == 1


def native(world: World, *, taken: bool) -> Show:
    """The organisation wants Slack's own charts; the first of two pictures can be one."""
    object.__setattr__(world.slack.config, "native_charts", taken)
    with world.begin() as session:
        native_charts.choose(session, "native")
    return Show(world)


@pytest.fixture
def chart() -> Iterator[None]:
    """The first of the pictures can be a chart of Slack's own."""
    stages = [Stage("Started", 40), Stage("Replied", 31)]
    plain, PICTURES[0] = PICTURES[0], replace(PICTURES[0], native=tuple(charts.funnel("31 of 40 reply", stages) or ()))
    yield
    PICTURES[0] = plain


@pytest.mark.usefixtures("chart")
def test_where_slack_takes_its_own_charts_only_the_rest_are_pictures(world: World) -> None:
    show = native(world, taken=True)

    with pytest.raises(Temporary):
        show.go()
    show.again()
    show.settle()
    object.__setattr__(world.slack.config, "native_charts", False)

    assert show.titles() == [[], BOTH[1:]]
    assert [block["type"] for block in show.shown()[0].blocks] == ["data_visualization", "context"]
    assert "Replied: 31" in str(show.shown()[0].blocks[1])


@pytest.mark.usefixtures("chart")
def test_where_slack_takes_none_all_are_pictures_and_it_is_not_asked_again(world: World) -> None:
    show = native(world, taken=False)

    with pytest.raises(Temporary):
        show.go()
    show.again()
    show.settle()

    assert show.titles() == [BOTH]
    with world.begin() as session:
        assert not native_charts.wanted(session)
