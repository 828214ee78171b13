#!/usr/bin/env python3
"""Prints joined answers: consume.py BOOTSTRAP [--id ID] [--count N] [--timeout SECONDS]

One line for each record: status, id, and what was found. With --id only that image; stops after --count records, and
with exit code 1 if they have not come in time. Needs confluent-kafka (pip install confluent-kafka).
"""
import argparse
import json
import sys
import time

from confluent_kafka import Consumer, KafkaException

parser = argparse.ArgumentParser()
parser.add_argument("bootstrap")
parser.add_argument("--id", default=None)
parser.add_argument("--count", type=int, default=1)
parser.add_argument("--timeout", type=float, default=60)
parser.add_argument("--group", default="saccade-example")
parser.add_argument("--json", action="store_true", help="print headers and value as one line of JSON instead")
options = parser.parse_args()

consumer = Consumer({
    "bootstrap.servers": options.bootstrap,
    "group.id": options.group,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    # The joiner writes in transactions; a reader must not see the ones that were rolled back.
    "isolation.level": "read_committed",
})
consumer.subscribe(["saccade.enriched"])
left = options.count
end = time.monotonic() + options.timeout
try:
    while left > 0 and time.monotonic() < end:
        record = consumer.poll(1.0)
        if record is None:
            continue
        if record.error():
            raise KafkaException(record.error())
        headers = {name: value.decode() for name, value in record.headers() or []}
        if headers["ce_type"] != "io.saccade.image-enriched.v1":
            continue  # a later version, or something that this program does not know
        event = json.loads(record.value())
        if options.id not in (None, event["id"]):
            continue
        left -= 1
        if options.json:
            print(json.dumps({"key": record.key().decode(), "headers": headers, "value": event}), flush=True)
            continue
        # Fields that are not there mean "none"; fields that are not known here are ignored.
        found = []
        for task, part in event["parts"].items():
            if part["state"] != "OK":
                found.append(f"{task}: {part['state'].lower()} ({part['reason']['message']})")
            elif task == "caption":
                found.append(f"caption: {part['result']['text']}")
            elif task == "answers":
                found += [f"{item['question']} {item['answer']}" for item in part["result"]["items"]]
            elif task == "moderation":
                found.append(f"moderation: {part['result']['verdict'].lower()}")
            elif task == "embedding":
                vector = part["result"]["vector"]
                found.append(f"embedding: {len(vector)} numbers in {part['result']['space']}")
        print(f"{event['status']}\t{event['id']}\trevision {event['revision']}\t{'; '.join(found)}", flush=True)
    if left < options.count:
        consumer.commit(asynchronous=False)
finally:
    consumer.close()
if left > 0:
    sys.exit(f"consume.py: {options.count - left} of {options.count} records came in {options.timeout:g} s")
