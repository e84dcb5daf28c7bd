"""A scene on its way from words to a clip: prompt, order, take."""

from datetime import timedelta
from typing import Literal, Self

from schema.payload import Payload
from schema.purchases.operation import Limits, Order

Resolution = Literal["480p", "720p", "1080p"]
AspectRatio = Literal["9:16", "16:9", "1:1"]


class SceneShape(Payload):
    """In which length and shape scenes are ordered: what was priced, whatever a writer says of it."""

    duration: timedelta = timedelta(seconds=5)
    resolution: Resolution = "720p"
    aspect_ratio: AspectRatio = "9:16"

    def of(self, prompt: "ScenePrompt") -> "ScenePrompt":
        """Return the same words in this length and shape."""
        return prompt.model_copy(update=dict(self))


class ScenePrompt(Payload):
    """What one scene should show and sound like."""

    scene: int
    """Place in the story, from 1."""
    video: str
    audio: str
    duration: timedelta = timedelta(seconds=5)
    resolution: Resolution = "720p"
    aspect_ratio: AspectRatio = "9:16"
    style: str = ""
    """One of those that the format has models of their own for; empty where it is none of them."""

    @property
    def text(self) -> str:
        """The whole prompt, as a model that makes picture and sound together reads it."""
        return f"{self.video} Audio: {self.audio}"


class Storyboard(Payload):
    """The prompts of one round, in order."""

    prompts: tuple[ScenePrompt, ...]
    notes: str = ""
    """What the reviewer asked for and these prompts answer; empty in the first round."""
    remark: str = ""
    """What the writer has to say about them to a person; empty where it has nothing to say."""


class StartImage(Payload):
    """The first frame of a clip: a file in storage, and exactly these bytes of it."""

    key: str
    """Where the file lies in storage, e.g. `content/<item>/raw/r1-s1.jpg`."""
    sha256: str


class SceneOrder(Payload):
    """One scene as it is asked of a studio, once."""

    operation_id: str
    """Our marker: sent along, so that the vendor's own listing can be searched for it."""
    model: str
    prompt: ScenePrompt
    seed: int
    look: str = ""
    """What the scenes of one item share, so that they belong together."""
    start_image: StartImage | None = None
    """What the clip begins with; None: it is made of words alone."""


class SceneRequest(Payload):
    """One scene to buy: the money it may cost, and what to ask for."""

    order: Order
    limits: Limits
    prompt: ScenePrompt
    seed: int
    look: str
    start_image: StartImage | None = None
    """What the clip begins with; None: it is made of words alone."""
    poll: timedelta
    """Between two readings of the job."""
    deadline: timedelta
    """The longest the vendor may take."""
    others: tuple[Order, ...] = ()
    """The same purchase elsewhere: who is asked next, in order, where one is proven to have made nothing."""
    rule: str = ""
    """Why these and no others; empty where there is but one."""
    fresh: bool = False
    """Buy it, also where the account has bought the same before."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """The purchase at each vendor that may be asked, in order."""
        return (self.order, *self.others)

    def after_failure_of(self, vendor: str, model: str) -> Self:
        """Return the same with the model that failed moved to the end of the row."""
        first, *rest = sorted(self.orders, key=lambda order: (order.vendor, order.model) == (vendor, model))
        return self.model_copy(update={"order": first, "others": tuple(rest)})


class Take(Payload):
    """One clip that was made or brought, checked and stored."""

    scene: int
    key: str
    """Where the file lies in storage, e.g. `content/<item>/raw/r1-s1.mp4`."""
    sha256: str
    size_bytes: int
    duration: timedelta
    width_px: int
    height_px: int
    has_sound: bool
    cost_microusd: int = 0
    vendor: str = "own-footage"
    model: str = ""
    operation_id: str | None = None
    """The purchase behind it; None for a person's own clip."""
    stand_in: bool = False
    """True where an offline vendor made it."""
    why: str = ""
    """Why this vendor made it; empty where there was no choice."""
    file_name: str = ""
    """What a person calls the clip they brought; empty for a bought one."""
    reused_from: str | None = None
    """The purchase it was made by, where that was an earlier one: then it cost nothing."""


class Submission(Payload):
    """A scene a vendor has accepted."""

    operation_id: str
    handle: str
    vendor: str
    model: str
    item_id: str
    account_id: str
    round: int
    scene: int
    poll: timedelta
    """Between two readings of the job."""
    why: str = ""
    """Why it was this vendor's turn: the rule, and who was asked before and made nothing."""
    kept: Take | None = None
    """Set where nothing was bought: the account has this very scene from before."""


class SceneJob(Payload):
    """How a vendor's job ended."""

    made: bool
    charged_microusd: int
    reason: str = ""
    """Why nothing was made; empty otherwise."""


class FetchRequest(Payload):
    """A finished job, to be brought into storage."""

    submission: Submission
    charged_microusd: int


class FetchedClip(Payload):
    """A clip that was fetched and not looked at yet."""

    key: str
    sha256: str
    stand_in: bool
    """True where an offline vendor made it."""


class TakeRequest(Payload):
    """A fetched clip, to be checked and stored as a take."""

    submission: Submission
    charged_microusd: int
    clip: FetchedClip
