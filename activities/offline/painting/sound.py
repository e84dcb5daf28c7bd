"""Ambience, made of numbers: a quiet room and the small sounds of a craft, chosen by the prompt's words."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activities.media.profile import SAMPLE_RATE_HZ

Sound = NDArray[np.floating[Any]]
"""Samples x 2, -1 to 1."""
Mono = NDArray[np.floating[Any]]


def _noise(dice: Generator, samples: int, low_hz: float, high_hz: float, tilt: float = 0.0) -> Mono:
    """Noise between two pitches, as loud as 1 on average; `tilt` 1 is pink."""
    spectrum = np.fft.rfft(dice.normal(0, 1, samples))
    pitch = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE_HZ)
    low = 1 / (1 + (low_hz / np.maximum(pitch, 1)) ** 4)
    high = 1 / (1 + (pitch / high_hz) ** 4)
    shaped = np.fft.irfft(spectrum * low * high / np.maximum(pitch, 20) ** (tilt / 2), samples)
    return (shaped / (np.std(shaped) + 1e-12)).astype(np.float32)


def _fade(samples: int, attack_s: float, decay_s: float) -> Mono:
    t = np.arange(samples, dtype=np.float32) / SAMPLE_RATE_HZ
    return (1 - np.exp(-t / attack_s)) * np.exp(-t / decay_s)


def _swell(samples: int) -> Mono:
    """From silence up and back to silence."""
    return np.maximum(np.sin(np.linspace(0, np.pi, samples)), 0).astype(np.float32)


def _ring(dice: Generator, hz: tuple[float, ...], decay_s: float, length_s: float) -> Mono:
    t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    total = np.zeros_like(t)
    for index, pitch in enumerate(hz):
        total += (
            np.sin(2 * np.pi * pitch * t + dice.uniform(0, 6))
            * np.exp(-t * (1 + index * 0.6) / decay_s)
            / (1 + index)
        )
    return total * np.minimum(t / 0.002, 1)


def _rustle(dice: Generator) -> Mono:
    length = int(dice.uniform(0.35, 0.9) * SAMPLE_RATE_HZ)
    swell = _swell(length) ** 1.5
    return _noise(dice, length, 1_800, 7_500) * swell * 0.32


def _scrape(dice: Generator) -> Mono:
    length = int(dice.uniform(0.25, 0.6) * SAMPLE_RATE_HZ)
    t = np.arange(length, dtype=np.float32) / SAMPLE_RATE_HZ
    teeth = 0.65 + 0.35 * np.sign(np.sin(2 * np.pi * dice.uniform(34, 60) * t))
    swell = _swell(length)
    return _noise(dice, length, 700, 4_200) * swell * teeth.astype(np.float32) * 0.3


def _drop(dice: Generator) -> Mono:
    length = int(0.22 * SAMPLE_RATE_HZ)
    t = np.arange(length, dtype=np.float32) / SAMPLE_RATE_HZ
    base = dice.uniform(650, 1_300)
    pitch = base * (1 + 0.9 * np.minimum(t / 0.09, 1) ** 2)
    return (
        np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ).astype(np.float32)
        * _fade(length, 0.002, 0.045)
        * 0.7
    )


def _tap(dice: Generator) -> Mono:
    base = dice.uniform(260, 420)
    body = _ring(dice, (base, base * 2.7, base * 5.1), 0.035, 0.2)
    return body * 0.9 + _noise(dice, len(body), 900, 5_000) * _fade(len(body), 0.0006, 0.008) * 0.35


def _ping(dice: Generator) -> Mono:
    base = dice.uniform(1_150, 1_700)
    return _ring(dice, (base, base * 2.76, base * 5.4), 0.35, 1.3) * 0.4


def _crackle(dice: Generator) -> Mono:
    length = int(0.03 * SAMPLE_RATE_HZ)
    return (
        _noise(dice, length, 1_500, 9_000)
        * _fade(length, 0.0004, dice.uniform(0.002, 0.007))
        * dice.uniform(0.2, 0.9)
    )


def _breath(dice: Generator) -> Mono:
    length = int(dice.uniform(1.0, 1.8) * SAMPLE_RATE_HZ)
    swell = _swell(length) ** 2
    return _noise(dice, length, 250, 1_600, 1) * swell * 0.4


def _clack(dice: Generator) -> Mono:
    first = _tap(dice)
    total = np.zeros(int(0.42 * SAMPLE_RATE_HZ), np.float32)
    total[: len(first)] += first
    slide = _noise(dice, int(0.16 * SAMPLE_RATE_HZ), 1_200, 5_000) * 0.12
    total[2_000 : 2_000 + len(slide)] += slide * _swell(len(slide))
    second = _tap(dice) * 0.7
    total[10_500 : 10_500 + len(second)] += second
    return total


Voice = tuple[Callable[[Generator], Mono], float, tuple[str, ...]]
"""What makes the sound, how often a second, and the words that call for it."""

VOICES: dict[str, Voice] = {
    "rustle": (
        _rustle,
        1.1,
        (
            "brush",
            "rustle",
            "paper",
            "whisper",
            "silk",
            "sweep",
            "cloth",
            "thread",
            "soft",
            "leaves",
            "wool",
            "strokes",
        ),
    ),
    "scrape": (
        _scrape,
        1.3,
        (
            "scrape",
            "scraping",
            "shaving",
            "shavings",
            "carve",
            "knife",
            "gouge",
            "plane",
            "rasp",
            "cut",
            "chisel",
            "curl",
            "file",
        ),
    ),
    "drop": (
        _drop,
        1.5,
        (
            "water",
            "drip",
            "drop",
            "drops",
            "rain",
            "wet",
            "splash",
            "pour",
            "liquid",
            "dripping",
            "trickle",
            "slosh",
            "bubbling",
        ),
    ),
    "tap": (
        _tap,
        1.6,
        ("tap", "taps", "tapping", "knock", "mallet", "wooden", "wood", "beat", "thud", "block"),
    ),
    "ping": (
        _ping,
        1.4,
        (
            "ping",
            "ring",
            "ringing",
            "hammer",
            "metal",
            "bell",
            "chime",
            "copper",
            "silver",
            "clink",
            "glass",
            "anvil",
        ),
    ),
    "crackle": (
        _crackle,
        13.0,
        ("crackle", "crackling", "fire", "flame", "ember", "kiln", "furnace", "wick", "sizzle", "hiss"),
    ),
    "breath": (
        _breath,
        0.55,
        ("breath", "bellows", "hum", "humming", "wheel", "spin", "whirr", "turning", "wind", "roar", "air"),
    ),
    "clack": (
        _clack,
        0.95,
        ("clack", "shuttle", "loom", "click", "clicking", "treadle", "heddle", "bobbin", "bobbins"),
    ),
}


def ambience(dice: Generator, heard: tuple[str, ...], seconds: int) -> Sound:
    """Return `seconds` of sound: the room, and up to three small sounds; peaks stay under -6 dBFS."""
    samples = seconds * SAMPLE_RATE_HZ
    total = np.stack([_noise(dice, samples, 60, 900, 2.0) for _ in range(2)], axis=1) * 0.0055
    total += (_noise(dice, samples, 300, 5_000, 1.0) * 0.0016)[:, None]
    for name in _called_for(dice, heard):
        _scatter(total, dice, VOICES[name], samples)
    total = _room_echo(total, dice)
    edge = int(0.06 * SAMPLE_RATE_HZ)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
    total[:edge] *= ramp
    total[-edge:] *= ramp[::-1]
    level = 0.06 / float(np.sqrt(np.mean(total**2)) + 1e-9)
    return (0.5 * np.tanh(total * level / 0.5)).astype(np.float32)


def _called_for(dice: Generator, heard: tuple[str, ...]) -> list[str]:
    points = {name: sum(word in words for word in heard) for name, (_, _, words) in VOICES.items()}
    chosen = sorted((name for name in VOICES if points[name]), key=lambda name: -points[name])[:3]
    return chosen or [sorted(VOICES)[int(dice.integers(len(VOICES)))], "rustle"]


def _scatter(total: Sound, dice: Generator, voice: Voice, samples: int) -> None:
    """Lay a sound down again and again, unevenly in time, place and loudness, in place."""
    make, often, _ = voice
    count = max(2, round(often * samples / SAMPLE_RATE_HZ))
    place = float(dice.uniform(-0.4, 0.4))
    for index in range(count):
        at = int((index + dice.uniform(0.05, 0.75)) / count * samples)
        sound = make(dice)[: samples - at] * np.float32(0.16 * dice.uniform(0.55, 1))
        side = np.clip(place + dice.normal(0, 0.18), -0.8, 0.8)
        total[at : at + len(sound), 0] += sound * np.float32(np.sqrt((1 - side) / 2))
        total[at : at + len(sound), 1] += sound * np.float32(np.sqrt((1 + side) / 2))


def _room_echo(dry: Sound, dice: Generator) -> Sound:
    """Give the sound a small room: a few early echoes, other ones left and right."""
    wet = dry.copy()
    for side in range(2):
        for delay_s, strength in ((0.013, 0.3), (0.029, 0.22), (0.047, 0.16), (0.083, 0.1), (0.121, 0.06)):
            delay = int(delay_s * dice.uniform(0.85, 1.2) * SAMPLE_RATE_HZ)
            wet[delay:, side] += dry[:-delay, 1 - side if delay_s > 0.04 else side] * np.float32(strength)
    return wet
