"""Every setting, from (in order of precedence) command-line flags, the environment and ``.env``.

A nested setting is written ``--axon.port 8091`` as a flag and ``AXON_PORT=8091`` in the
environment. Constants of the protocol and of scoring are not settings: all validators must agree
on them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    CliSuppress,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cgp.chat_settings import GatewaySettings, NatsSettings, WorkerSettings
from cgp.fediverse_settings import FediverseSettings, MastodonSettings
from cgp.model_settings import EmbedderSettings, LlmSettings
from cgp.mycelium_settings import FusekiSettings, MyceliumSettings
from cgp.settings_section import Section
from cgp.settings_sources import CodeInSettingsError, SettingsWithoutCode


def flag_of(place: Sequence[int | str]) -> str:
    """Return the flag of a neuron that sets what is at a place of the settings."""
    return f"--{'.'.join(str(part) for part in place)}"


def explain(error: ValidationError, name_of: Callable[[Sequence[int | str]], str] = flag_of) -> str:
    """Return the faults of settings as text, each by its flag, without values: some are secret.

    ``name_of`` gives another name of a setting, for those who set it in another way.
    """
    problems = (
        f"{name_of(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    )
    return "; ".join(problems)


DEFAULT_NETUID = 18
SECRET_FLAGS = ("api_key", "backend_key", "database_url")


def _network(name: str) -> str:
    """Return a network's name in small letters (``FINNEY`` is ``finney``), an address as it is."""
    return name if "://" in name else name.lower()


class SubtensorSettings(Section):
    """Address of the chain."""

    network: Annotated[str, AfterValidator(_network)] = Field(
        "local", description="local (embedded chain), test, finney, or a ws:// or wss:// address"
    )
    chain_file: Path | None = Field(
        None, description="file of the embedded chain (default: DATA_DIR/chain.sqlite)"
    )
    endpoints: str = Field(
        "", description="further ws:// or wss:// addresses of the network, with commas"
    )
    call_seconds: float = Field(
        20.0,
        gt=0,
        description="maximum seconds for one call to the chain (setting weights: five times)",
    )


class WalletSettings(Section):
    """Keys to sign with. A serving machine needs only the hotkey."""

    name: str = Field("default", description="wallet (coldkey) name")
    hotkey: str = Field("default", description="hotkey name")
    path: Path = Field(Path("~/.bittensor/wallets"), description="folder of the wallets")


class AxonSettings(Section):
    """Address at which a miner listens, and the address that it advertises on chain."""

    host: str = Field("0.0.0.0", description="address to bind")  # noqa: S104 - a miner serves the net
    port: int = Field(8091, ge=0, le=65535, description="port to bind (0: any free port)")
    external_ip: str | None = Field(None, description="address to advertise (default: detected)")
    external_port: int | None = Field(None, ge=1, le=65535, description="port to advertise")
    connections_per_address: int = Field(
        128, ge=1, description="maximum connections of one address (a proxy counts as one)"
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses whose X-Forwarded-For is believed, with commas"
    )


class MinerSettings(Section):
    """Service of a miner."""

    max_tags: int = Field(12, ge=1, le=64, description="maximum tags in an answer")
    concurrency: int = Field(4, ge=1, description="windows annotated at once")
    queue: int = Field(64, ge=1, description="maximum windows that wait; beyond it callers get 503")
    requests_per_minute: int = Field(
        3000, ge=1, description="maximum requests a minute per validator"
    )
    minimum_stake: float = Field(0.0, ge=0, description="minimum stake (TAO) of a caller")
    refresh_seconds: float = Field(
        30.0, gt=0, description="seconds between two readings of the metagraph"
    )
    chat: Literal["off", "own", "registered"] = Field(
        "off",
        description="also answer chats by the backend of WORKER_BACKEND: of hotkeys of the own coldkey, or "
        "of all registered ones (nothing is paid for it)",
    )


