package io.saccade.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the dashboard against the catalogue of metrics. */
class DashboardTest {

    private static final Pattern METRIC = Pattern.compile("\\b(?:saccade|kafka|jvm|nv|process)_\\w+");
    private static final Pattern ROW = Pattern.compile(
            "(?m)^\\| `(\\w+)` \\| (counter|gauge|histogram|timer) \\| ([^|]+) \\|" + " ([^|]*) \\| (.+) \\|$");
    private static final Set<String> WORDS =
            Set.of("sum", "max", "by", "rate", "histogram_quantile", "le", "area", "heap", "__rate_interval");

    @Test
    void showsOnlyMetricsOfTheCatalogue() throws IOException {
        // Given
        var catalogue = catalogue();

        // When
        var unknown = new ArrayList<String>();
        for (var panel : panels()) {
            for (var target : panel.path("targets")) {
                METRIC.matcher(target.path("expr").asText()).results().forEach(metric -> {
                    if (!catalogue.contains(metric.group())) {
                        unknown.add(panel.path("title").asText() + ": " + metric.group());
                    }
                });
            }
        }

        // Then
        assertThat(unknown).isEmpty();
    }

    @Test
    void showsEveryMetricOfTheStagesTheCallsAndTheJoin() throws IOException {
        var shown = panels().stream()
                .flatMap(panel -> panel.path("targets").findValuesAsText("expr").stream())
                .toList();
        for (var line : ROW.matcher(page()).results().toList()) {
            if (line.group(1).startsWith("saccade_")) {
                assertThat(shown).as(line.group(1)).anyMatch(expression -> expression.contains(line.group(1)));
            }
        }
    }

    @Test
    void groupsOnlyByTagsTheMetricHas() throws IOException {
        // Given
        var page = page();

        // Then
        for (var panel : panels()) {
            for (var target : panel.path("targets")) {
                var expression = target.path("expr").asText();
                var metric = METRIC.matcher(expression)
                        .results()
                        .findFirst()
                        .orElseThrow()
                        .group();
                var tags = ROW.matcher(page)
                        .results()
                        .filter(row -> names(row.group(1), row.group(2)).contains(metric))
                        .map(row -> row.group(4))
                        .findFirst()
                        .orElseThrow();
                Pattern.compile("\\{\\{(\\w+)}}")
                        .matcher(target.path("legendFormat").asText())
                        .results()
                        .forEach(tag -> assertThat(tags + "`service`")
                                .as("%s by %s", expression, tag.group(1))
                                .contains("`" + tag.group(1) + "`"));
            }
        }
    }

    @Test
    void explainsEveryPanelAndNamesItsUnit() throws IOException {
        assertThat(panels()).hasSizeGreaterThanOrEqualTo(15).allSatisfy(panel -> {
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.path("description").asText()).hasSizeGreaterThan(20);
            assertThat(panel.at("/fieldConfig/defaults/unit").asText()).isNotBlank();
            assertThat(panel.path("targets")).isNotEmpty();
            assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
        });
    }

    @Test
    void placesPanelsBesideEachOther() throws IOException {
        var taken = new HashSet<String>();
        var ids = new HashSet<Integer>();
        for (var panel : dashboard().path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            var place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(24);
            for (int x = 0; x < place.path("w").asInt(); x++) {
                for (int y = 0; y < place.path("h").asInt(); y++) {
                    var cell = (place.path("x").asInt() + x) + ","
                            + (place.path("y").asInt() + y);
                    assertThat(taken.add(cell)).as(panel.path("title").asText()).isTrue();
                }
            }
        }
    }

    @Test
    void usesNoNameThatThisTestOverlooks() throws IOException {
        for (var panel : panels()) {
            for (var target : panel.path("targets")) {
                var bare = target.path("expr")
                        .asText()
                        .replaceAll("\\([^()]*\\) \\(", "(")
                        .replaceAll("\\{[^}]*}", "");
                Pattern.compile("[a-z_]\\w+")
                        .matcher(bare)
                        .results()
                        .map(word -> word.group())
                        .forEach(word -> assertThat(WORDS.contains(word)
                                        || METRIC.matcher(word).matches())
                                .as(word)
                                .isTrue());
            }
        }
    }

    private static Set<String> catalogue() throws IOException {
        var names = new HashSet<String>();
        ROW.matcher(page()).results().forEach(row -> names.addAll(names(row.group(1), row.group(2))));
        assertThat(names).isNotEmpty();
        return names;
    }

    private static List<String> names(String metric, String type) {
        return switch (type) {
            case "histogram" -> List.of(metric + "_bucket", metric + "_count", metric + "_sum");
            case "timer" -> List.of(metric + "_count", metric + "_sum", metric + "_max");
            default -> List.of(metric);
        };
    }

    private static String page() throws IOException {
        return Files.readString(Yaml.ROOT.resolve("docs/reference/metrics.md"));
    }

    private static JsonNode dashboard() {
        return Yaml.read(Yaml.ROOT.resolve("deploy/observability/dashboards/saccade.json"));
    }

    private static List<JsonNode> panels() {
        var panels = new ArrayList<JsonNode>();
        dashboard().path("panels").forEach(panel -> {
            if (!panel.path("type").asText().equals("row")) {
                panels.add(panel);
            }
        });
        return panels;
    }
}
