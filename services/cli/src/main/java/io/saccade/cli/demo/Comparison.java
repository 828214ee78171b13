package io.saccade.cli.demo;

import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.Moderation;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What differs between what was drawn and what was answered. */
public final class Comparison {

    private Comparison() {}

    /**
     * The differences, a sentence each; none when everything is as drawn.
     *
     * @param answer null when none came
     */
    public static List<String> differences(DemoPicture picture, @Nullable ImageEnriched answer) {
        if (answer == null) {
            return List.of("no joined answer came");
        }
        var expect = picture.expect();
        var differences = new ArrayList<String>();
        if (expect.status() != null) {
            add(differences, "status", expect.status().name(), answer.status().name());
        }
        if (expect.verdict() != null) {
            Moderation moderation = answer.parts().moderation().result();
            add(
                    differences,
                    "verdict",
                    expect.verdict().name(),
                    moderation == null ? "none" : moderation.verdict().name());
        }
        if (expect.caption() != null) {
            Caption caption = answer.parts().caption().result();
            add(differences, "caption", expect.caption(), caption == null ? "none" : caption.text());
        }
        if (expect.answers() != null) {
            answers(picture, expect.answers(), answer.parts().answers().result(), differences);
        }
        return differences;
    }

    private static void answers(
            DemoPicture picture, List<String> expected, @Nullable Answers came, List<String> differences) {
        for (int i = 0; i < expected.size(); i++) {
            var question = i < picture.questions().size() ? picture.questions().get(i) : "question " + (i + 1);
            var answer = came != null && i < came.items().size()
                    ? came.items().get(i).answer()
                    : "none";
            add(differences, question, expected.get(i), answer);
        }
    }

    private static void add(List<String> differences, String what, String expected, String came) {
        if (!Objects.equals(normal(expected), normal(came))) {
            differences.add(what + ": drawn '" + expected + "', answered '" + came + "'");
        }
    }

    private static String normal(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
