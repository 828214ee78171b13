package io.saccade.protocol;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All answers of Triton, as a file: so our server is compared with Triton where there is none. {@link TritonIT} proves that it is true.
 * A case starts with {@code ===}, an answer with {@code ---} and its code.
 */
final class Recording {

    static final Path FILE = Checkout.path("protocol-tests/src/test/resources/triton-2.51.0.txt");

    private Recording() {}

    /** Answers by the title of their case; nothing when there is no file. */
    static Map<String, List<Answer>> read() throws IOException {
        Map<String, List<Answer>> recorded = new LinkedHashMap<>();
        if (!Files.exists(FILE)) {
            return recorded;
        }
        List<Answer> answers = new ArrayList<>();
        Status.Code code = null;
        List<String> text = new ArrayList<>();
        for (String line : Files.readAllLines(FILE)) {
            if (line.startsWith("=== ") || line.startsWith("--- ")) {
                if (code != null) {
                    answers.add(new Answer(code, String.join("\n", text)));
                    code = null;
                    text.clear();
                }
                if (line.startsWith("=== ")) {
                    answers = new ArrayList<>();
                    recorded.put(line.substring(4), answers);
                } else {
                    code = Status.Code.valueOf(line.substring(4));
                }
            } else {
                text.add(line);
            }
        }
        if (code != null) {
            answers.add(new Answer(code, String.join("\n", text)));
        }
        return recorded;
    }

    static void write(Map<String, List<Answer>> answers) throws IOException {
        var text = new StringBuilder();
        answers.forEach((title, each) -> {
            text.append("=== ").append(title).append('\n');
            for (Answer answer : each) {
                text.append("--- ").append(answer.code()).append('\n');
                if (!answer.text().isEmpty()) {
                    text.append(answer.text()).append('\n');
                }
            }
        });
        Files.writeString(FILE, text);
    }
}
