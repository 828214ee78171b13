package io.saccade.modelserver;

import io.grpc.Status;
import io.saccade.modelserver.batching.Job;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A decoupled model that computes nothing: for tests of clients that read several answers to one request. Its tensors are those of Triton's
 * own backend {@code repeat}, but {@code IN} may have any type.
 *
 * <ul>
 *   <li>{@code IN}: for each element there is one answer, whose {@code OUT} is that element and whose {@code IDX} is its position
 *   <li>{@code DELAY}: milliseconds before each answer, as many as elements in {@code IN}; may be left out where the configuration says
 *       optional
 *   <li>{@code WAIT}: milliseconds after the last answer, before the request is over; may be left out likewise
 *   <li>{@code FAIL}: ours; positions whose answer is an error instead
 * </ul>
 *
 * <p>As in Triton, the last answer does not know that it is the last: the final flag comes alone.
 */
final class Repeat implements Decoupled.Script {
    @Override
    public void answer(Job job, Decoupled.Answers answers) throws InterruptedException {
        Tensor in = job.input("IN").orElseThrow(); // the configuration demands it
        int count = (int) in.shape().elements();
        long[] delays = values(job, "DELAY");
        if (delays.length > 0 && delays.length != count) {
            throw Status.INVALID_ARGUMENT
                    .withDescription(
                            "expected IN and DELAY shape to match, got [" + count + "] and [" + delays.length + "]")
                    .asRuntimeException();
        }
        Set<Integer> failing = new HashSet<>();
        for (long position : values(job, "FAIL")) {
            failing.add((int) position);
        }
        for (int i = 0; i < count; i++) {
            answers.pause(delays.length == 0 ? 0 : delays[i]);
            if (failing.contains(i)) {
                answers.fail(Status.INTERNAL.withDescription("answer " + i + " fails, as FAIL asks for it"));
            } else {
                answers.add(Map.of("OUT", element(in, i), "IDX", index(i)));
            }
        }
        long[] wait = values(job, "WAIT");
        answers.pause(wait.length == 0 ? 0 : wait[0]);
    }

    private static long[] values(Job job, String name) {
        return job.input(name).map(Tensor::asLongs).orElse(new long[0]);
    }

    private static Tensor element(Tensor in, int index) {
        if (!in.type().isFixedSize()) {
            return Tensor.bytes("OUT", Shape.of(1), List.of(in.asBytes().get(index)));
        }
        int size = in.type().size();
        return Tensor.of("OUT", in.type(), Shape.of(1), in.data().substring(index * size, (index + 1) * size));
    }

    private static Tensor index(int index) {
        return Tensor.of(
                "IDX",
                DataType.UINT32,
                Shape.of(1),
                Tensor.int32("IDX", Shape.of(1), index).data());
    }
}
