# 1. Alice asks for two minutes in production
REQUEST=$(PROTEM_TOKEN=$ALICE protem request --quiet --target shop-prod/AdministratorAccess \
  --duration 2m --justification 'Order 4711 hangs')

# 2. Dave reads what she asks for, and approves
PROTEM_TOKEN=$DAVE protem approve $REQUEST --yes

# 3. A few seconds later she is in: Protem says so, and so does the sandbox, which answers as AWS would
PROTEM_TOKEN=$ALICE protem grants
curl -sS -H "Authorization: Bearer $ADMIN" $PROTEM_URL/v1/assignments | python3 -m json.tool
curl -sS @AWS@ --aws-sigv4 aws:amz:eu-central-1:sso --user any:any \
  -H 'Content-Type: application/x-amz-json-1.1' \
  -H 'X-Amz-Target: SWBExternalService.ListAccountAssignments' \
  -d '{"InstanceArn": "@INSTANCE@", "AccountId": "@ACCOUNT@", "PermissionSetArn": "@PERMISSION_SET@"}'; echo

# 4. After the two minutes, the commands of step 3 show that it is gone; this one waits for that
sleep 130; PROTEM_TOKEN=$ALICE protem grants

# Why not? A dry run gives each rule's answer, who could approve, and what would pass instead
PROTEM_TOKEN=$ALICE protem request --dry-run --target shop-prod/AdministratorAccess \
  --duration 5h --justification 'Order 4711 hangs'

# Three in the morning: Dave breaks glass and is in at once, an admin stops it all, and Judy looks at what was done
PROTEM_TOKEN=$DAVE protem request --target payments-prod/AdministratorAccess --duration 30m \
  --justification 'Nothing can be ordered, and nobody answers'
PROTEM_TOKEN=$ADMIN protem lock account payments-prod --reason 'Taken over by the responders' --for 10m
PROTEM_TOKEN=$DAVE protem grants
REVIEW=$(PROTEM_TOKEN=$JUDY protem reviews --open --json \
  | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
PROTEM_TOKEN=$JUDY protem review $REVIEW --yes --comment 'It was needed; CloudTrail agrees'

# And anyone can check: an auditor takes a copy of the record, which proves itself
PROTEM_TOKEN=$AUDITOR protem audit export | protem audit verify - --key $AUDIT_KEY

# The same without the command line: Alice asks, and Dave answers in chat, through the bot
REQUEST=$(curl -sS $PROTEM_URL/v1/requests -H "Authorization: Bearer $ALICE" -H 'Content-Type: application/json' \
  -d '{"targets": [{"account": "data-prod", "permission_set": "AdministratorAccess"}], "duration": "PT2M",
       "justification": "The nightly load hangs"}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
DIGEST=$(curl -sS $PROTEM_URL/v1/requests/$REQUEST -H "Authorization: Bearer $SLACK" -H 'Act-As: dave@example.com' \
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["digest"])')
curl -sS $PROTEM_URL/v1/requests/$REQUEST/decisions -H "Authorization: Bearer $SLACK" -H 'Act-As: dave@example.com' \
  -H 'Content-Type: application/json' -d '{"decision": "approve", "digest": "'$DIGEST'"}' | python3 -m json.tool
