"""The fashion application: catalogues, recommenders trained on pixels, designing and restyling for a customer."""
