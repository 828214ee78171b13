package io.saccade.sources;

/** One way from an address to bytes. Thread-safe; may block; the digest of the event is verified by who calls. */
interface ImageSource {

    /**
     * Reads the bytes.
     *
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    Fetched fetch(Wanted wanted) throws InterruptedException;

    /** A source that lies on other machines, which can be slow, full or broken. */
    interface Remote extends ImageSource {

        /** What is limited and left alone together: the host, or the bucket. Bounded in length; holds no secret. */
        String host(Wanted wanted);

        /** Why it will not even be asked, or null. Cheap; asked before anything is taken from a cache. */
        Fetched.@org.jspecify.annotations.Nullable Refused forbids(Wanted wanted);
    }
}
