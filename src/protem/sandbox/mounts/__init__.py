"""Two ways to reach one sandbox: a botocore hook, and ASGI."""
