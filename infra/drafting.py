"""Which prompts and which model does this installation draft with?
Reads settings and the practice's folder of prompts.
Must never show the endpoint's key.
"""

from collections.abc import Mapping

from infra.refusal import Refusal
from infra.settings import Settings, variable
from schemas.model_call import Model
from streams.drafting.prompting import NotAPrompt, Prompt, prompts


def prompts_of(settings: Settings) -> Mapping[str, Prompt]:
    """The prompts by id. Raises Refusal naming the file that is not one."""
    try:
        return prompts(settings.prompts)
    except (NotAPrompt, OSError) as error:
        raise Refusal(f"{variable('prompts')}: {error}", exit_code=2) from None


def model_of(settings: Settings) -> Model | None:
    """The endpoint that is configured; None = the local drafter writes everything."""
    if settings.model_url is None or settings.model_name is None:
        return None
    from connectors.model import EndpointModel, ModelConfig  # its library takes a second to load

    return EndpointModel(
        ModelConfig(
            url=settings.model_url,
            name=settings.model_name,
            api_key="" if settings.model_key is None else settings.model_key.get_secret_value(),
            timeout_s=settings.model_timeout_s,
            at_once=settings.model_at_once,
            at_once_per_practice=settings.model_at_once_per_practice,
            dollars_per_day=settings.model_dollars_per_day,
            input_price=settings.model_input_price,
            output_price=settings.model_output_price,
        )
    )
