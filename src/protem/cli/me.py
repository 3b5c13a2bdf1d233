"""`protem whoami`: whom the API takes a caller for."""

from protem.cli import options, output
from protem.cli.client import connect


def whoami(*, act_as: options.ActAs = None, as_json: options.AsJson = False) -> None:
    """Say whom the API takes you for, and what you may do."""
    with connect(act_as=act_as) as client:
        me = client.get("/v1/me")
    if as_json:
        output.show_json(me)
        return
    output.say(f"Token {output.clean(me['name'])}, of the kind {output.clean(me['role'])}")
    if me["person"]:
        groups = ", ".join(output.clean(group["name"]) for group in me["person"]["groups"]) or "no group"
        through = f", through {output.clean(me['service'])}" if me["service"] else ""
        output.say(f"Acts with the rights of {output.clean(me['person']['user_name'])}{through}, in {groups}")
    if me["offices"]:
        output.say(f"Is {' and '.join(output.clean(office) for office in me['offices'])} by these groups")
    output.say(f"May use {', '.join(output.clean(verb) for verb in me['may'])}")
