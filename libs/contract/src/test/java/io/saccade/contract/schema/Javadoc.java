package io.saccade.contract.schema;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the sources say about a type and its components: javadoc is not there at run time, the sources are. */
final class Javadoc {

    private static final Pattern VALUE = Pattern.compile("\\{@value #(\\w+)}");

    private Javadoc() {}

    /** The first paragraph above a type. */
    static Optional<String> of(Class<?> type) {
        return comment(type).map(comment -> comment.split("\n@|<p>", 2)[0]).map(text -> plain(type, text));
    }

    /** What {@code @param} says about a record's component. */
    static Optional<String> of(Class<?> type, String component) {
        return comment(type).flatMap(comment -> {
            var param = Pattern.compile("(?s)\n@param " + component + "\\s+(.*?)(?=\n@|$)")
                    .matcher(comment);
            return param.find() ? Optional.of(plain(type, param.group(1))) : Optional.empty();
        });
    }

    /** What stands above each constant of an enum. */
    static String constants(Class<? extends Enum<?>> type) {
        return Arrays.stream(type.getEnumConstants())
                .flatMap(constant -> Pattern.compile("/\\*\\* ([^\n]*?) \\*/\\s+" + constant.name() + "\\b")
                        .matcher(source(type))
                        .results()
                        .map(said -> " " + SchemaWriter.json(constant) + ": " + plain(type, said.group(1))))
                .collect(Collectors.joining());
    }

    private static Optional<String> comment(Class<?> type) {
        var above = Pattern.compile("(?s)/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[^\n]*\n\\s*)*public (?:final )?"
                        + "(?:record|enum|class) " + type.getSimpleName() + "\\b")
                .matcher(source(type));
        return above.find()
                ? Optional.of(above.group(1).lines().map(Javadoc::withoutStar).collect(Collectors.joining("\n")))
                : Optional.empty();
    }

    private static String withoutStar(String line) {
        return line.strip().replaceFirst("^\\*\\s?", "");
    }

    private static String plain(Class<?> type, String text) {
        return VALUE.matcher(text)
                .replaceAll(value -> Matcher.quoteReplacement(constant(type, value.group(1))))
                .replaceAll("\\{@(?:code|link) #?([^}]*)}", "$1")
                .replaceAll("</?\\w+>", "")
                .replaceAll("\\s+", " ")
                .replace("; null when", "; left out when")
                .replace("; null without", "; left out without")
                .strip();
    }

    private static String constant(Class<?> type, String name) {
        try {
            return String.valueOf(type.getField(name).get(null));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("no public constant " + name + " in " + type, e);
        }
    }

    private static String source(Class<?> type) {
        var file = type.getNestHost().getName().replace('.', '/') + ".java";
        try {
            return Files.readString(Path.of("src", "main", "java").resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
