"""From a completed session to a grounded draft: gates, de-identification, request, local drafter, grounding."""
