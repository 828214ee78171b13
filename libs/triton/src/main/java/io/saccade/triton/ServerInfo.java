package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Who answers.
 *
 * @param name       {@code "triton"} for NVIDIA's own
 * @param version    its version
 * @param extensions protocol extensions it speaks, such as {@code "statistics"}
 */
public record ServerInfo(String name, String version, List<String> extensions) {
    /** Copies the list. */
    public ServerInfo {
        requireNonNull(name, "name");
        requireNonNull(version, "version");
        extensions = List.copyOf(extensions);
    }
}
