"""Publishes two leads, and prints what became of them: python3 lead.py <id> <id of a bad one>"""

import asyncio
import json
import os
import sys

import nats

SOURCE = "shop-python"


async def publish(js, id, lead):
    headers = {
        "ce-specversion": "1.0",
        "ce-type": "lead.created",
        "ce-source": SOURCE,
        "ce-id": id,
        # One lead's id: within ten minutes the broker stores nothing else under it; later, triage knows a repetition.
        "Nats-Msg-Id": f"{SOURCE}/{id}",
    }
    # Raises without the broker's ack: publish it again under the same id.
    ack = await js.publish("lead.created", json.dumps(lead).encode(), headers=headers)
    print(f"stored {id} in {ack.stream}")


async def main(good, bad):
    nc = await nats.connect(os.environ["NATS_URL"])
    js = nc.jetstream()
    # A durable consumer goes on where it stood.
    outcomes = await js.pull_subscribe("lead.outcome.*.*", durable=SOURCE, stream="PUBLIC")
    await publish(js, good, {"email": "jane.python@example.com", "leadData": {"source": "demo_request"}})
    await publish(js, bad, {"email": "jane at home", "leadData": {"source": "demo_request"}})
    waiting = {good, bad}
    while waiting:
        for message in await outcomes.fetch(10, timeout=60):
            outcome = json.loads(message.data)
            submission = outcome.get("submission", {})
            if submission.get("source") == SOURCE and submission.get("id") in waiting:
                fields = [reason.get("field", "") for reason in outcome.get("reasons", [])]
                print(message.headers["ce-type"], submission["id"], *fields)
                waiting.remove(submission["id"])
            await message.ack()
    await nc.close()


asyncio.run(main(*sys.argv[1:]))
