"""Which real studios are configured: those whose keys are set. Only the worker asks this."""

from activities.outbound.client import Bounds
from activities.store.callback_rows import PostgresCallbacks
from activities.studios import fal, replicate
from activities.studios.fal import FalStudio
from activities.studios.fal_bills import BILLED_WITHIN, FalBills
from activities.studios.replicate import ReplicateStudio
from activities.studios.replicate_bills import ReplicateBills
from schema.prices.price_table import prices_of
from schema.settings import Settings, usable


def real_studios(
    settings: Settings, callbacks: PostgresCallbacks | None = None
) -> list[FalStudio | ReplicateStudio]:
    """Build the studios whose keys are set, in order of preference. Raises `Trouble` for a setting that cannot be."""
    keys, listing = settings.vendors, settings.timings.listing
    bounds = Bounds(call=settings.timings.request, download=settings.timings.download)
    studios: list[FalStudio | ReplicateStudio] = []
    with usable("FAL_KEY, FAL_QUEUE_URL, FAL_PLATFORM_URL or FAL_REST_URL"):
        if keys.fal_key:
            studios.append(
                FalStudio(
                    keys.fal_key.get_secret_value(),
                    prices_of("fal", settings.prices),
                    queue_url=keys.fal_queue_url or fal.QUEUE_URL,
                    platform_url=keys.fal_platform_url or fal.PLATFORM_URL,
                    rest_url=keys.fal_rest_url or fal.REST_URL,
                    bounds=bounds,
                    listed_within=fal.LISTED_WITHIN if listing is None else listing,
                    callbacks=callbacks,
                )
            )
    with usable("REPLICATE_API_TOKEN or REPLICATE_API_URL"):
        if keys.replicate_api_token:
            token, address = (
                keys.replicate_api_token.get_secret_value(),
                keys.replicate_api_url or replicate.API_URL,
            )
            studios.append(
                ReplicateStudio(
                    token,
                    prices_of("replicate", settings.prices),
                    api_url=address,
                    bounds=bounds,
                    listed_within=replicate.LISTED_WITHIN if listing is None else listing,
                    callbacks=callbacks if keys.replicate_webhook_secret else None,
                )
            )
    return studios


def real_bookkeepers(settings: Settings) -> list[FalBills | ReplicateBills]:
    """Build the books of the studios whose keys are set. Raises `Trouble` for a setting that cannot be."""
    keys, bounds, listing = settings.vendors, Bounds(call=settings.timings.request), settings.timings.listing
    keepers: list[FalBills | ReplicateBills] = []
    with usable("FAL_KEY, FAL_ADMIN_KEY or FAL_PLATFORM_URL"):
        if keys.fal_key:
            key = (keys.fal_admin_key or keys.fal_key).get_secret_value()
            platform = keys.fal_platform_url or fal.PLATFORM_URL
            prices = prices_of("fal", settings.prices)
            keepers.append(
                FalBills(
                    key,
                    prices,
                    platform_url=platform,
                    bounds=bounds,
                    billed_within=BILLED_WITHIN if listing is None else listing,
                )
            )
    with usable("REPLICATE_API_TOKEN or REPLICATE_API_URL"):
        if keys.replicate_api_token:
            token, address = keys.replicate_api_token.get_secret_value(), keys.replicate_api_url
            prices = prices_of("replicate", settings.prices)
            keepers.append(
                ReplicateBills(
                    token,
                    prices,
                    api_url=address or replicate.API_URL,
                    bounds=bounds,
                    listed_within=replicate.LISTED_WITHIN if listing is None else listing,
                )
            )
    return keepers
