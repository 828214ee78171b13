package io.saccade.protocol;

import io.grpc.Status;

/**
 * One question, with what the protocol demands of the last of its answers. The whole answers of Triton are in {@link Recording}.
 *
 * @param group what it is about
 * @param name  says in words what is asked; with the group unique
 * @param code  status of the answer
 * @param part  has to be in the text of the answer; may be empty
 */
record Case(String group, String name, Call call, Status.Code code, String part) {

    String title() {
        return group + ": " + name;
    }
}
