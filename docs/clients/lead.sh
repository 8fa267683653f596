#!/bin/sh
# Posts two leads as CloudEvents, and prints the answers: sh lead.sh <id> <id of a bad one>
post() {
  curl --silent --show-error --max-time 60 "$INGEST_URL/v1/leads" -H 'content-type: application/json' \
    -H 'ce-specversion: 1.0' -H 'ce-type: lead.created' -H 'ce-source: shop-curl' -H "ce-id: $1" --data "$2"
  echo
}
# 202 once the lead is stored, with its id, <ce-source>/<ce-id>. On 429 and 503 post it again under the same id.
post "$1" '{"email":"jane.curl@example.com","leadData":{"source":"demo_request"}}'
# 400, application/problem+json: the fields at once, and nothing is stored.
post "$2" '{"email":"jane at home","leadData":{"source":"demo_request"}}'
