"""Connecting Slack by OAuth: an invitation's link, the way back from Slack, and the admin's page about it.

Nothing is kept before everything is known: who may bind (the invitation), that this browser began it (the state), what Slack granted.
"""

import secrets
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from bot.oauth import NOT_BOT, TOO_LATE, WRONG_APP, missing_scopes
from core import log
from core.errors import Misconfigured, Permanent, Refused, Temporary, Unknown
from handlers.deps import Deps
from handlers.effects import slack_tokens
from handlers.pages import shell
from handlers.pages.routes import Pages
from handlers.pages.shell import Form, NoPage, page, posted
from workflows import install_invitations, page_access, slack_installs, surroundings
from workflows.install_invitations import STATE_FOR, DeadState
from workflows.roles import Verb, demand
from workflows.slack_installs import Granted

COOKIE = "careloop-install"
NOTHING = "Nothing was connected."
AGAIN = f"{NOTHING} Open the invitation's link again."
DENIED = (
    f"Slack was told not to let Careloop in. {AGAIN} If your workspace wants an owner's approval, ask for it first."
)
SLOW = f"Slack takes this answer no more: it is good once, for ten minutes. {AGAIN}"
OTHER_APP = (
    "Slack does not know us by the settings here: SLACK_CLIENT_ID, SLACK_CLIENT_SECRET or the redirect address are of another app. "
    f"{NOTHING} Whoever runs Careloop sets them to those of the app's Basic Information page."
)
NO_BOT = (
    "That was not Careloop's app: Slack granted no bot of it. "
    f"{NOTHING} Make the app from our manifest (docs/slack_install.md), then open the invitation's link again."
)
NO_ANSWER = f"Slack gave no clear answer just now. {AGAIN}"
NOT_SET_UP = (
    "This installation is not set up for connecting Slack by a link. Whoever runs Careloop sets SLACK_CLIENT_ID and "
    "SLACK_CLIENT_SECRET, or connects the workspace by its token (docs/slack_install.md)."
)


