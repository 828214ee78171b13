package io.saccade.protocol;

import java.nio.file.Path;

/** Where things lie in this checkout. */
final class Checkout {

    static final Path ROOT =
            Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath().normalize();

    private Checkout() {}

    static Path path(String relative) {
        return ROOT.resolve(relative);
    }
}
