"""The sandbox in a process of its own; when its standard input ends, it writes down what it has seen."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from protem.sandbox import Demo, Sandbox, seed_demo
from protem.sandbox.server import serve

ACCOUNTS = 30
SETS = ("PowerUserAccess", "ReadOnlyAccess", "DatabaseOperator")
REQUESTERS = ("alice", "bob", "erin", "frank")
STANDING = (("alice", 0), ("erin", 1), ("bob", 2))
"""Who held ReadOnlyAccess in which of the accounts before Protem came."""


def account_id(number: int) -> str:
    return str(100_000_000_000 + number)


def made() -> tuple[Sandbox, Demo]:
    """Return a sandbox with AWS's own quotas, quick operations, and more accounts than the demo's."""
    sandbox = Sandbox(creation_seconds=(0.2, 0.8), deletion_seconds=(0.2, 0.8))
    demo = seed_demo(sandbox)
    for number in range(ACCOUNTS):
        sandbox.organization.add_account(
            account_id(number), name=f"chaos-{number}", unit=demo.units["Sandbox"]
        )
    for user, number in STANDING:
        sandbox.assignments.put(account_id(number), demo.permission_sets["ReadOnlyAccess"], demo.users[user])
    return sandbox, demo


def report(sandbox: Sandbox) -> dict[str, Any]:
    """Return the calls, the operations and the assignments that there are now."""
    return {
        "calls": [
            {
                "at": call.time.isoformat(),
                "operation": call.operation,
                "outcome": call.outcome,
                "triple": [
                    call.parameters.get(name) for name in ("TargetId", "PermissionSetArn", "PrincipalId")
                ],
            }
            for call in sandbox.calls.all()
        ],
        "operations": [
            {
                "kind": operation.kind,
                "triple": triple(operation.assignment),
                "finished_at": operation.finished_at.isoformat() if operation.finished_at else None,
                "succeeded": operation.status == "SUCCEEDED",
            }
            for operation in sandbox.operations.all()
        ],
        "held": [triple(assignment) for assignment in sandbox.assignments.all()],
    }


def triple(assignment: Any) -> list[str]:
    return [assignment.account_id, assignment.permission_set_arn, assignment.principal_id]


def main(port: int, path: Path) -> None:
    sandbox, _ = made()

    def tell() -> None:
        # A line asks for a report so far; the end of the input, for the last one.
        for _ in sys.stdin:
            path.with_suffix(".part").write_text(json.dumps(report(sandbox)))
            path.with_suffix(".part").rename(path)
            sys.stdout.write("told\n")
            sys.stdout.flush()
        os._exit(0)

    threading.Thread(target=tell, daemon=True).start()
    serve(sandbox=sandbox, port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
