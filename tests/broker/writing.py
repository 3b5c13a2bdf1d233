"""Documents of one entitlement, as the tests of the language write them."""

OFFICE = (
    "{time_zone: Europe/Berlin, windows: [{days: [tue, mon], from: '08:00', to: '18:00'},"
    " {days: [sat], from: 22:00, to: 00:00}]}"
)
STEP = "{steps: [{name: a, approvers: {users: [x]}, when: %s}]}"
TRUSTED = "trusted_tags: [env, owner, risk]\n"
NEEDED = {
    "requesters": "{groups: [engineers]}",
    "permission_sets": "{names: [ReadOnlyAccess]}",
    "accounts": '{ids: ["111122223333"]}',
    "duration": "{default: PT1H, maximum: PT4H}",
}


def written(trusted: str = TRUSTED, **keys: str) -> str:
    """Return a document of one entitlement, each key on a line of its own."""
    lines = "".join(f"    {key}: {value}\n" for key, value in {**NEEDED, **keys}.items())
    return f"{trusted}entitlements:\n  - name: it\n{lines}"
