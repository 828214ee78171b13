package io.saccade.encoder;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;

/** What the encoder can be told beyond what every stage can. */
@ConfigMapping(prefix = "saccade.encoder")
public interface EncoderConfig {

    /** Labels and prompt templates; {@code labels.json} in the model's folder, if there is one, when left out. */
    Optional<Path> labels();

    /** The model that embeds texts into the same space. */
    @WithDefault("text-embedding")
    String textModel();

    /** How many labels a result lists, best first; 0 for none. */
    @WithDefault("5")
    int topLabels();
}
