"""A fake Replicate, as a process: predictions, their listing, and the files they make.

Facts that may be set: `work_seconds`, `keep_seconds` (until inputs and outputs are wiped), `price`, `clip`, `page`,
`hidden` (nothing is listed), `made_ago` (so many seconds ago, what is ordered now was made).
A lie on the call `job` decides how a prediction ends: kind `body` with a body `{"status": ..., "error": ...}`.
"""

import asyncio
import base64
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.vendors.calling import Note, call_back
from tests.vendors.fal import CLIP
from tests.vendors.vendor import FakeVendor, main, recorded, rewritten
from tests.vendors.wire import Reply, Request, document, fields_of

MODEL = "wan-video/wan-2.5-t2v"
TOKEN = "canary-replicate-token"
WEBHOOK_KEY = b"canary-of-replicates-webhooks"
WEBHOOK_SECRET = f"whsec_{base64.b64encode(WEBHOOK_KEY).decode()}"
_SIZES = ("720*1280", "1280*720")


class Replicate(FakeVendor):
    """One account at Replicate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.facts = {
            "work_seconds": 0.0,
            "keep_seconds": 3_600.0,
            "price": 0.5,
            "clip": "",
            "page": 100,
            "hidden": False,
            "made_ago": 0.0,
        }
        self.predictions: dict[str, dict[str, Any]] = {}
        self.calling: set[asyncio.Task[None]] = set()
        for line in self.book.lines:
            if line["effect"] == "submitted":
                self.predictions[line["handle"]] = dict(line["job"])
            elif line["effect"] in ("charged", "failed"):
                prediction = self.predictions[line["handle"]]
                prediction |= {"error": None} | prediction["ends"]
            elif line["effect"] == "cancelled":
                self.predictions[line["handle"]]["status"] = "canceled"

    def call_of(self, request: Request) -> str:
        """Name the kind of call."""
        if request.path.startswith("/media/"):
            return "media"
        if request.path.startswith("/v1/models/"):
            return "submit"
        if request.path == "/v1/account":
            return "account"
        if request.path == "/v1/predictions":
            return "listing"
        return "cancel" if request.path.endswith("/cancel") else "status"

    async def answer(self, call: str, request: Request) -> Reply:
        """Do what is asked."""
        if call == "media":
            if "authorization" in request.headers:
                self.book.write("leaked", "", to="media")
            made = Path(self.facts["clip"]).read_bytes() if self.facts["clip"] else CLIP
            return Reply(200, made, {"content-type": "video/mp4"})
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _problem(401, "You did not pass a valid authentication token")
        if call == "account":
            return document({"type": "organization", "username": "us", "name": "Us"})
        if call == "submit":
            return self._submit(request)
        if call == "listing":
            return self._listing(request)
        prediction = self.predictions.get(request.path.split("/")[3])
        if prediction is None:
            return _problem(404, "The requested resource could not be found.")
        self._advance(prediction)
        if call == "cancel" and prediction["status"] in ("starting", "processing"):
            prediction["status"] = "canceled"
            self.book.write("cancelled", _marker(prediction), handle=prediction["id"])
        return document(self._shown(prediction, request))

    def _submit(self, request: Request) -> Reply:
        model = request.path.removeprefix("/v1/models/").removesuffix("/predictions")
        if model != MODEL:
            return _problem(404, f"The model {model!r} could not be found.")
        body = request.fields()
        given = fields_of(body.get("input"))
        if not given.get("prompt") or given.get("size") not in _SIZES:
            return _problem(422, "- input.prompt, input.size: invalid")
        if given.get("duration") not in (5, 10) or not isinstance(given.get("seed", 0), int):
            return _problem(422, "- input.duration, input.seed: invalid")
        ending = self.script.next("job")
        prediction: dict[str, Any] = {
            "id": uuid.uuid4().hex[:26],
            "model": model,
            "input": given,
            "listed": recorded(given, self.script),
            "status": "starting",
            "error": None,
            "made_at": time.time() - self.facts["made_ago"],
            "ends": ending.body if ending else {"status": "succeeded"},
        }
        self.predictions[prediction["id"]] = prediction
        self.book.write("submitted", _marker(prediction), handle=prediction["id"], job=prediction)
        self._advance(prediction)
        if url := body.get("webhook"):
            calling = asyncio.create_task(
                self._call_back(prediction, request, url, body.get("webhook_events_filter"))
            )
            self.calling.add(calling)
            calling.add_done_callback(self.calling.discard)
        return document(self._shown(prediction, request), 201)

    async def _call_back(
        self, prediction: dict[str, Any], request: Request, url: str, events: list[str] | None
    ) -> None:
        """Tell of a prediction when it begins and when it has ended, as far as that was asked for."""
        if prediction["status"] == "processing" and "start" in (events or ["start"]):
            await self._tell(prediction, request, url)
        while prediction["status"] in ("starting", "processing"):
            await asyncio.sleep(0.05)
            self._advance(prediction)
        if "completed" in (events or ["completed"]):
            await self._tell(prediction, request, url)

    async def _tell(self, prediction: dict[str, Any], request: Request, url: str) -> None:
        told = json.dumps(self._shown(prediction, request)).encode()
        await call_back(url, told, _signed, self.script.next("webhook"), self._called(prediction))

    def _called(self, prediction: dict[str, Any]) -> Note:
        return lambda status: self.book.write(
            "called", _marker(prediction), handle=prediction["id"], status=status
        )

    def _listing(self, request: Request) -> Reply:
        """Every prediction, running ones too, newest first."""
        kept = [] if self.facts["hidden"] else list(self.predictions.values())
        shown = sorted(kept, key=lambda one: one["made_at"], reverse=True)
        size, start = int(self.facts["page"]), int(request.query.get("cursor", "0"))
        for prediction in shown:
            self._advance(prediction)
        following = f"https://api.replicate.com/v1/predictions?cursor={start + size}"
        return document(
            {
                "results": [self._shown(one, request) for one in shown[start : start + size]],
                "previous": None,
                "next": following if start + size < len(shown) else None,
            }
        )

    def _shown(self, prediction: dict[str, Any], request: Request) -> dict[str, Any]:
        wiped = time.time() - prediction["made_at"] > self.facts["keep_seconds"]
        made = (
            f"{request.origin}/media/{prediction['id']}.mp4" if prediction["status"] == "succeeded" else None
        )
        return {
            "id": prediction["id"],
            "model": prediction["model"],
            "input": {} if wiped else rewritten(prediction["listed"], self.facts),
            "output": None if wiped else made,
            "status": prediction["status"],
            "error": prediction["error"],
            "data_removed": wiped,
            "created_at": datetime.fromtimestamp(prediction["made_at"], UTC)
            .isoformat()
            .replace("+00:00", "Z"),
            "urls": {"get": f"https://api.replicate.com/v1/predictions/{prediction['id']}"},
        }

    def _advance(self, prediction: dict[str, Any]) -> None:
        """End a prediction whose time has come; all but those that never began are charged."""
        if prediction["status"] not in ("starting", "processing"):
            return
        if time.time() < prediction["made_at"] + self.facts["work_seconds"]:
            prediction["status"] = "processing"
            return
        prediction |= {"error": None} | prediction["ends"]
        if prediction["status"] != "aborted":
            price = round(self.facts["price"] * 1_000_000)
            self.book.write("charged", _marker(prediction), price, handle=prediction["id"])
        else:
            self.book.write("failed", _marker(prediction), handle=prediction["id"])


def _signed(body: bytes, at: int, rightly: bool) -> dict[str, str]:
    message_id = f"msg_{uuid.uuid4().hex}"
    key = WEBHOOK_KEY if rightly else b"some other key of anybody's"
    digest = hmac.digest(key, f"{message_id}.{at}.".encode() + body, "sha256")
    signature = f"v1,{base64.b64encode(b'older'.ljust(32)).decode()} v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signature}


def _problem(status: int, detail: str) -> Reply:
    return document({"title": "Problem", "detail": detail, "status": status}, status)


def _marker(prediction: dict[str, Any]) -> str:
    return str(prediction["input"].get("seed", ""))


if __name__ == "__main__":
    main(Replicate)