class ValidatorSettings(Section):
    """Work of a validator."""

    miners_per_window: int = Field(3, ge=1, description="miners asked about each window")
    windows_in_flight: int = Field(8, ge=1, description="windows sent out at once")
    requests_per_miner: int = Field(2, ge=1, description="requests to one miner at once")
    requests_per_minute: int = Field(
        2400, ge=1, description="requests a minute to one miner (keep it below the limit of miners)"
    )
    deadline_seconds: float = Field(12.0, gt=0, description="time a miner has for an answer")
    retries: int = Field(1, ge=0, le=3, description="tries again after a connection failure")
    max_tags: int = Field(24, ge=1, le=64, description="maximum tags in the ground truth")
    background_windows: int = Field(8, ge=0, description="windows of other conversations per task")
    ground_truth_passes: int = Field(
        1, ge=1, le=16, description="annotations behind a ground truth, by each of its annotators"
    )
    truth_annotators: str = Field(
        "",
        description="annotators of the ground truth, with commas (default: the one annotator)",
    )
    allow_embedded_truth: bool = Field(
        False,
        description="on test and finney, accept a ground truth that every miner can make itself",
    )
    gold_share: float = Field(
        0.05,
        ge=0,
        le=0.5,
        description="share of windows that are hidden gold ones, where there are any",
    )
    lease_seconds: float = Field(
        300.0, gt=0, description="seconds that a conversation stays leased"
    )
    poll_seconds: float = Field(5.0, gt=0, description="wait when there is no conversation to take")
    version_key: int = Field(0, ge=0, description="the subnet's weights version key")
    refresh_seconds: float = Field(
        30.0, gt=0, description="seconds between two readings of the metagraph"
    )
    seed: int = Field(0, description="seed of the choice of miners and background")
    health_host: str = Field("127.0.0.1", description="address of /healthz")
    health_port: int | None = Field(
        None, ge=0, le=65535, description="port of /healthz (none: off)"
    )


class WindowSettings(Section):
    """Cut of conversations into windows; see ``cgp.windows.WindowPlan``."""

    characters: int = Field(1800, ge=1, description="budget of text in a window")
    turns: int = Field(40, ge=1, description="maximum turns in a window")
    overlap: int = Field(2, ge=0, description="turns shared by neighbouring windows")


class ExpertsSettings(Section):
    """Experts of the tag model (docs/experts.md)."""

    ledger: Path | None = Field(
        None, description="folder of a ledger whose accepted experts the annotator uses"
    )
    weight_share: float = Field(
        0.0,
        ge=0.0,
        le=0.2,
        description="share of a validator's weights that pays for the ledger's experts (0: none)",
    )

    @model_validator(mode="after")
    def _need_a_ledger(self) -> Self:
        if self.weight_share and self.ledger is None:
            raise ValueError(
                "EXPERTS_WEIGHT_SHARE pays for the experts of a ledger: name it by EXPERTS_LEDGER"
            )
        return self


class PrivacySettings(Section):
    """Redaction of a conversation before it leaves the machine."""

    redact: bool = Field(True, description="replace personal data by placeholders")
    pseudonymise: bool = Field(False, description="replace participants' names by pseudonyms")
    names: Literal["none", "presidio"] = Field(
        "none", description="finder of other names in free text (presidio: the extra privacy)"
    )


class ApiSettings(Section):
    """Service of the CGP API (``cgp serve``)."""

    host: str = Field("127.0.0.1", description="address to bind")
    port: int = Field(8093, ge=0, le=65535, description="port to bind (0: any free port)")
    validators: str = Field(
        "",
        description="hotkeys that may validate, with commas (default: the subnet's permitted validators)",
    )
    minimum_stake: float = Field(0.0, ge=0, description="minimum stake (TAO) of a validator")
    refresh_seconds: float = Field(
        30.0, gt=0, description="seconds between two readings of the metagraph"
    )
    trusted_hosts: str = Field(
        "",
        description="names that it is reached by, with commas (default: this machine's and the bound address)",
    )
    trusted_proxies: str = Field(
        "", description="addresses of proxies whose X-Forwarded-For counts, with commas"
    )
    reads_per_minute: int = Field(
        600, ge=1, description="maximum reads a minute per address (or per API key)"
    )
    imports_per_minute: int = Field(600, ge=1, description="maximum imports a minute per API key")
    pushes_per_minute: int = Field(
        6000, ge=1, description="maximum requests a minute per validator"
    )


class ExplorerSettings(Section):
    """The pages of ``cgp serve``."""

    health_url: str = Field(
        "",
        description="health page of the validator that the live page shows, e.g. "
        "http://127.0.0.1:8092/healthz",
    )


class WandbSettings(Section):
    """Destination of measurements at Weights & Biases. Lines of JSON are always written."""

    mode: Literal["online", "offline", "disabled"] | None = Field(
        None, description="online, offline or disabled (default: online where WANDB_API_KEY is set)"
    )
    project: str = Field("conversation-genome", description="project there")
    entity: str | None = Field(None, description="user or team there (default: the key's)")
    api_key: CliSuppress[SecretStr | None] = Field(None, description="key of Weights & Biases")


