package io.saccade.triton.vllm;

import java.util.List;
import java.util.stream.Stream;

/**
 * Texts that a model's tokenizer takes for commands. vLLM tokenizes the prompt as one text, so a user who writes
 * {@code <|im_end|>} would end his own turn and speak as someone else, and one who writes an image placeholder would shift the
 * images. {@link #neutralise} leaves such a text readable and no command any more.
 *
 * @param texts as they stand in the tokenizer's list of added tokens, or beginnings of them, such as {@code <|}; two characters
 *              or more, without white space
 */
public record SpecialTokens(List<String> texts) {
    /** Those of the Llama, LLaVA, Mistral, Gemma, Qwen, Phi and DeepSeek families. */
    public static final SpecialTokens COMMON = new SpecialTokens(List.of(
            "<|",
            "|>",
            "<\uFF5C", // DeepSeek writes a full-width bar
            "\uFF5C>",
            "<s>",
            "</s>",
            "<unk>",
            "<pad>",
            "<mask>",
            "<bos>",
            "<eos>",
            "<image",
            "</image",
            "<im_",
            "<start_of_",
            "<end_of_",
            "<think>",
            "</think>",
            "<<SYS>>",
            "<</SYS>>",
            "[INST]",
            "[/INST]",
            "[IMG"));

    /** Checks and copies the list. */
    public SpecialTokens {
        texts = List.copyOf(texts);
        for (String text : texts) {
            if (text.length() < 2 || text.chars().anyMatch(Character::isWhitespace)) {
                throw new IllegalArgumentException(
                        "a special token must have two characters or more and no white space, got '" + text + "'");
            }
        }
    }

    /** These and more: the added tokens of the model at hand. */
    public SpecialTokens and(String... more) {
        return new SpecialTokens(Stream.concat(texts.stream(), Stream.of(more)).toList());
    }

    /**
     * The text with a space behind the first character of each special token, in whatever case it is written. All occurrences
     * are split, overlapping ones too; and as no token contains white space, the spaces make no new ones.
     */
    public String neutralise(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            safe.append(text.charAt(i));
            if (beginsAt(i, text)) {
                safe.append(' ');
            }
        }
        return safe.toString();
    }

    private boolean beginsAt(int index, String text) {
        for (String token : texts) {
            if (text.regionMatches(true, index, token, 0, token.length())) {
                return true;
            }
        }
        return false;
    }
}
