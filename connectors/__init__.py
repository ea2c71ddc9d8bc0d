"""Everything that touches the outside: EHR adapters, change capture, the sink. Imports schemas only."""
