"""Uses a server as NVIDIA's Python client does: official_client.py HOST:PORT. Fails at the first thing that is not right."""

import queue
import sys

import numpy as np
import tritonclient.grpc as grpcclient
from tritonclient.utils import InferenceServerException


def tensor(name, kind, array):
    entry = grpcclient.InferInput(name, array.shape, kind)
    entry.set_data_from_numpy(array)
    return entry


def sums():
    a = np.arange(16, dtype=np.int32).reshape(1, 16)
    b = np.ones((1, 16), dtype=np.int32)
    return a, b, [tensor("A", "INT32", a), tensor("B", "INT32", b)]


def check_sum(result):
    a, b, _ = sums()
    assert (result.as_numpy("SUM") == a + b).all(), result.as_numpy("SUM")
    assert (result.as_numpy("DIFF") == a - b).all(), result.as_numpy("DIFF")


def answer(done):
    result, error = done.get(timeout=60)
    if error is not None:
        raise error
    return result


def main(endpoint):
    with grpcclient.InferenceServerClient(endpoint) as client:
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("add_sub")
        assert not client.is_model_ready("nope")
        assert client.get_model_metadata("add_sub").inputs[0].name == "A"
        assert client.get_model_config("add_sub").config.max_batch_size == 8
        print("health, metadata, configuration")

        check_sum(client.infer("add_sub", sums()[2], request_id="1"))
        only = client.infer("add_sub", sums()[2], outputs=[grpcclient.InferRequestedOutput("DIFF")])
        assert only.as_numpy("SUM") is None and only.as_numpy("DIFF") is not None
        try:
            client.infer("add_sub", sums()[2][:1])
            raise AssertionError("an input was missing, and nobody said so")
        except InferenceServerException as e:
            assert e.status() == "StatusCode.INVALID_ARGUMENT", e
        print("infer")

        words = np.array([["one".encode(), "zwölf".encode(), b""]], dtype=np.object_)
        back = client.infer("identity_bytes", [tensor("IN", "BYTES", words)]).as_numpy("OUT")
        assert (back == words).all(), back
        print("strings")

        done = queue.Queue()
        for _ in range(20):
            client.async_infer("add_sub", sums()[2], callback=lambda result, error: done.put((result, error)))
        for _ in range(20):
            check_sum(answer(done))
        print("async")

        client.start_stream(callback=lambda result, error: done.put((result, error)))
        for number in range(5):
            client.async_stream_infer("add_sub", sums()[2], request_id=str(number))
        for number in range(5):
            result = answer(done)
            check_sum(result)
            assert result.get_response().id == str(number), result.get_response().id
        client.stop_stream()
        print("stream")

        client.load_model("comes_and_goes")
        assert client.is_model_ready("comes_and_goes")
        client.unload_model("comes_and_goes")
        assert not client.is_model_ready("comes_and_goes")
        assert any(model.name == "comes_and_goes" for model in client.get_model_repository_index().models)
        assert client.get_inference_statistics("add_sub").model_stats[0].inference_count == 27
        print("model control, statistics")


if __name__ == "__main__":
    main(sys.argv[1])
