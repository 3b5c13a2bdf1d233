"""The services' own protocols, as botocore's models of them say."""
