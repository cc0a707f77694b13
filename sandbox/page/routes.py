import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse

from core.errors import Refused
from sandbox.page.live import Broadcast

HERE = Path(__file__).resolve().parent
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Act = Callable[[dict[str, Any]], None]


class Page:
    """The demo's page: static files, the state as JSON, and a stream that says when to read it again.

    `state` gives everything of `/state.json` but the version. `acts` adds control endpoints of the demo itself:
    `{"phi": set_level}` becomes `POST /act/phi`, called in the thread pool with the JSON object posted.
    """

    def __init__(self, state: Callable[[], Mapping[str, Any]], *, acts: Mapping[str, Act] | None = None) -> None:
        self._state = state
        self._acts = dict(acts or {})
        self._broadcast = Broadcast()
        self._files = _files()

    def changed(self) -> None:
        """Tell every open page to read the state again. Any thread may call it."""
        self._broadcast.changed()

    def close(self) -> None:
        """End the open streams; call it before the server stops."""
        self._broadcast.close()

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self._index, methods=["GET"])
        router.add_api_route("/page.css", self._sheet, methods=["GET"])
        router.add_api_route("/page.js", self._script, methods=["GET"])
        router.add_api_route("/parts/{name}", self._part, methods=["GET"])
        router.add_api_route("/state.json", self._state_json, methods=["GET"])
        router.add_api_route("/live", self._live, methods=["GET"])
        for name, act in self._acts.items():
            router.add_api_route(f"/act/{name}", _endpoint(act), methods=["POST"])
        return router

    async def _index(self) -> Response:
        return self._file("index.html")

    async def _sheet(self) -> Response:
        return self._file("page.css")

    async def _script(self) -> Response:
        return self._file("page.js")

    async def _part(self, name: str) -> Response:
        return self._file(f"parts/{name}")

    def _file(self, path: str) -> Response:
        if path not in self._files:
            raise HTTPException(404, "no such part of the page")
        return Response(self._files[path], media_type=KINDS[Path(path).suffix], headers=HEADERS)

    async def _state_json(self) -> Response:
        version = self._broadcast.version  # read first: a change meanwhile is announced again, never missed
        return JSONResponse({"version": version, **self._state()}, headers=HEADERS)

    async def _live(self) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=HEADERS)

    async def _events(self) -> AsyncIterator[str]:
        async for version in self._broadcast.versions():
            if version is None:
                yield ": still here\n\n"
            else:
                yield f"data: {json.dumps({'version': version})}\n\n"


def _files() -> dict[str, bytes]:
    """All files of the page by path: what is not here cannot be asked for."""
    found = [HERE / "index.html", HERE / "page.css", HERE / "page.js", *(HERE / "parts").iterdir()]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in found if path.suffix in KINDS}


def _endpoint(act: Act) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            asked = await request.json()
        except ValueError as error:
            raise HTTPException(400, "the body is not JSON") from error
        if not isinstance(asked, dict):
            raise HTTPException(400, "the body is not a JSON object")
        try:
            await run_in_threadpool(act, asked)
        except Refused as error:
            return JSONResponse({"ok": False, "error": error.say}, status_code=409)
        return JSONResponse({"ok": True})

    return endpoint
