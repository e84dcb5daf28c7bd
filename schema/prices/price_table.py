"""What vendors charge: one versioned YAML file a vendor, in `schema/prices/`. What has no price is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from yaml import MarkedYAMLError, YAMLError, safe_load

from schema.failure import Fault, Trouble
from schema.money import Book, microusd
from schema.payload import Document, first_problem
from schema.prices.clip_price import ClipPrice, PricePerSecond, PricePerVideo
from schema.prices.wire import StillWire, Wire

FOLDER = Path(__file__).parent
OFFLINE = "offline"
"""What the offline studio charges: it reads our list, so a person's own would only make the books differ."""
_MILLION = 1_000_000


class PricePerImage(Document):
    """Stills."""

    unit: Literal["image", "megapixel"]
    """`megapixel`: each begun million of pixels of each picture counts."""
    price_usd: Decimal
    max_prompt_chars: int = Field(gt=0)
    pixels: tuple[int, int]
    """The least and the most pixels one picture may have."""
    wire: StillWire | None = None
    """How the vendor is asked; None for one whose only wire is ours."""

    def cost_microusd(self, width_px: int, height_px: int, count: int = 1) -> int:
        """Return the price of some pictures of one size. Raises `ValueError` for a size that is not made."""
        least, most = self.pixels
        if not least <= width_px * height_px <= most:
            raise ValueError(f"{width_px}x{height_px} is not made: choose between {least} and {most} pixels")
        units = -(-width_px * height_px // _MILLION) if self.unit == "megapixel" else 1
        return microusd(self.price_usd * units * count)


class Tokens(Document):
    """How many tokens one ask used, as the vendor counted them; none is counted twice."""

    input: int = Field(default=0, ge=0)
    output: int = Field(default=0, ge=0)
    cache_write: int = Field(default=0, ge=0)
    cache_write_1h: int = Field(default=0, ge=0)
    cache_read: int = Field(default=0, ge=0)


class TokenRates(Document):
    """Decimal dollars for a million tokens of each kind."""

    input_usd: Decimal
    output_usd: Decimal
    cache_write_usd: Decimal
    cache_write_1h_usd: Decimal
    cache_read_usd: Decimal

    def cost_microusd(self, used: Tokens) -> int:
        """Return what an ask cost, rounded up once at the end."""
        total = (
            self.input_usd * used.input
            + self.output_usd * used.output
            + self.cache_write_usd * used.cache_write
            + self.cache_write_1h_usd * used.cache_write_1h
            + self.cache_read_usd * used.cache_read
        )
        return microusd(total / _MILLION)


class PricePerToken(Document):
    """Words, paid by what goes in and what comes out."""

    unit: Literal["million_tokens"]
    rates: TokenRates
    long_above_tokens: int | None = None
    """A prompt of more tokens than this, cached ones included, is charged at `long_rates`; None: there is no such."""
    long_rates: TokenRates | None = None
    max_output_tokens: int = Field(gt=0)
    """The highest output limit that is sent with an ask: thinking counts against it."""
    thinking: Literal["disabled", "always", "none"] = "none"
    """`disabled`: it can be switched off, and is; `always`: it cannot; `none`: there is nothing to switch."""

    def cost_microusd(self, used: Tokens) -> int:
        """Return what an ask cost."""
        return self._rates_for(
            used.input + used.cache_write + used.cache_write_1h + used.cache_read
        ).cost_microusd(used)

    def worst_case_microusd(self, input_tokens: int, output_tokens: int) -> int:
        """Return the most an ask may cost: this much input, none of it cached well, and this much output."""
        rates = self._rates_for(input_tokens)
        dearest = max(rates.input_usd, rates.cache_write_usd, rates.cache_write_1h_usd)
        return microusd((dearest * input_tokens + rates.output_usd * output_tokens) / _MILLION)

    def _rates_for(self, prompt_tokens: int) -> TokenRates:
        if self.long_above_tokens is None or prompt_tokens <= self.long_above_tokens:
            return self.rates
        if self.long_rates is None:
            raise ValueError(f"a prompt of {prompt_tokens} tokens has no known price")
        return self.long_rates


ModelPrice = Annotated[
    PricePerSecond | PricePerVideo | PricePerImage | PricePerToken, Field(discriminator="unit")
]


def wires_of(price: ModelPrice) -> list[Wire | StillWire]:
    """Return each way in which a model is asked."""
    found: list[Wire | StillWire | None] = []
    if isinstance(price, PricePerSecond | PricePerVideo):
        found = [price.wire, price.from_image]
    elif isinstance(price, PricePerImage):
        found = [price.wire]
    return [wire for wire in found if wire]


class PriceTable(Document):
    """One vendor's prices, as read on one day."""

    version: int = Field(ge=1)
    """Rises with every change, so that a receipt can name the table it was reckoned with."""
    vendor: str
    book: Book
    source: str
    """The document the figures come from."""
    read_on: date
    """The day the figures were read there."""
    models: dict[str, ModelPrice]
    """Empty where no price is known yet: then nothing is bought there."""

    def model(self, name: str) -> ModelPrice:
        """Return one model. Raises `ValueError` for one that is not in the table."""
        if name not in self.models:
            raise ValueError(f"{self.vendor} has no model {name!r}: choose of {sorted(self.models)!r}")
        return self.models[name]

    @property
    def clip_models(self) -> dict[str, ClipPrice]:
        """Return all models that make clips, by name."""
        return {
            name: price
            for name, price in self.models.items()
            if isinstance(price, PricePerSecond | PricePerVideo)
        }

    def clips(self, name: str) -> ClipPrice:
        """Return a model that makes clips. Raises `ValueError` for any other."""
        found = self.model(name)
        if not isinstance(found, PricePerSecond | PricePerVideo):
            raise ValueError(f"{name!r} of {self.vendor} makes no clips")
        return found

    def words(self, name: str) -> PricePerToken:
        """Return a model that writes. Raises `ValueError` for any other."""
        found = self.model(name)
        if not isinstance(found, PricePerToken):
            raise ValueError(f"{name!r} of {self.vendor} does not write")
        return found

    def images(self, name: str) -> PricePerImage:
        """Return a model that makes stills. Raises `ValueError` for any other."""
        found = self.model(name)
        if not isinstance(found, PricePerImage):
            raise ValueError(f"{name!r} of {self.vendor} makes no stills")
        return found


def price_list_names(folder: Path = FOLDER) -> list[str]:
    """Return the vendors that have a price list, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_prices(vendor: str, folder: Path = FOLDER) -> PriceTable:
    """Read and check one vendor's file.

    Raises `ValueError` for a vendor without a list, and where the list is not as it should be.
    """
    if vendor not in price_list_names(folder):
        raise ValueError(f"there is no price list of {vendor!r}: there are {price_list_names(folder)!r}")
    return PriceTable.model_validate(safe_load((folder / f"{vendor}.yaml").read_text("utf-8")))


def prices_of(vendor: str, own: Path | None) -> PriceTable:
    """Read a vendor's file in the folder `own` (`REELWRIGHT_PRICES`), where a person has written one; else ours.

    Raises `Trouble` (`bad_input`, mended by the person) with the first thing that is wrong with the folder or the file,
    and `ValueError` for a vendor without a list.
    """
    ours = load_prices(vendor)
    if own is None:
        return ours
    _check_folder(own)
    path = own / f"{vendor}.yaml"
    if not path.is_file():
        return ours
    try:
        theirs = load_prices(vendor, own)
    except (ValueError, YAMLError, OSError) as error:
        raise _bad_list(path, _in_short(error)) from error
    for name, said, known in (("vendor", theirs.vendor, ours.vendor), ("book", theirs.book, ours.book)):
        if said != known:
            raise _bad_list(path, f"{name}: {said} is not that of {path.name}, which is {known}")
    return theirs


def _check_folder(own: Path) -> None:
    """Refuse a folder that is not there, and a file in it that would be passed over in silence."""
    if not own.is_dir():
        raise Trouble(
            Fault.BAD_INPUT,
            f"REELWRIGHT_PRICES names no folder: {str(own)!r}; make it, or unset it to use schema/prices",
        )
    names = [name for name in price_list_names() if name != OFFLINE]
    for path in sorted(own.glob("*.y*ml")):
        if path.suffix != ".yaml" or path.stem not in names:
            listed = ", ".join(f"{name}.yaml" for name in names)
            raise _bad_list(path, f"no vendor's list is called so: there are {listed}")


def _bad_list(path: Path, problem: str) -> Trouble:
    remedy = "mend it, or take it out of the folder to use the one of schema/prices"
    return Trouble(Fault.BAD_INPUT, f"REELWRIGHT_PRICES/{path.name}: {problem}; {remedy}")


def _in_short(error: Exception) -> str:
    """Return what is wrong with a file, in one line."""
    if isinstance(error, ValidationError):
        return first_problem(error)
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        return f"no YAML: {error.problem}, line {error.problem_mark.line + 1}"
    return " ".join(str(error).split())
