"""Connecting to Temporal, as its own environment variables say."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from schema.failure import Fault, Trouble
from schema.settings import Settings
from signals.converter import data_converter


async def connect(settings: Settings) -> Client:
    """Connect to Temporal as its own environment variables say. Raises `Trouble` where it does not answer."""
    metrics = PrometheusConfig(bind_address=settings.metrics_address) if settings.metrics_address else None
    runtime = Runtime(telemetry=TelemetryConfig(metrics=metrics))
    config = ClientConfig.load_client_connect_config()
    try:
        return await Client.connect(**config, data_converter=data_converter, runtime=runtime)
    except RuntimeError as error:
        raise Trouble(
            Fault.VENDOR_DOWN,
            f"Temporal does not answer at {config.get('target_host')!r}; check TEMPORAL_ADDRESS or start it",
        ) from error
