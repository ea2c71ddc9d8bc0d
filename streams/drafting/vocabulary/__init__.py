"""The controlled words of a draft: themes and interventions, as data beside the code that reads them."""
