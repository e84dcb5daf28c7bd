"""The models a fake fal serves, written from the vendor's documents.
price list, so that a mistake there is refused or charged otherwise here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from tests.vendors.wire import fields_of

Allowed = tuple[object, ...] | type | Callable[[Any], bool]
"""The only values, or the type, or a test."""


@dataclass(frozen=True)
class Model:
    """One endpoint."""

    required: Mapping[str, Allowed]
    optional: Mapping[str, Allowed]
    units: Callable[[Mapping[str, Any]], float]
    """What is billed, from a body that was accepted."""
    unit_price: float
    makes: Literal["video", "images"] = "video"
    clean: bool = False
    """Whether its result says of each image if it was found unsafe."""

    def wrong_in(self, body: Mapping[str, Any]) -> str | None:
        """Return the first field that the endpoint's schema would refuse; a field it does not know is one."""
        for name, allowed in self.required.items():
            if name not in body or not _fits(body[name], allowed):
                return name
        for name, value in body.items():
            if name not in self.required and not (
                name in self.optional and _fits(value, self.optional[name])
            ):
                return name
        return None


def _fits(value: Any, allowed: Allowed) -> bool:
    if isinstance(allowed, tuple):
        values = cast("tuple[object, ...]", allowed)
        return any(value == one and type(value) is type(one) for one in values)
    if isinstance(allowed, type):
        return type(value) is allowed
    return allowed(value)


def _text(most: int) -> Allowed:
    def fits(value: Any) -> bool:
        return isinstance(value, str) and 0 < len(value) <= most

    return fits


def _address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://127.0.0.1:", "data:image/"))


