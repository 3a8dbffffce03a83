"""The hub of pretrained weights: whether it is in reach, asked once for a whole run."""

from __future__ import annotations

#: Why a model got live weights, as the descriptor says it.
ASKED = "asked for"
NO_WEIGHTS = "timm names no pretrained weights for it"
OUT_OF_REACH = "the hub of pretrained weights is not in reach, and they are not in its local cache"

PROBE_SECONDS = 3.0


def in_reach() -> bool:
    """Asks the hub for its first page, through the same client (proxies, endpoint, offline mode) that downloads."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        status = get_session().head(constants.ENDPOINT, timeout=PROBE_SECONDS).status_code
    except Exception:  # the client's releases have different errors for the same thing: no answer
        return False
    return status < 500 and status not in (401, 403, 407)
