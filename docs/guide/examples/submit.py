#!/usr/bin/env python3
"""Submits an image: submit.py BOOTSTRAP FILE [--id ID] [--question TEXT]...

Prints the image's id. Needs confluent-kafka (pip install confluent-kafka).
The file travels in the event, so it may have 1 MiB at most.
"""
import argparse
import base64
import json
import pathlib
import sys
import uuid

from confluent_kafka import Producer

parser = argparse.ArgumentParser()
parser.add_argument("bootstrap")
parser.add_argument("file", type=pathlib.Path)
parser.add_argument("--id", default=None)
parser.add_argument("--question", action="append", default=[])
options = parser.parse_args()

image = options.file.read_bytes()
if len(image) > 1 << 20:
    sys.exit(f"submit.py: {options.file} has {len(image)} bytes, more than 1 MiB; send it by uri instead")
image_id = options.id or f"{options.file.name}-{uuid.uuid4()}"
event = {
    "id": image_id,
    "image": {"inline": base64.b64encode(image).decode()},
    "questions": [{"id": f"q{i}", "text": text} for i, text in enumerate(options.question, 1)],
}

producer = Producer({
    "bootstrap.servers": options.bootstrap,
    # Waits for all in-sync replicas, and a retry makes no duplicate.
    "enable.idempotence": True,
    "message.max.bytes": 2097152,
})
errors = []
producer.produce(
    "saccade.images",
    key=image_id,
    value=json.dumps(event),
    headers={
        "ce_specversion": "1.0",
        "ce_id": image_id,
        "ce_type": "io.saccade.image-submitted.v1",
        "ce_source": "/examples/python",
        "ce_subject": image_id,
        "content-type": "application/json",
    },
    on_delivery=lambda error, _: errors.append(error) if error else None,
)
if producer.flush(30) or errors:
    sys.exit(f"submit.py: {image_id} was not delivered: {errors[0] if errors else 'no answer in 30 s'}")
print(image_id)
