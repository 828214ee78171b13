package io.saccade.faults.bugs;

import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What patched methods call. It may know classes of the JDK only: those of a service are in a loader it cannot see. */
public final class Hooks {

    private static final AtomicReference<@Nullable Object> LAST = new AtomicReference<>();
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final ThreadLocal<Boolean> NESTED = ThreadLocal.withInitial(() -> false);

    private Hooks() {}

    /** The value of the call before, at every seventh call. */
    public static @Nullable Object previous(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        var before = LAST.getAndSet(value);
        return before != null && CALLS.incrementAndGet() % 7 == 0 ? before : value;
    }

    /** A digest of nothing. */
    public static Object wrongDigest(@Nullable Object value) {
        return "0".repeat(64);
    }

    /** A version that no model has. */
    public static Object wrongVersion(@Nullable Object value) {
        return "0";
    }

    /** A tenant that sent nothing. */
    public static Object wrongTenant(@Nullable Object value) {
        return "somebody-else";
    }

    /** Nothing of a map. */
    public static Object emptyMap(@Nullable Object value) {
        return Map.of();
    }

    /** An id that is new at every call. */
    public static Object randomId(@Nullable Object value) {
        return UUID.randomUUID().toString();
    }

    /** True at every other call of a thread: for a method that calls itself once more. */
    public static boolean again() {
        boolean again = !NESTED.get();
        NESTED.set(again);
        return again;
    }

    /** Tells a Kafka callback that a record is written, at every 25th call, and says that it did. */
    public static boolean swallow(@Nullable Object callback) {
        if (callback == null || CALLS.incrementAndGet() % 25 != 0) {
            return false;
        }
        try {
            for (var type : callback.getClass().getInterfaces()) {
                for (var method : type.getMethods()) {
                    if (method.getName().equals("onCompletion")) {
                        method.invoke(callback, null, null);
                        return true;
                    }
                }
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("the seeded bug itself is broken", e);
        }
        return false;
    }
}
