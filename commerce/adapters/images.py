"""Where images are kept: a folder, or a bucket that speaks S3."""

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..images.refusals import ImageStoreAway
from ..settings import ShopSettings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PATIENCE = timedelta(seconds=10)


class ImageStore:
    """Files by name. Opened when it is first used."""

    def __init__(self, settings: ShopSettings) -> None:
        self._settings = settings
        self._opened: ObjectStore | None = None

    async def put(self, name: str, content: bytes) -> None:
        from obstore.exceptions import BaseError

        try:
            await self._store().put_async(name, content)
        except BaseError as failed:
            raise ImageStoreAway() from failed

    async def get(self, name: str) -> bytes | None:
        """None: there is no such file."""
        from obstore.exceptions import BaseError

        try:
            found = await self._store().get_async(name)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except BaseError as failed:
            raise ImageStoreAway() from failed

    async def remove(self, name: str) -> None:
        """A file that is not there is as good as removed."""
        from obstore.exceptions import BaseError

        try:
            with suppress(FileNotFoundError):
                await self._store().delete_async(name)
        except BaseError as failed:
            raise ImageStoreAway() from failed

    def _store(self) -> "ObjectStore":
        if self._opened is None:
            self._opened = _open(self._settings)
        return self._opened


def _open(settings: ShopSettings) -> "ObjectStore":
    from obstore.store import LocalStore, S3Store

    if not settings.images.startswith("s3://"):
        folder = settings.images or settings.data / "images"
        return LocalStore(prefix=folder, mkdir=True)
    where = urlsplit(settings.images)
    return S3Store(
        where.netloc,
        prefix=where.path.strip("/") or None,
        endpoint=settings.images_endpoint or None,
        region=settings.images_region,
        access_key_id=settings.images_key,
        secret_access_key=settings.images_secret.get_secret_value() if settings.images_secret else "",
        virtual_hosted_style_request=False,
        client_options={"allow_http": settings.images_endpoint.startswith("http://"), "timeout": PATIENCE},
        retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
    )
