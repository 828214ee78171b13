package io.saccade.contract.event;

/**
 * Which model gave an answer.
 *
 * @param name    folder in the model repository, for example {@code caption}
 * @param version as the server reports it
 * @param family  for example {@code clip}, {@code coca}, {@code blip}
 */
public record ModelRef(String name, String version, String family) {

    public ModelRef {
        Check.id("model.name", name);
        Check.id("model.version", version);
        Check.id("model.family", family);
    }
}
