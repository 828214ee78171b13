package io.saccade.moderator;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** What the moderator can be told beyond what every stage can. */
@ConfigMapping(prefix = "saccade.moderator")
public interface ModeratorConfig {

    /**
     * The policy: which score of which category calls for a review or a block. When left out, every category of the model
     * blocks at the model's own threshold and calls for a review at half of it.
     */
    Optional<Path> policy();
}
