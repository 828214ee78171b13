package io.saccade.vqa;

import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.stage.Adapter;
import io.saccade.stage.BadOutputException;
import io.saccade.stage.Manifest;
import io.saccade.stage.ModelCalls;
import io.saccade.stage.Outcome;
import io.saccade.stage.Pixels;
import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.ModelContract;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.vision.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Image and questions to answers: {@code image} UINT8 {@code [n][S][S][3]} and {@code input_ids} INT64 {@code [n][L]} in;
 * {@code tokens} INT64 {@code [n][T]} and {@code confidence} FP32 {@code [n][1]} out. The questions of one image are rows
 * of one call, as many as the model takes.
 */
final class QuestionAnswerer implements Adapter<Answers> {

    private final Manifest manifest;
    private final TextTokenizer tokenizer;

    QuestionAnswerer(Manifest manifest, TextTokenizer tokenizer) {
        ModelContract.of()
                .input("input_ids", DataType.INT64, Shape.VARIABLE)
                .output("tokens", DataType.INT64, Shape.VARIABLE)
                .output("confidence", DataType.FP32, 1)
                .require(manifest.model());
        this.manifest = manifest;
        this.tokenizer = tokenizer;
    }

    @Override
    public Task task() {
        return Task.ANSWERS;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public Outcome.Done<Answers> answer(Pixels image, List<Question> questions, ModelCalls model)
            throws BadOutputException, InterruptedException {
        var items = new ArrayList<Answers.Item>();
        InferResult last = null;
        int batch = manifest.model().maxBatchSize();
        for (int from = 0; from < questions.size(); from += batch) {
            var asked = questions.subList(from, Math.min(questions.size(), from + batch));
            last = ask(image, asked, model);
            read(last, asked, items);
        }
        if (last == null) {
            throw new IllegalArgumentException("at least one question was expected, got none");
        }
        return new Outcome.Done<>(new Answers(items), manifest.ref(last));
    }

    private InferResult ask(Pixels image, List<Question> questions, ModelCalls model) throws InterruptedException {
        var rows = questions.stream().map(q -> tokenizer.encode(q.text())).toList();
        var ids = rows.stream().flatMapToLong(Arrays::stream).toArray();
        return model.infer(InferRequest.to(manifest.model().name())
                .input(manifest.image(image, questions.size()))
                .input(Tensor.int64("input_ids", Shape.of(questions.size(), rows.getFirst().length), ids)));
    }

    private void read(InferResult result, List<Question> asked, List<Answers.Item> items) throws BadOutputException {
        int rows = asked.size();
        var tokens = result.output("tokens", DataType.INT64, Shape.of(rows, Shape.VARIABLE))
                .asLongs();
        var confidences =
                result.output("confidence", DataType.FP32, Shape.of(rows, 1)).asFloats();
        int length = tokens.length / rows;
        for (int row = 0; row < rows; row++) {
            var answer = Arrays.copyOfRange(tokens, row * length, (row + 1) * length);
            var unknown = tokenizer.firstUnknown(answer);
            if (unknown.isPresent()) {
                throw new BadOutputException("'tokens' of model '"
                        + manifest.model().name() + "' must hold ids of its tokenizer, got " + unknown.getAsLong());
            }
            items.add(new Answers.Item(
                    asked.get(row).id(),
                    asked.get(row).text(),
                    tokenizer.decode(answer),
                    manifest.probability("confidence", confidences[row])));
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
