"""Files of unpublished work, for those who may see the project: ranges, never cached, never sniffed."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from pipeline import storage
from pipeline.models import Asset
from studio import policy
from videos.media import serve_file


@require_safe
def asset_file(request: HttpRequest, run_id: UUID, name: str) -> HttpResponseBase:
    """One file of a run, if its project is in the person's scope; else 404, as if it were not there."""
    asset = Asset.objects.filter(
        run_id=run_id, name=name, run__project__in=policy.scope(request.user)
    ).first()
    if asset is None:
        raise Http404("There is no such file.")
    try:
        file = storage.open_asset(asset.checksum)
    except storage.AssetMissing as error:
        raise Http404(str(error)) from error
    content_type = asset.content_type
    if content_type == "text/vtt":
        content_type += "; charset=utf-8"
    response = serve_file(
        request, file, content_type=content_type, size=asset.size, etag=f'"{asset.checksum}"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
