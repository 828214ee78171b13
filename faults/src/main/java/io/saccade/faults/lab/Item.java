package io.saccade.faults.lab;

import io.saccade.faults.check.Owed;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record to be sent, and what it leads to.
 *
 * @param key     null for poison without one
 * @param value   null for poison without one
 * @param headers as text
 * @param owed    what must come of it
 */
@SuppressWarnings("ArrayRecordComponent") // made once, sent once
record Item(@Nullable String key, byte @Nullable [] value, Map<String, String> headers, Owed owed) {}
