"""One adapter per EHR: its rows, resources or webhooks in, canonical care changes out."""
