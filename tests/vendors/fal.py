"""A fake fal.ai, as a process: queue, results, media and the listings of its platform, all in one origin.

Facts that may be set: `work_seconds`, `lag_seconds` (until the listing shows a job), `clip` (the path of the file that
every job makes), `unit_price` (None: the model's own), `unit`, `listed_prices` (of single endpoints), `prices_known`,
`page`, `bills` (False: the key may not read them), `bill_lag_seconds`, `percent_discount`, `unsafe` (what it finds in
every image). A lie on the call `job` decides how a job ends: kind `body` with a `status` and a `body` fails it, kind
`silent` never ends it. Callbacks are signed with a key that is published among older ones.
"""

import asyncio
import base64
import hashlib
import json
import time
import uuid
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.vendors.calling import Note, call_back
from tests.vendors.fal_models import MODELS
from tests.vendors.fal_platform import FalPlatform, marker_in
from tests.vendors.vendor import main, recorded
from tests.vendors.wire import Reply, Request, document, rows_of

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 200
KEY = "canary-fal-key"


class Fal(FalPlatform):
    """One account at fal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.facts = {
            "work_seconds": 0.0,
            "lag_seconds": 0.0,
            "clip": "",
            "unit_price": None,
            "unit": "units",
            "listed_prices": {},
            "prices_known": True,
            "bills": True,
            "bill_lag_seconds": 0.0,
            "percent_discount": 0,
            "unsafe": False,
        }
        self.key = Ed25519PrivateKey.generate()
        self.calling: set[asyncio.Task[None]] = set()
        for line in self.book.lines:
            if line["effect"] == "submitted":
                self.jobs[line["handle"]] = dict(line["job"])
            elif line["effect"] in ("charged", "failed", "cancelled"):
                self.jobs[line["handle"]]["ended_at"] = line["at"]

    def call_of(self, request: Request) -> str:
        """Name the kind of call."""
        path = request.path
        if path.startswith("/v1/models/pricing"):
            return "prices"
        if path.startswith("/v1/models/requests"):
            return "listing"
        if path.startswith("/v1/models/billing-events"):
            return "bill"
        if path.startswith("/media/"):
            return "media"
        if path.startswith("/storage/"):
            return "initiate"
        if path.startswith("/files/"):
            return "deposit"
        if path == "/.well-known/jwks.json":
            return "keys"
        if "/requests/" in path:
            last = path.rsplit("/", 1)[1]
            return last if last in ("status", "cancel") else "result"
        return "submit"

    async def answer(self, call: str, request: Request) -> Reply:
        """Do what is asked."""
        if call == "media":
            if "authorization" in request.headers:
                self.book.write("leaked", "", to="media")
            if request.path.endswith(".jpeg"):
                return Reply(200, PICTURE, {"content-type": "image/jpeg"})
            return Reply(200, self._clip(), {"content-type": "video/mp4"})
        if call == "deposit":
            return self._deposit(request)
        if call == "keys":
            return document({"keys": [_published(Ed25519PrivateKey.generate()), _published(self.key)]})
        if request.headers.get("authorization") != f"Key {KEY}":
            return document({"detail": "Cannot access application. Authentication is required."}, 401)
        match call:
            case "submit":
                return self._submit(request)
            case "initiate":
                return self._initiate(request)
            case "prices":
                return self.prices(request)
            case "bill":
                return self.bill(request)
            case "listing":
                return self.listing(request)
            case _:
                return self._of_a_job(call, request)

    def _submit(self, request: Request) -> Reply:
        endpoint, body = request.path.strip("/"), request.fields()
        model = MODELS.get(endpoint)
        if model is None:
            return document({"detail": f"Application {endpoint!r} not found"}, 404)
        if wrong := model.wrong_in(body):
            return document(
                {"detail": [{"loc": ["body", wrong], "msg": "Invalid value", "type": "value_error"}]}, 422
            )
        request_id = str(uuid.uuid4())
        ending = self.script.next("job")
        now = time.time()
        job: dict[str, Any] = {
            "endpoint": endpoint,
            "input": body,
            "listed": recorded(body, self.script),
            "sent_at": now,
            "done_at": now + self.facts["work_seconds"],
            "ended_at": None,
            "fails": {"status": ending.status, "body": ending.body}
            if ending and ending.kind == "body"
            else None,
            "hangs": bool(ending and ending.kind == "silent"),
        }
        self.jobs[request_id] = job
        self.book.write("submitted", marker_in(body), handle=request_id, job=job, at=now)
        self.advance(request_id)
        if url := request.query.get("fal_webhook"):
            calling = asyncio.create_task(self._call_back(request_id, url))
            self.calling.add(calling)
            calling.add_done_callback(self.calling.discard)
        base = f"{request.origin}/{'/'.join(endpoint.split('/')[:2])}/requests/{request_id}"
        return document(
            {
                "status": "IN_QUEUE",
                "request_id": request_id,
                "response_url": base,
                "status_url": f"{base}/status",
                "cancel_url": f"{base}/cancel",
                "queue_position": 0,
            }
        )

    def _initiate(self, request: Request) -> Reply:
        body = request.document()
        if request.query.get("storage_type") != "fal-cdn-v3" or set(body) != {"file_name", "content_type"}:
            return document({"detail": "storage_type, file_name, content_type"}, 422)
        file = f"{uuid.uuid4().hex}.{body['file_name'].rpartition('.')[2]}"
        address = f"{request.origin}/files/{file}"
        return document({"upload_url": f"{address}?signed=1", "file_url": address})

    def _deposit(self, request: Request) -> Reply:
        if "authorization" in request.headers:
            self.book.write("leaked", "", to="files")
        digest = hashlib.sha256(request.body).hexdigest()
        self.book.write("uploaded", digest, path=request.path, type=request.headers.get("content-type"))
        return Reply(200)

    def _of_a_job(self, call: str, request: Request) -> Reply:
        app, _, rest = request.path.strip("/").partition("/requests/")
        request_id = rest.split("/")[0]
        job = self.jobs.get(request_id)
        if job is None or app != "/".join(job["endpoint"].split("/")[:2]):
            return document({"status": "NOT_FOUND", "detail": "no such request"}, 404)
        self.advance(request_id)
        base = {"request_id": request_id, "response_url": f"{request.origin}/{app}/requests/{request_id}"}
        match call:
            case "status":
                return self._status(job, base)
            case "cancel":
                return self._cancel(request_id, job)
            case _:
                return self._result(request, request_id, job)

    def _status(self, job: dict[str, Any], base: dict[str, str]) -> Reply:
        if job["ended_at"] is None:
            return document({"status": "IN_PROGRESS", "logs": None, **base}, 202)
        return document(
            {
                "status": "COMPLETED",
                "logs": None,
                "metrics": {"inference_time": 1.0},
                **(_fault_of(job["fails"]) if job["fails"] else {}),
                **base,
            }
        )

    def _cancel(self, request_id: str, job: dict[str, Any]) -> Reply:
        if job["ended_at"] is not None:
            return document({"status": "ALREADY_COMPLETED"}, 400)
        job["fails"] = {"status": 499, "body": {"detail": "cancelled", "error_type": "client_cancelled"}}
        job["ended_at"] = time.time()
        self.book.write("cancelled", marker_in(job["input"]), handle=request_id, at=job["ended_at"])
        return document({"status": "CANCELLATION_REQUESTED"}, 202)

    def _result(self, request: Request, request_id: str, job: dict[str, Any]) -> Reply:
        if job["ended_at"] is None:
            return document({"detail": "Request is still in progress"}, 400)
        if job["fails"]:
            return document(job["fails"]["body"], job["fails"]["status"], x_fal_request_id=request_id)
        model = MODELS[job["endpoint"]]
        units = str(model.units(job["input"]))
        media = f"{request.origin}/media/{request_id}"
        if model.makes == "video":
            made: dict[str, Any] = {"video": {"url": f"{media}.mp4", "file_size": len(self._clip())}}
        else:
            made = {"images": [{"url": f"{media}.jpeg", "content_type": "image/jpeg", "width": 1024}]}
        if model.clean:
            made["has_nsfw_concepts"] = [bool(self.facts["unsafe"])]
        return document({**made, "seed": 1}, x_fal_request_id=request_id, x_fal_billable_units=units)

    async def _call_back(self, request_id: str, url: str) -> None:
        """Tell of a job once it has ended."""
        job = self.jobs[request_id]
        while job["ended_at"] is None:
            await asyncio.sleep(0.05)
            self.advance(request_id)
        body: dict[str, Any] = {"request_id": request_id, "gateway_request_id": str(uuid.uuid4())}
        if job["fails"]:
            failed = {"status": "ERROR", "error": "Invalid status code", "payload": job["fails"]["body"]}
            body |= failed
        else:
            body |= {"status": "OK", "payload": {"seed": 1}}
        told = json.dumps(body).encode()
        await call_back(url, told, self._signed, self.script.next("webhook"), self._called(job, request_id))

    def _called(self, job: dict[str, Any], request_id: str) -> Note:
        return lambda status: self.book.write(
            "called", marker_in(job["input"]), handle=request_id, status=status
        )

    def _signed(self, body: bytes, at: int, rightly: bool) -> dict[str, str]:
        key = self.key if rightly else Ed25519PrivateKey.generate()
        told = [str(uuid.uuid4()), "user-1", str(at)]
        message = "\n".join([*told, hashlib.sha256(body).hexdigest()]).encode()
        names = [f"x-fal-webhook-{name}" for name in ("request-id", "user-id", "timestamp")]
        return {
            **dict(zip(names, told, strict=True)),
            "x-fal-webhook-signature": key.sign(message).hex(),
        }

    def _clip(self) -> bytes:
        return Path(self.facts["clip"]).read_bytes() if self.facts["clip"] else CLIP


def _fault_of(ending: dict[str, Any]) -> dict[str, str]:
    """What a status says of a failed job: the same type as its result, as far as that has one."""
    body: dict[str, Any] = ending["body"]
    details = rows_of(body.get("detail"))
    named = details[0].get("type") if details else body.get("error_type")
    return {"error": "Invalid status code", **({"error_type": named} if named else {})}


def _published(key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}


if __name__ == "__main__":
    main(Fal)
