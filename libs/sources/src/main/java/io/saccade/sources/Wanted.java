package io.saccade.sources;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * An image that lies elsewhere.
 *
 * @param uri    absolute
 * @param tenant on whose behalf
 * @param sha256 what its bytes must have, or null when the event does not say
 * @param budget how long there is
 */
record Wanted(URI uri, String tenant, @Nullable String sha256, Budget budget) {}
