package io.saccade.cli.stack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** How much memory a process holds. */
public final class Memory {

    private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final long KIB = 1024;

    private Memory() {}

    /** Resident bytes of a process and of those it started: Triton runs each model in one. Empty when the system does not tell. */
    public static OptionalLong resident(ProcessHandle process) {
        var own = resident(process.pid());
        return own.isEmpty()
                ? own
                : OptionalLong.of(own.getAsLong()
                        + process.descendants()
                                .mapToLong(child -> resident(child.pid()).orElse(0))
                                .sum());
    }

    /** Resident bytes of a process; empty when the system does not tell. */
    public static OptionalLong resident(long pid) {
        var status = Path.of("/proc", Long.toString(pid), "status");
        try {
            if (Files.exists(status)) {
                var rss = RSS.matcher(Files.readString(status));
                return rss.find() ? OptionalLong.of(Long.parseLong(rss.group(1)) * KIB) : OptionalLong.empty();
            }
            var ps = new ProcessBuilder("ps", "-o", "rss=", "-p", Long.toString(pid)).start();
            var answer = new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return answer.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(answer) * KIB);
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
