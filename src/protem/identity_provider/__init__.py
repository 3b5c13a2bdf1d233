"""The organization's identity provider, by OpenID Connect: whose token this is, and logging in."""
