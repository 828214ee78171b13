package io.saccade.triton;

/** What a failed call means for the item it carried. */
public enum Fault {
    /** The item will fail the same way again: wrong shape or type, an unsupported operation, an answer that breaks the protocol. */
    PERMANENT,
    /** May pass later, with nothing wrong in the item: server away, model not loaded, deadline reached, backend failed. */
    PASSING,
    /** The item is fine and the server is full: slow down, then send it again. */
    OVERLOADED
}