class Install(Pages):
    """The handlers, with what they work with."""

    def begin(self, request: Request) -> Response:
        """What is about to happen, and the link to Slack with a state of this browser's."""
        invitation = request.query_params.get("invite", "").strip()
        if not invitation:
            return page("install_code.html", {})
        access = self._deps.vendors.slack_access
        try:
            oauth = access.oauth()
        except Misconfigured as missing:
            log.get().error("slack.not_set_up", reason=missing.what)
            raise NoPage(503, NOT_SET_UP, title="Not set up") from missing
        browser = request.cookies.get(self._cookie()) or secrets.token_urlsafe(32)
        with self._deps.db.begin(org=self._org_of(invitation)) as session:
            state = install_invitations.begin(session, invitation, browser=browser)
            clinic = surroundings.organisation_of(session).name
        response = page("install.html", {"clinic": clinic, "address": oauth.address(state)})
        seconds = int(STATE_FOR.total_seconds())
        response.set_cookie(
            self._cookie(), browser, path="/", max_age=seconds, httponly=True, samesite="lax", secure=self._https()
        )
        return response

    def back(self, request: Request) -> Response:
        """The way back from Slack. The state is spent whatever Slack says."""
        said = request.query_params
        state, browser = said.get("state", ""), request.cookies.get(self._cookie(), "")
        if not state:
            raise NoPage(400, f"This page is opened by Slack after you allowed Careloop there. {AGAIN}")
        org = self._org_of(state)
        try:
            with self._deps.db.begin(org=org) as session:
                invitation = install_invitations.spend(session, state, browser=browser)
        except DeadState as dead:
            raise NoPage(403, dead.say, title="Not connected") from dead
        if said.get("error") or not said.get("code"):
            log.get().info("slack.install_refused", org=org, reason="denied")
            raise NoPage(403, DENIED, title="Not connected")
        granted = self._granted(org, said["code"])
        with self._deps.db.begin(org=org) as session:
            slack_installs.keep(session, granted, invitation=invitation)
            clinic = surroundings.organisation_of(session).name
        self._deps.vendors.forget("slack", org)
        log.get().info("slack.installed", org=org, kind="organisation" if granted.org_wide else "workspace")
        facts = {"clinic": clinic, "name": granted.name, "org_wide": granted.org_wide, "place": granted.place}
        response = page("installed.html", facts)
        response.delete_cookie(self._cookie(), path="/", secure=self._https(), httponly=True)
        return response

    def _granted(self, org: UUID, code: str) -> Granted:
        """What Slack granted, when it is all that Careloop needs. No transaction is open."""
        try:
            granted = self._deps.vendors.slack_access.oauth().exchange(code[:300])
        except Permanent as error:
            log.get().warning("slack.install_refused", org=org, code=error.code)
            say = SLOW if error.code in TOO_LATE else OTHER_APP if error.code in WRONG_APP else NO_ANSWER
            raise NoPage(403, NO_BOT if error.code == NOT_BOT else say, title="Not connected") from error
        except (Temporary, Unknown) as error:
            log.get().warning("slack.install_unanswered", org=org, error=type(error).__name__)
            raise NoPage(503, NO_ANSWER, title="Not connected") from error
        lacking = missing_scopes(granted)
        if lacking:
            log.get().warning("slack.install_refused", org=org, reason="missing_scope", count=len(lacking))
            say = f"Slack did not grant everything Careloop needs: {', '.join(lacking)} is missing. {NOTHING} "
            raise NoPage(
                403,
                f"{say}Update the app from our manifest, then open the invitation's link again.",
                title="Not connected",
            )
        return granted

    # the admin's page

    def desk(self, request: Request) -> Response:
        """How Slack is connected, for an admin."""
        return self._desk(request)

    def invite(self, request: Request, form: Form) -> Response:
        """A new invitation, shown once."""
        token = self._token(request)
        shell.demand_proof(form, token)
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.SETTINGS)
            made = install_invitations.invite(session, actor=who.actor)
        return self._desk(request, link=f"{self._deps.settings.public_origin}/slack/install?invite={quote(made)}")

    def disconnect(self, request: Request, form: Form) -> Response:
        """Remove Careloop from the place: Slack first, then the row; a place that Slack does not know any more has ended."""
        token = self._token(request)
        shell.demand_proof(form, token)
        if form.get("sure") != "yes":
            return self._desk(request, told="Nothing was changed: tick the box first.")
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.SETTINGS)
            held, org = slack_installs.access(session), self._org(token)
        if held is None:
            return self._desk(request, told="Nothing was changed: there is no install to remove.")
        try:
            self._deps.vendors.slack_access.oauth().uninstall(held.token)
        except Permanent as gone:
            log.get().warning("slack.uninstall_refused", org=org, code=gone.code)
            if gone.code not in slack_installs.ENDS:
                return self._desk(
                    request, told="Slack refused to remove the app. Nothing was changed. Remove it in Slack itself."
                )
        except (Temporary, Unknown, Misconfigured) as error:
            log.get().warning("slack.uninstall_unanswered", org=org, error=type(error).__name__)
            return self._desk(request, told="Slack gave no clear answer. Look in Slack whether the app is still there.")
        slack_tokens.end(self._deps, org, held.place, why="disconnected", actor=who.actor)
        return self._desk(
            request, done="Careloop is removed from Slack. Cases are worked on here until it is connected again."
        )

    def _desk(self, request: Request, *, link: str = "", told: str = "", done: str = "") -> Response:
        with self._signed_in(request) as (session, who):
            demand(who.role, Verb.SETTINGS)
            clinic = surroundings.organisation_of(session)
            rows = [slack_installs.describe(one, clinic.zone) for one in slack_installs.listed(session)]
        facts = {"who": who.name, "clinic": clinic.name, "installs": rows, "live": any(one["live"] for one in rows)}
        said = {"link": link, "told": told, "done": done, "proof": shell.proof(self._token(request))}
        return page("slack.html", facts | said, status=409 if told else 200)

    def _org_of(self, token: str) -> UUID:
        """Whose invitation or state this claims to be."""
        try:
            org = page_access.org_of_token(token)
        except Refused as refusal:
            raise NoPage(404, install_invitations.NOT_OURS, title="Not connected") from refusal
        if org not in self._deps.db.orgs():
            raise NoPage(404, install_invitations.NOT_OURS, title="Not connected")
        return org

    def _cookie(self) -> str:
        return f"__Host-{COOKIE}" if self._https() else COOKIE

    def _https(self) -> bool:
        return self._deps.settings.public_origin.startswith("https://")


def router(deps: Deps) -> APIRouter:
    """/slack/install, /slack/oauth_redirect and the admin's /worklist/slack."""
    pages, routes = Install(deps), APIRouter(route_class=shell.PageRoute, include_in_schema=False)

    @routes.get("/slack/install")
    def begin(request: Request) -> Response:
        return pages.begin(request)

    @routes.get("/slack/oauth_redirect")
    def back(request: Request) -> Response:
        return pages.back(request)

    @routes.get("/worklist/slack")
    def desk(request: Request) -> Response:
        return pages.desk(request)

    @routes.post("/worklist/slack/invite")
    def invite(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008 - FastAPI's way to say it
        return pages.invite(request, form)

    @routes.post("/worklist/slack/disconnect")
    def disconnect(request: Request, form: Form = Depends(posted)) -> Response:  # noqa: B008
        return pages.disconnect(request, form)

    return routes