class LogSettings(Section):
    """Level and format of the log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="minimum level of the log"
    )
    format: Literal["auto", "text", "json"] = Field("auto", description="auto: JSON unless a tty")


class Settings(BaseSettings):
    """All settings of a neuron and of the ``cgp`` command."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        frozen=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    netuid: int = Field(DEFAULT_NETUID, ge=0, description="the subnet's number")
    subtensor: SubtensorSettings = SubtensorSettings()
    wallet: WalletSettings = WalletSettings()
    axon: AxonSettings = AxonSettings()
    miner: MinerSettings = MinerSettings()
    validator: ValidatorSettings = ValidatorSettings()
    window: WindowSettings = WindowSettings()
    llm: LlmSettings = LlmSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    privacy: PrivacySettings = PrivacySettings()
    experts: ExpertsSettings = ExpertsSettings()
    mycelium: MyceliumSettings = MyceliumSettings()
    log: LogSettings = LogSettings()
    wandb: WandbSettings = WandbSettings()
    api: ApiSettings = ApiSettings()
    explorer: ExplorerSettings = ExplorerSettings()
    nats: NatsSettings = NatsSettings()
    gateway: GatewaySettings = GatewaySettings()
    worker: WorkerSettings = WorkerSettings()
    fuseki: FusekiSettings = FusekiSettings()
    mastodon: MastodonSettings = MastodonSettings()
    fediverse: FediverseSettings = FediverseSettings()
    account_name: str = Field(
        "", description="name of the actor; of the bot's account, where it is to be checked"
    )
    nutrial_tag: str = Field(
        "babyfungus", description="hashtag under which posts ask bot and actor"
    )
    mycelial_tag: str = Field(
        "", description="further hashtags under which posts ask them, with semicolons"
    )
    sleep_time: float = Field(
        5.0, ge=0.2, description="seconds between two trainings of a node (cgp mycelium up --every)"
    )
    annotator: str | None = Field(
        None,
        description="annotator, in one line (docs/annotators.md; default: from the LLM_ settings)",
    )
    cgp_api_url: str | None = Field(
        None,
        description="CGP API that a validator takes conversations from (default: its own store)",
    )
    min_quality: float = Field(
        0.0,
        ge=0,
        le=1,
        description="minimum quality (cgp quality) of conversations to mine, index and export",
    )
    data_dir: Path = Field(Path("data"), description="folder of everything that is stored")
    database_url: CliSuppress[SecretStr | None] = Field(
        None, description="SQLAlchemy URL of the store (default: SQLite, DATA_DIR/store.sqlite)"
    )
    openai_api_key: CliSuppress[SecretStr | None] = Field(None, description="key of OpenAI")
    anthropic_api_key: CliSuppress[SecretStr | None] = Field(None, description="key of Anthropic")
    groq_api_key: CliSuppress[SecretStr | None] = Field(None, description="key of Groq")
    openrouter_api_key: CliSuppress[SecretStr | None] = Field(None, description="key of OpenRouter")
    chutes_api_key: CliSuppress[SecretStr | None] = Field(None, description="key of Chutes")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic names it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let environment and ``.env`` name no code to run."""
        return (
            init_settings,
            SettingsWithoutCode(env_settings, "the environment"),
            SettingsWithoutCode(dotenv_settings, ".env"),
            file_secret_settings,
        )

    @classmethod
    def from_command_line(cls, arguments: Sequence[str] | None = None) -> Self:
        """Read flags (``sys.argv`` by default), the environment and ``.env``.

        Prints help or a usage error and exits, as a command line does. Secrets are refused as
        flags: every user of a machine can read the arguments of its processes.
        """
        flags = list(sys.argv[1:] if arguments is None else arguments)
        for argument in flags:
            flag = argument.partition("=")[0]
            if flag.startswith("--") and flag.endswith(SECRET_FLAGS):
                variable = flag.removeprefix("--").replace(".", "_").upper()
                sys.stderr.write(
                    f"error: {flag} is a secret and cannot be a flag\n"
                    f"hint: set {variable} in .env or the environment\n"
                )
                raise SystemExit(2)
        try:
            return cls(_cli_parse_args=flags)
        except ValidationError as error:
            sys.stderr.write(f"error: {explain(error)}\n")
            raise SystemExit(2) from None
        except CodeInSettingsError as error:
            sys.stderr.write(f"error: {error}\nhint: {error.remedy}\n")
            raise SystemExit(2) from None

    @property
    def chain_file(self) -> Path:
        """File of the embedded chain."""
        return self.subtensor.chain_file or self.data_dir / "chain.sqlite"

    @property
    def index_dir(self) -> Path:
        """Folder of the search index."""
        return self.data_dir / "index"

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the store."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'store.sqlite').absolute()}"
