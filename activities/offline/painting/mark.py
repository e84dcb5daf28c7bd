"""The mark every clip of the offline studio carries: it must not pass for a bought one."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

import activities.media

FONT = Path(activities.media.__file__).parent / "fonts" / "Manrope-ExtraBold.ttf"

LEFT_SHARE, TOP_SHARE = 44 / 720, 190 / 1280
"""Where it stands: inside the box that no platform's own buttons cover (media.md section 4)."""


def mark(words: str, width: int, height: int) -> Image.Image:
    """Return a transparent picture of the clip's size with the words on it, small but legible on any ground."""
    size = max(13, round(min(width, height) * 22 / 720))
    font = ImageFont.truetype(str(FONT), size)
    place = (round(width * LEFT_SHARE), round(height * TOP_SHARE))
    halo = Image.new("L", (width, height))
    ImageDraw.Draw(halo).text(place, words, fill=255, font=font, stroke_width=max(2, size // 8))
    halo = halo.filter(ImageFilter.GaussianBlur(size / 7)).point(
        [min(255, int(v * 0.85)) for v in range(256)]
    )
    sheet = Image.new("RGBA", (width, height), (12, 10, 8, 0))
    sheet.putalpha(halo)
    letters = Image.new("RGBA", (width, height), (255, 250, 240, 0))
    ImageDraw.Draw(letters).text(place, words, fill=(255, 250, 240, 235), font=font)
    return Image.alpha_composite(sheet, letters)
