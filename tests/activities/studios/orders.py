"""Orders for tests, valid and complete."""

from typing import Any

from schema.content.scene import SceneOrder, ScenePrompt
from schema.content.still import StillOrder

VIDEO = (
    "Wide shot of a low hillside pottery with open shutters. A potter centres a cone of grey clay on the kick wheel "
    "and opens it into a vase. Soft rain light from a tall window, a slow and steady push-in. "
    "Rings of wet clay rise under the thumbs. Vertical 9:16, natural colour, shallow depth of field, no text."
)
AUDIO = (
    "The low hum of the wheel and water on clay, close and dry; wind in bamboo outside. No music, no voices."
)


def scene_order(
    operation_id: str = "item/1/scene-1/video/1", model: str = "wan-2.5", **changes: Any
) -> SceneOrder:
    """Return an order for one scene; `changes` go into its prompt."""
    prompt = ScenePrompt.model_validate({"scene": 1, "video": VIDEO, "audio": AUDIO, **changes})
    return SceneOrder(
        operation_id=operation_id, model=model, prompt=prompt, seed=7, look="Moon jar|a hillside pottery"
    )


def still_order(
    operation_id: str = "item/1/image-1/still/1", model: str = "flux-dev", **changes: Any
) -> StillOrder:
    """Return an order for one still; `changes` are its fields."""
    fields = {"prompt": VIDEO, "width_px": 720, "height_px": 1280, "seed": 7, "look": "Moon jar"}
    return StillOrder.model_validate({"operation_id": operation_id, "model": model, **fields, **changes})
