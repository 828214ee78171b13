package io.saccade.cli;

import picocli.CommandLine.IVersionProvider;

/** Reads the version from the jar. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        var version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "saccade " + (version == null ? "(not from a jar)" : version) + ", Java " + Runtime.version()
        };
    }
}
