package io.saccade.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Follows the links between our pages. */
class LinksTest {

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:|#)([^)#]+)(#[^)]*)?\\)");

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        // Given
        var pages = new ArrayList<Path>();
        for (var folder : List.of("docs", "helm/saccade", "deploy")) {
            try (Stream<Path> files = Files.walk(Yaml.ROOT.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
            }
        }
        for (var page : List.of("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")) {
            pages.add(Yaml.ROOT.resolve(page));
        }

        // When
        var broken = new ArrayList<String>();
        for (var page : pages) {
            LINK.matcher(Files.readString(page)).results().forEach(link -> {
                if (!Files.exists(page.resolveSibling(link.group(1)))) {
                    broken.add(Yaml.ROOT.relativize(page) + " -> " + link.group(1));
                }
            });
        }

        // Then
        assertThat(pages).hasSizeGreaterThan(10);
        assertThat(broken).isEmpty();
    }
}
