"""The platform side of a fake fal: jobs, prices, bills, and its listing of requests."""

import base64
import math
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.vendors.fal_models import MODELS
from tests.vendors.vendor import FakeVendor, rewritten
from tests.vendors.wire import Reply, Request, document


class FalPlatform(FakeVendor):
    """What is known of one account's jobs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.jobs: dict[str, dict[str, Any]] = {}

    def prices(self, request: Request) -> Reply:
        endpoints = request.query.get("endpoint_id", "").split(",")
        if not self.facts["prices_known"]:
            return document({"detail": "temporarily unavailable"}, 503)
        rows = [
            {
                "endpoint_id": endpoint,
                "unit_price": self._unit_price(endpoint),
                "unit": self.facts["unit"],
                "currency": "USD",
                **self.facts["listed_prices"].get(endpoint, {}),
            }
            for endpoint in endpoints
        ]
        return document({"prices": rows, "next_cursor": None, "has_more": False})

    def bill(self, request: Request) -> Reply:
        """What was charged, from the book itself, a page at a time; it may lag."""
        if not self.facts["bills"]:
            return document({"error": {"type": "authorization_error", "message": "Admin key required"}}, 403)
        since = datetime.fromisoformat(request.query["start"]).timestamp()
        until = time.time() - self.facts["bill_lag_seconds"]
        charged = [
            line for line in self.book.lines if line["effect"] == "charged" and since <= line["at"] <= until
        ]
        size = int(self.facts.get("page", request.query["limit"]))
        start = int(request.query.get("cursor", "0"))
        events = [self._event(line) for line in charged[start : start + size]]
        more = start + size < len(charged)
        return document(
            {"billing_events": events, "next_cursor": str(start + size) if more else None, "has_more": more}
        )

    def _event(self, line: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[line["handle"]]
        subtotal = Decimal(line["amount_microusd"]) / 1_000_000
        discount = subtotal * self.facts["percent_discount"] / 100
        return {
            "request_id": line["handle"],
            "endpoint_id": job["endpoint"],
            "timestamp": datetime.fromtimestamp(line["at"], UTC).isoformat().replace("+00:00", "Z"),
            "output_units": MODELS[job["endpoint"]].units(job["input"]),
            "unit_price": self._unit_price(job["endpoint"]),
            "percent_discount": self.facts["percent_discount"],
            "cost_subtotal": float(subtotal),
            "cost_discount": float(discount),
            "cost_total": float(subtotal - discount),
            "cost_estimate_nano_usd": int((subtotal - discount) * 1_000_000_000),
        }

    def listing(self, request: Request) -> Reply:
        """Ended requests only, newest first, a page at a time."""
        for request_id in list(self.jobs):
            self.advance(request_id)
        shown = [
            (request_id, job)
            for request_id, job in self.jobs.items()
            if job["endpoint"] == request.query["endpoint_id"]
            and request.query.get("request_id") in (None, request_id)
            and job["ended_at"] is not None
            and job["ended_at"] + self.facts["lag_seconds"] <= time.time()
        ]
        shown.sort(key=lambda entry: entry[1]["ended_at"], reverse=True)
        size = int(self.facts.get("page", request.query.get("limit", 50)))
        start = int(base64.b64decode(request.query["cursor"])) if "cursor" in request.query else 0
        items = [
            {
                "request_id": request_id,
                "endpoint_id": job["endpoint"],
                "status_code": 200,
                **(
                    {"json_input": rewritten(job["listed"], self.facts)}
                    if request.query.get("expand") == "payloads"
                    else {}
                ),
            }
            for request_id, job in shown[start : start + size]
        ]
        more = start + size < len(shown)
        cursor = base64.b64encode(str(start + size).encode()).decode() if more else None
        return document({"items": items, "next_cursor": cursor, "has_more": more})

    def advance(self, request_id: str) -> None:
        """End a job whose time has come; only what was made is charged."""
        job = self.jobs[request_id]
        if job["ended_at"] is not None or job["hangs"] or job["done_at"] > time.time():
            return
        job["ended_at"] = time.time()
        marker = marker_in(job["input"])
        if job["fails"] and job["fails"]["status"] >= 500:
            self.book.write("failed", marker, handle=request_id, at=job["ended_at"])
            return
        units = MODELS[job["endpoint"]].units(job["input"])
        price = math.ceil(round(units * self._unit_price(job["endpoint"]) * 1_000_000, 6))
        self.book.write("charged", marker, price, handle=request_id, at=job["ended_at"])

    def _unit_price(self, endpoint: str) -> float:
        own = MODELS[endpoint].unit_price if endpoint in MODELS else 0.0
        return own if self.facts["unit_price"] is None else self.facts["unit_price"]


def marker_in(body: dict[str, Any]) -> str:
    return str(body.get("seed", body.get("end_user_id", "")))