def _seed(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 2_147_483_647


def _texts(first: int, last: int, unit: str = "") -> Allowed:
    return tuple(f"{seconds}{unit}" for seconds in range(first, last + 1))


def _size(least_px: int, most_px: int, *names: str) -> Allowed:
    def fits(value: Any) -> bool:
        if isinstance(value, str):
            return value in ("square_hd", "square", "portrait_4_3", "portrait_16_9", *names)
        sides = fields_of(value)
        return (
            set(sides) == {"width", "height"}
            and all(type(side) is int for side in sides.values())
            and least_px <= sides["width"] * sides["height"] <= most_px
        )

    return fits


def _seconds(body: Mapping[str, Any], usual: int = 5) -> int:
    return int(str(body.get("duration", usual)).rstrip("s"))


def _megapixels(body: Mapping[str, Any]) -> float:
    size = fields_of(body.get("image_size"))
    pixels = size["width"] * size["height"] if size else 1_000_000
    return math.ceil(pixels / 1_000_000) * body.get("num_images", 1)


_THREE = ("16:9", "9:16", "1:1")
_TWO = ("16:9", "9:16")
_IMAGE: Mapping[str, Allowed] = {"image_url": _address}
_WAN: Mapping[str, Allowed] = {
    "resolution": ("480p", "720p", "1080p"),
    "duration": ("5", "10"),
    "negative_prompt": str,
    "audio_url": _address,
    "seed": _seed,
    "enable_prompt_expansion": bool,
    "enable_safety_checker": bool,
}
_KLING_25: Mapping[str, Allowed] = {"duration": ("5", "10"), "negative_prompt": str, "cfg_scale": float}
_KLING_3: Mapping[str, Allowed] = {
    "duration": _texts(3, 15),
    "generate_audio": bool,
    "shot_type": ("customize", "intelligent"),
    "negative_prompt": str,
    "cfg_scale": float,
}
_VEO: Mapping[str, Allowed] = {
    "duration": ("4s", "6s", "8s"),
    "resolution": ("720p", "1080p", "4k"),
    "aspect_ratio": _TWO,
    "generate_audio": bool,
    "auto_fix": bool,
    "safety_tolerance": _texts(1, 6),
    "negative_prompt": str,
    "seed": _seed,
}
_SEEDANCE_2: Mapping[str, Allowed] = {
    "duration": ("auto", *(str(n) for n in range(4, 16))),
    "aspect_ratio": ("auto", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    "generate_audio": bool,
    "bitrate_mode": ("standard", "high"),
    "end_user_id": str,
}
_SEEDANCE_15: Mapping[str, Allowed] = {
    "duration": _texts(4, 12),
    "resolution": ("480p", "720p", "1080p"),
    "aspect_ratio": ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16", "auto"),
    "camera_fixed": bool,
    "enable_safety_checker": bool,
    "generate_audio": bool,
    "seed": _seed,
}
_LTX: Mapping[str, Allowed] = {
    "fps": (24, 25, 48, 50),
    "resolution": ("1080p", "1440p", "2160p"),
    "aspect_ratio": _TWO,
    "generate_audio": bool,
}
_FLUX: Mapping[str, Allowed] = {
    "image_size": _size(1, 16_000_000, "landscape_4_3", "landscape_16_9"),
    "num_images": (1, 2, 3, 4),
    "num_inference_steps": int,
    "guidance_scale": float,
    "seed": _seed,
    "enable_safety_checker": bool,
    "output_format": ("jpeg", "png"),
    "acceleration": ("none", "regular", "high"),
    "sync_mode": bool,
}


def _kling_3(tier: str, silent: float, loud: float) -> dict[str, Model]:
    def price(body: Mapping[str, Any]) -> float:
        return _seconds(body) * (loud / silent if body.get("generate_audio", True) else 1)

    prompt: Mapping[str, Allowed] = {"prompt": _text(2_500)}
    root = f"fal-ai/kling-video/v3/{tier}"
    image: Mapping[str, Allowed] = {"start_image_url": _address}
    return {
        f"{root}/text-to-video": Model(prompt, {**_KLING_3, "aspect_ratio": _THREE}, price, silent),
        f"{root}/image-to-video": Model(
            {**prompt, **image}, {**_KLING_3, "end_image_url": _address}, price, silent
        ),
    }


def _veo(root: str, silent: float, loud: float) -> dict[str, Model]:
    def price(body: Mapping[str, Any]) -> float:
        return _seconds(body, 8) * (loud / silent if body.get("generate_audio", True) else 1)

    prompt: Mapping[str, Allowed] = {"prompt": _text(20_000)}
    shapes = {**_VEO, "aspect_ratio": ("auto", *_TWO)}
    return {
        root: Model(prompt, _VEO, price, silent),
        f"{root}/image-to-video": Model({**prompt, **_IMAGE}, shapes, price, silent),
    }


def _seedance_2(root: str, price: float, *resolutions: str) -> dict[str, Model]:
    fields = {**_SEEDANCE_2, "resolution": resolutions}
    prompt: Mapping[str, Allowed] = {"prompt": _text(20_000)}
    return {
        f"{root}/text-to-video": Model(prompt, fields, _seconds, price),
        f"{root}/image-to-video": Model(
            {**prompt, **_IMAGE}, {**fields, "end_image_url": _address}, _seconds, price
        ),
    }


def _wan(body: Mapping[str, Any]) -> float:
    """fal's units are not ours: seconds times the multiple of the resolution."""
    return _seconds(body) * {"480p": 1, "720p": 2, "1080p": 3}[body.get("resolution", "1080p")]


def _million_tokens(body: Mapping[str, Any]) -> float:
    pixels = {"480p": 854 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080}[body.get("resolution", "720p")]
    return pixels * 24 * _seconds(body) / 1024 / 1_000_000 * (1 if body.get("generate_audio", True) else 0.5)


def _luma(body: Mapping[str, Any]) -> float:
    multiple = {"540p": 1, "720p": 2, "1080p": 4}[body.get("resolution", "540p")]
    return multiple * (2 if body.get("duration") == "9s" else 1)


WAN = "fal-ai/wan-25-preview"
_PROMPT: Mapping[str, Allowed] = {"prompt": _text(800)}
_LONG: Mapping[str, Allowed] = {"prompt": _text(20_000)}
_KLING_PROMPT: Mapping[str, Allowed] = {"prompt": _text(2_500)}
_KLING_ROOT = "fal-ai/kling-video/v2.5-turbo/pro"
_SEEDANCE_15_ROOT = "fal-ai/bytedance/seedance/v1.5/pro"

MODELS: Mapping[str, Model] = {
    f"{WAN}/text-to-video": Model(_PROMPT, {**_WAN, "aspect_ratio": _THREE}, _wan, 0.05),
    f"{WAN}/image-to-video": Model({**_PROMPT, **_IMAGE}, _WAN, _wan, 0.05),
    f"{_KLING_ROOT}/text-to-video": Model(
        _KLING_PROMPT, {**_KLING_25, "aspect_ratio": _THREE}, _seconds, 0.07
    ),
    f"{_KLING_ROOT}/image-to-video": Model(
        {**_KLING_PROMPT, **_IMAGE}, {**_KLING_25, "tail_image_url": _address}, _seconds, 0.07
    ),
    **_kling_3("standard", 0.084, 0.126),
    **_kling_3("pro", 0.112, 0.168),
    **_veo("fal-ai/veo3.1", 0.20, 0.40),
    **_veo("fal-ai/veo3.1/fast", 0.10, 0.15),
    **_seedance_2("bytedance/seedance-2.0", 0.3034, "480p", "720p", "1080p", "4k"),
    **_seedance_2("bytedance/seedance-2.0/fast", 0.2419, "480p", "720p"),
    f"{_SEEDANCE_15_ROOT}/text-to-video": Model(_LONG, _SEEDANCE_15, _million_tokens, 2.4),
    f"{_SEEDANCE_15_ROOT}/image-to-video": Model(
        {**_LONG, **_IMAGE}, {**_SEEDANCE_15, "end_image_url": _address}, _million_tokens, 2.4
    ),
    "fal-ai/ltx-2.3/text-to-video/fast": Model(
        _LONG, {**_LTX, "duration": tuple(range(6, 21, 2))}, _seconds, 0.04
    ),
    "fal-ai/ltx-2.3/text-to-video": Model(_LONG, {**_LTX, "duration": (6, 8, 10)}, _seconds, 0.08),
    "fal-ai/luma-dream-machine/ray-2": Model(
        _LONG,
        {
            "duration": ("5s", "9s"),
            "resolution": ("540p", "720p", "1080p"),
            "aspect_ratio": ("16:9", "9:16", "4:3", "3:4", "21:9", "9:21"),
            "loop": bool,
        },
        _luma,
        0.50,
    ),
    "fal-ai/flux/schnell": Model(_LONG, _FLUX, _megapixels, 0.003, "images", clean=True),
    "fal-ai/flux/dev": Model(_LONG, _FLUX, _megapixels, 0.025, "images", clean=True),
    "fal-ai/bytedance/seedream/v4.5/text-to-image": Model(
        _LONG,
        {
            "image_size": _size(2560 * 1440, 4096 * 4096, "auto_2K", "auto_4K"),
            "num_images": (1, 2, 3, 4, 5, 6),
            "max_images": (1, 2, 3, 4, 5, 6),
            "seed": _seed,
            "enable_safety_checker": bool,
            "sync_mode": bool,
        },
        lambda body: body.get("num_images", 1),
        0.04,
        "images",
    ),
}
"""By endpoint."""
