"""Every no is an RFC 9457 problem with a stable slug, in English and Indonesian; none quotes what was sent."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from shared import database
from shared.bus import Unreachable
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
from shared.feed import FeedUnavailable
from shared.log.identity import LogReplaced

log = structlog.get_logger()

MALFORMED = Refusal(
    "malformed", 422, "The request is not of the form that this route takes.", "Bentuk permintaan tidak sesuai."
)
UNAVAILABLE = Refusal(
    "unavailable", 503, "Something this service needs is away: send the request again soon.",
    "Bagian yang diperlukan layanan ini sedang tidak tersedia: kirim ulang sebentar lagi.",
)  # fmt: skip
STARTING = Refusal(
    "starting", 503, "This service is starting or ending: try again soon.",
    "Layanan ini sedang dimulai atau dihentikan: coba lagi sebentar lagi.",
)  # fmt: skip
INTERNAL = Refusal(
    "internal", 500, "This is our fault. Nothing was recorded unless a retry says so.",
    "Ini kesalahan kami. Tidak ada yang dicatat kecuali pengiriman ulang menyatakannya.",
)  # fmt: skip
TOO_LARGE = Refusal(
    "too-large", 413, "A request has at most one mebibyte, one in bulk eight.",
    "Permintaan paling besar satu mebibita, permintaan massal delapan.",
)  # fmt: skip
METHOD_NOT_ALLOWED = Refusal(
    "method-not-allowed", 405, "This route does not take this method.", "Metode ini tidak berlaku untuk alamat ini."
)

MEDIA_TYPE = "application/problem+json"


def body_of(refused: Refused) -> dict[str, object]:
    """What a caller is told of *refused*."""
    refusal = refused.refusal
    body: dict[str, object] = {
        "type": f"urn:desmigratif:problem:{refusal.slug}",
        "slug": refusal.slug,
        "title": refusal.en,
        "title_id": refusal.id,
        "status": refusal.status,
    }
    if refused.errors:
        body["errors"] = [
            {"column": e.column, "code": e.code, **({"warning": True} if e.warning else {})} for e in refused.errors
        ]
    return body | refused.extra


def answer(refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    """*refused* as ``application/problem+json``."""
    status = refused.refusal.status
    all_headers = dict(headers or {})
    if status == 503:  # noqa: PLR2004
        all_headers.setdefault("Retry-After", "1")
    return Response(orjson.dumps(body_of(refused)), status, all_headers, MEDIA_TYPE)


def malformed_by(errors: Iterable[Mapping[str, Any]]) -> Refused:
    """`malformed` with the fields that a model could not read: *errors* as pydantic has them."""
    return Refused(MALFORMED, errors=[ColumnError(_place(e), e["type"]) for e in errors])


def fault_of(error: Exception) -> Refused:
    """What is answered where something failed that is no refusal; said in the log."""
    if database.lost(error) or isinstance(error, (*Unreachable, FeedUnavailable, LogReplaced)):
        log.warning("unavailable", error=type(error).__name__)
        return Refused(UNAVAILABLE)
    log.error("fault", exc_info=error)
    return Refused(INTERNAL)


def _place(error: Mapping[str, Any]) -> str:
    """Which field is wrong; never what stood in it, nor a name that the caller gave it: either may be a NIK."""
    source, *place = error["loc"]
    if error["type"] in ("extra_forbidden", "json_invalid"):
        place = place[:-1]
    return ".".join(str(step) for step in place) or str(source)


def install(app: FastAPI) -> None:
    """Turn everything that can go wrong into a problem."""

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        log.debug("refused", slug=error.slug)
        return answer(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> Response:
        return answer(malformed_by(error.errors()))

    @app.exception_handler(HTTPException)
    async def from_framework(_request: Request, error: HTTPException) -> Response:
        # 400 is what the framework says of a body that it cannot read at all.
        known = {400: MALFORMED, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: TOO_LARGE}.get(error.status_code)
        refusal = known or Refusal("http", error.status_code, "The request was refused.", "Permintaan ditolak.")
        return answer(Refused(refusal), error.headers)

    @app.exception_handler(Exception)
    async def fault(_request: Request, error: Exception) -> Response:
        return answer(fault_of(error))
